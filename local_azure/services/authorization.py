"""Microsoft.Authorization: role assignments at every scope, built-in and custom roles."""

from __future__ import annotations

import re
import time

from local_azure.arm import errors, rbac
from local_azure.arm.envelope import shown
from local_azure.arm.ids import parent_of
from local_azure.arm.resource_type import Call, Reply, ResourceType, Rule
from local_azure.arm.roles import BUILT_IN, Role, built_in
from local_azure.arm.shape import JsonObject, JsonValue, section, text
from local_azure.arm.store import Resource

GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_EQUALS = re.compile(r"(?P<name>\w+)\s+eq\s+'(?P<value>[^']*)'", re.IGNORECASE)
_ASSIGNED_TO = re.compile(r"assignedTo\('(?P<value>[^']*)'\)", re.IGNORECASE)


class RoleAssignments(ResourceType):
    """Role assignments. They hang on any scope and reach everything below it."""

    type = rbac.ASSIGNMENT_TYPE
    anywhere = True
    has_state = False
    verbs = ("GET", "LIST", "PUT", "DELETE")
    read_only = ("scope", "createdOn", "createdBy", "updatedOn", "updatedBy")
    rules = (
        Rule(
            id="role-exists",
            text="the same role for the same principal at the same scope: RoleAssignmentExists",
            fact="4",
        ),
        Rule(
            id="role-fixed",
            text="the same name for another principal or role: RoleAssignmentUpdateNotPermitted",
            fact="8",
            certainty="I",
        ),
        Rule(
            id="principal-type",
            text="a fresh principal without principalType: PrincipalNotFound",
            fact="4",
        ),
        Rule(
            id="role-delay",
            text="takes effect after role_propagation_seconds",
            fact="4",
        ),
    )

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        properties = section(body, "properties")
        scope = parent_of(call.id)
        role = self._role(text(properties, "roleDefinitionId"))
        principal_id = text(properties, "principalId")
        if not GUID.fullmatch(call.path.names[-1]):
            raise errors.bad_request(
                f"The role assignment ID '{call.path.names[-1]}' is not valid. The role "
                "assignment ID must be a GUID.",
                code="InvalidRoleAssignmentId",
            )
        if not GUID.fullmatch(principal_id):
            raise errors.bad_request(
                f"The Principal ID '{principal_id}' is not valid. Principal ID must be a GUID.",
                code="InvalidPrincipalId",
            )
        if existing is not None:
            self._refuse_change(existing, role, principal_id)
            return {"properties": {**existing.properties, **properties}}, existing.hidden
        present = self.azure.access.same(principal_id, role.guid, scope)
        if present is not None:
            raise errors.conflict(
                "The role assignment already exists. The ID of the existing role assignment is "
                f"{present.name.replace('-', '')}.",
                code="RoleAssignmentExists",
            )
        self._check_principal(principal_id, "principalType" in properties)
        properties["scope"] = scope or "/"
        properties.setdefault("principalType", "ServicePrincipal")
        properties["roleDefinitionId"] = (
            f"{rbac.subscription_scope(scope)}/providers/{rbac.DEFINITION_TYPE}/{role.guid}"
        )
        delay = self.azure.settings.role_propagation_seconds
        return body, {"effectiveAt": time.time() + delay}

    def _role(self, definition_id: str) -> Role:
        role = self.azure.access.role(definition_id)
        if role is None:
            guid = definition_id.rsplit("/", 1)[-1]
            raise errors.bad_request(
                f"The specified role definition with ID '{guid}' does not exist.",
                code="RoleDefinitionDoesNotExist",
            )
        return role

    def _refuse_change(self, existing: Resource, role: Role, principal_id: str) -> None:
        held = existing.properties
        guid = text(held, "roleDefinitionId").rsplit("/", 1)[-1]
        same = text(held, "principalId").lower() == principal_id.lower()
        if not same or guid.lower() != role.guid:
            raise errors.bad_request(
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
                code="RoleAssignmentUpdateNotPermitted",
            )

    def _check_principal(self, principal_id: str, typed: bool) -> None:
        """An unknown principal passes when its type is stated: Entra may not have it yet."""
        principal = self.azure.directory.get(principal_id)
        delay = self.azure.settings.principal_replication_seconds
        fresh = principal is not None and time.time() - principal.created < delay
        if not typed and (principal is None or fresh):
            raise errors.bad_request(
                f"Principal {principal_id.replace('-', '')} does not exist in the directory "
                f"{self.azure.world.tenant_id}. Check that you have the correct principal ID. If "
                "you are creating this principal and then immediately assigning a role, this "
                "error might be related to a replication delay. In this case, set the role "
                "assignment principalType property to a value, such as ServicePrincipal, User, "
                "or Group.",
                code="PrincipalNotFound",
            )

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties.setdefault("condition", None)
        properties["createdOn"] = resource.created_at
        properties["updatedOn"] = resource.changed_at
        properties["createdBy"] = properties["updatedBy"] = resource.created_by
        return view

    def listing(self, call: Call) -> list[JsonObject]:
        """Assignments at, above and below the scope, narrowed by $filter."""
        scope, wanted = call.path.scope, call.query.get("$filter", "")
        assigned = _ASSIGNED_TO.search(wanted)
        equals = {one["name"].lower(): one["value"] for one in _EQUALS.finditer(wanted)}
        principal = (assigned["value"] if assigned else equals.get("principalid", "")).lower()
        at_scope = "atscope()" in wanted.lower()
        found: list[JsonObject] = []
        for one in self.azure.store.under("", self.type):
            held = rbac.scope_of(one)
            below = rbac.covers(scope, held) and not rbac.same_scope(scope, held)
            if (below and at_scope) or not (below or rbac.covers(held, scope)):
                continue
            if principal and text(one.properties, "principalId").lower() != principal:
                continue
            found.append(shown(one, self))
        return found


