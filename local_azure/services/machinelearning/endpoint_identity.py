"""The identity of an online endpoint, and the roles that Azure gives it (facts section 4)."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.ids import parent_of
from local_azure.arm.resource_type import Call
from local_azure.arm.roles import ACR_PULL, BLOB_READER, METRICS_WRITER, SECRETS_READER
from local_azure.arm.shape import JsonObject, JsonValue, items, section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services.managedidentity import UserAssignedIdentities

FLAG = "enforce_access_to_default_secret_stores"
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
LIST_SECRETS = "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action"


def check(azure: Azure, call: Call, body: JsonObject) -> None:
    """Fill in the default, and check user-assigned identities. Changes `body`."""
    identity = section(body, "identity") or {"type": "SystemAssigned"}
    body["identity"] = identity
    kind = text(identity, "type")
    if kind.replace(" ", "") not in ("SystemAssigned", "UserAssigned"):
        raise errors.bad_request(
            f"identity.type is '{kind}'; an online endpoint has a SystemAssigned or a "
            "UserAssigned identity."
        )
    wanted = section(identity, "userAssignedIdentities")
    if kind == "SystemAssigned":
        if wanted:
            raise errors.bad_request("A SystemAssigned identity names no userAssignedIdentities.")
        return
    if not wanted:
        raise errors.bad_request("A UserAssigned identity needs userAssignedIdentities.")
    if text(body, "properties", "properties", FLAG).lower() == "enabled":
        raise errors.bad_request(
            f"{FLAG} is for system-assigned identities: grant the user-assigned identity the role "
            f"{SECRETS_READER.name} instead."
        )
    shown: JsonObject = {}
    for identifier in wanted:
        held = _user_assigned(azure, call, identifier)
        shown[held.id] = {
            "principalId": held.properties["principalId"],
            "clientId": held.properties["clientId"],
        }
    identity["userAssignedIdentities"] = shown


def _user_assigned(azure: Azure, call: Call, identifier: str) -> Resource:
    held = azure.store.get(identifier)
    if held is None or held.type != UserAssignedIdentities.type:
        raise errors.bad_request(
            f"The user-assigned identity '{identifier}' could not be found.",
            code="FailedIdentityOperation",
        )
    if not azure.access.may(call.caller.object_id, ASSIGN, held.id):
        raise errors.ArmError(
            403,
            "LinkedAuthorizationFailed",
            f"The client '{call.caller.client_id}' with object id '{call.caller.object_id}' has "
            f"permission to perform action on scope '{call.id}'; however, it does not have "
            f"permission to perform action '{ASSIGN}' on the linked scope '{held.id}'.",
        )
    return held


def refuse_change(body: JsonObject, existing: Resource) -> None:
    """The identity of an endpoint is fixed when it is made."""
    wanted = section(body, "identity")
    if not wanted:
        return
    before = section(existing.body, "identity")
    same_kind = text(wanted, "type").lower() == text(before, "type").lower()
    ids = {key.lower() for key in section(wanted, "userAssignedIdentities")}
    held = {key.lower() for key in section(before, "userAssignedIdentities")}
    if not same_kind or ids != held:
        raise errors.bad_request(
            "The identity of an endpoint cannot change after it was made. Make a new endpoint."
        )


def establish(azure: Azure, endpoint: Resource, *, creator: str) -> None:
    """Make a system-assigned identity, and give it the roles that come by themselves."""
    identity = section(endpoint.body, "identity")
    if text(identity, "type") != "SystemAssigned" or "principalId" in identity:
        return
    principal = azure.directory.add(endpoint.name, "ManagedIdentity")
    identity["principalId"] = principal.object_id
    identity["tenantId"] = azure.world.tenant_id
    endpoint.hidden["clientId"] = principal.client_id
    endpoint.hidden["automaticRoles"] = _grant(azure, endpoint, principal.object_id, creator)
    azure.store.put(endpoint)


def _grant(azure: Azure, endpoint: Resource, principal_id: str, creator: str) -> list[JsonValue]:
    workspace_id = parent_of(endpoint.id)
    workspace = azure.store.get(workspace_id)
    properties = workspace.properties if workspace else {}
    wanted = [
        (ACR_PULL, text(properties, "containerRegistry")),
        (BLOB_READER, text(properties, "storageAccount")),
        (METRICS_WRITER, workspace_id),
    ]
    flag = text(endpoint.properties, "properties", FLAG)
    if flag.lower() == "enabled" and azure.access.may(creator, LIST_SECRETS, workspace_id):
        wanted.append((SECRETS_READER, workspace_id))
    made = [
        azure.access.assign(principal_id, role, scope, by=endpoint.created_by)
        for role, scope in wanted
        if scope
    ]
    return [one.id for one in made]


def dissolve(azure: Azure, endpoint: Resource) -> None:
    """A system-assigned identity goes with its endpoint, and the automatic roles with it; roles
    that users gave it stay behind, as in Azure."""
    for identifier in items(endpoint.hidden, "automaticRoles"):
        azure.store.remove(str(identifier))
    principal_id = text(endpoint.body, "identity", "principalId")
    if principal_id:
        azure.directory.remove(principal_id)


def client_ids(azure: Azure, endpoint: Resource) -> dict[str, str]:
    """client id -> principal id of each identity; "" is the one used when none is named."""
    identity = section(endpoint.body, "identity")
    principal_id = text(identity, "principalId")
    if principal_id:
        return {"": principal_id, text(endpoint.hidden, "clientId"): principal_id}
    found: dict[str, str] = {}
    for identifier in section(identity, "userAssignedIdentities"):
        held = azure.store.get(identifier)
        if held is not None:
            found[text(held.properties, "clientId")] = text(held.properties, "principalId")
    return found