class RoleDefinitions(ResourceType):
    """Role definitions: the built-in ones this world needs, and custom ones."""

    type = rbac.DEFINITION_TYPE
    anywhere = True
    has_state = False
    verbs = ("GET", "LIST", "PUT", "DELETE")
    read_only = ("createdOn", "createdBy", "updatedOn", "updatedBy")
    rules = (
        Rule(
            id="roles",
            text="built-in roles that online endpoints meet, and custom ones with actions, "
            "notActions, dataActions, notDataActions; a GUID and a role name of its own each",
            fact="4",
        ),
    )

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        del existing
        name = call.path.names[-1]
        if built_in(name) is not None:
            raise errors.bad_request("A built-in role cannot be changed.", code="RoleReadOnly")
        if not GUID.fullmatch(name):
            raise errors.bad_request(
                f"The role definition ID '{name}' is not valid. The role definition ID must be a "
                "GUID.",
                code="InvalidRoleDefinitionId",
            )
        self._refuse_role_name(name, text(body, "properties", "roleName"))
        section(body, "properties").setdefault("type", "CustomRole")
        return body, {}

    def _refuse_role_name(self, guid: str, role_name: str) -> None:
        if not role_name:
            raise errors.bad_request("A role definition needs a roleName.")
        for role in (*BUILT_IN, *self.azure.access.custom_roles()):
            if role.name.lower() == role_name.lower() and role.guid != guid.lower():
                raise errors.conflict(
                    f"A role definition cannot be updated with a name that already exists: "
                    f"'{role_name}'.",
                    code="RoleDefinitionWithSameNameExists",
                )

    async def refuse_delete(self, call: Call, resource: Resource) -> None:
        del call
        guid = resource.name.lower()
        for one in self.azure.store.under("", rbac.ASSIGNMENT_TYPE):
            if text(one.properties, "roleDefinitionId").lower().endswith(guid):
                raise errors.bad_request(
                    f"There are existing role assignments referencing role {guid}.",
                    code="RoleDefinitionHasAssignments",
                )

    def computed_reply(self, call: Call) -> Reply | None:
        role = built_in(call.path.names[-1])
        if role is None or role.name.lower() == call.path.names[-1].lower():
            return None
        return Reply(body=_shown_role(role, rbac.subscription_scope(call.path.scope)))

    def listing(self, call: Call) -> list[JsonObject]:
        scope = rbac.subscription_scope(call.path.scope)
        equals = {
            one["name"].lower(): one["value"]
            for one in _EQUALS.finditer(call.query.get("$filter", ""))
        }
        name, kind = equals.get("rolename", "").lower(), equals.get("type", "").lower()
        roles = [*BUILT_IN, *self.azure.access.custom_roles()]
        shown_ones = [_shown_role(one, scope) for one in roles if name in ("", one.name.lower())]
        return [one for one in shown_ones if kind in ("", text(one, "properties", "type").lower())]


def _shown_role(role: Role, scope: str) -> JsonObject:
    permissions: JsonObject = {
        "actions": list[JsonValue](role.actions),
        "notActions": list[JsonValue](role.not_actions),
        "dataActions": list[JsonValue](role.data_actions),
        "notDataActions": list[JsonValue](role.not_data_actions),
    }
    return {
        "id": f"{scope}/providers/{rbac.DEFINITION_TYPE}/{role.guid}",
        "name": role.guid,
        "type": rbac.DEFINITION_TYPE,
        "properties": {
            "roleName": role.name,
            "type": "CustomRole" if role.custom else "BuiltInRole",
            "description": role.description,
            "assignableScopes": [scope or "/"],
            "permissions": [permissions],
        },
    }


TYPES: tuple[type[ResourceType], ...] = (RoleAssignments, RoleDefinitions)
