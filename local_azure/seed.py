"""What a world holds from the start: a workspace with its neighbours, one connection, the system
registry, and the deployer's roles. Everything is made only where it is missing, so a restart
changes nothing."""

from __future__ import annotations

import uuid
from pathlib import Path

from local_azure.arm.ids import GROUP_TYPE, SUBSCRIPTION_TYPE
from local_azure.arm.rbac import EVERYONE
from local_azure.arm.roles import Role, built_in
from local_azure.arm.shape import JsonObject, items, parse_object, section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services import cognitive, containerregistry, insights, keyvault, storage
from local_azure.services.machinelearning import connections, datastores, workspaces
from local_azure.services.machinelearning.registry_assets import RegistryEnvironmentVersions
from local_azure.services.machinelearning.registry_names import SYSTEM_GROUP, SYSTEM_ID
from local_azure.services.machinelearning.registry_names import TYPE as REGISTRY
from local_azure.settings import SettingError

OPENAI_DEPLOYMENTS = {
    "gpt-35-turbo": "gpt-35-turbo",
    "gpt-4": "gpt-4",
    "gpt-4o": "gpt-4o",
    "gpt-4o-mini": "gpt-4o-mini",
    "text-embedding-ada-002": "text-embedding-ada-002",
}
CONNECTION = "open_ai_connection"
CURATED = Path(__file__).parent / "data" / "curated-environments.json"


def seed(azure: Azure) -> str:
    """Make what is missing. Returns the name of the default blob container.

    Raises `SettingError` for a deployer role that does not exist.
    """
    _principals(azure)
    world = azure.world
    _ensure(azure, world.subscription, SUBSCRIPTION_TYPE, {})
    _ensure(azure, world.group, GROUP_TYPE, _located(azure))
    neighbours = _neighbours(azure)
    workspace_uuid = str(uuid.uuid5(uuid.NAMESPACE_URL, world.workspace_id.lower()))
    _ensure(
        azure,
        world.workspace_id,
        workspaces.TYPE,
        {
            **_located(azure),
            "identity": {"type": "SystemAssigned", "tenantId": world.tenant_id},
            "kind": "Default",
            "properties": neighbours,
        },
        hidden={"workspaceId": workspace_uuid},
    )
    container = f"azureml-blobstore-{workspace_uuid}"
    _datastore(azure, datastores.DEFAULT, container)
    _datastore(azure, "workspaceartifactstore", "azureml")
    _connection(azure)
    _system_registry(azure)
    return container


def _system_registry(azure: Azure) -> None:
    """The registry `azureml`, for everybody to read, with its curated environments."""
    _ensure(azure, SYSTEM_GROUP, GROUP_TYPE, _located(azure))
    _ensure(azure, SYSTEM_ID, REGISTRY, {**_located(azure), "properties": {}})
    _assign(azure, EVERYONE, "Reader", SYSTEM_ID)
    for entry in items(parse_object(CURATED.read_bytes()), "environments"):
        container = f"{SYSTEM_ID}/environments/{text(entry, 'name')}"
        properties = section(entry, "properties")
        kind = RegistryEnvironmentVersions.type
        _ensure(azure, container, kind.removesuffix("/versions"), {"properties": {}})
        version = f"{container}/versions/{text(entry, 'version')}"
        _ensure(azure, version, kind, {"properties": {"osType": "Linux", **properties}})


def _principals(azure: Azure) -> None:
    world, directory = azure.world, azure.directory
    if directory.get(world.owner_object_id) is None:
        directory.add(
            "owner of the world", "Application", object_id=world.owner_object_id, created=0
        )
    if directory.get(world.deployer_object_id) is None:
        directory.add(
            "deployer",
            "Application",
            client_id=world.deployer_client_id,
            object_id=world.deployer_object_id,
            secret=world.deployer_secret,
            created=0,
        )
    _assign(azure, world.owner_object_id, "Owner", world.subscription)
    for name in azure.settings.deployer_roles.split(","):
        if name.strip():
            _assign(azure, world.deployer_object_id, name.strip(), world.subscription)


def _assign(azure: Azure, principal_id: str, role_name: str, scope: str) -> None:
    role: Role | None = built_in(role_name)
    if role is None:
        raise SettingError(f"deployer_roles names {role_name!r}, which is no built-in role")
    if azure.access.same(principal_id, role.guid, scope) is None:
        made = azure.access.assign(principal_id, role, scope, by="local-azure")
        made.hidden["effectiveAt"] = 0
        azure.store.put(made)


def _located(azure: Azure) -> JsonObject:
    return {"location": azure.world.location, "tags": {}}


def _ensure(
    azure: Azure,
    identifier: str,
    type_name: str,
    body: JsonObject,
    *,
    hidden: JsonObject | None = None,
) -> Resource:
    held = azure.store.get(identifier)
    if held is None:
        held = Resource(
            id=identifier,
            type=type_name,
            body=body,
            hidden=hidden or {},
            created_by="local-azure",
            changed_by="local-azure",
        )
        azure.store.put(held)
    return held


def _neighbours(azure: Azure) -> JsonObject:
    """The resources a workspace names, and the Azure OpenAI account."""
    world = azure.world
    short = "".join(char for char in world.workspace.lower() if char.isalnum())
    place = f"{world.group}/providers"
    named = {
        "storageAccount": (storage.TYPE, world.storage_account),
        "containerRegistry": (containerregistry.TYPE, f"cr{short}"),
        "applicationInsights": (insights.COMPONENTS, f"appi-{world.workspace}"),
        "keyVault": (keyvault.TYPE, f"kv-{world.workspace}"),
    }
    found: JsonObject = {}
    for role, (type_name, name) in named.items():
        identifier = f"{place}/{type_name}/{name}"
        _ensure(
            azure,
            identifier,
            type_name,
            {**_located(azure), "properties": {}},
            hidden=insights.new_key() if role == "applicationInsights" else None,
        )
        found[role] = identifier
    account = f"{place}/{cognitive.TYPE}/{world.openai_account}"
    _ensure(
        azure,
        account,
        cognitive.TYPE,
        {**_located(azure), "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}},
        hidden={"key": world.openai_key},
    )
    for name, model in OPENAI_DEPLOYMENTS.items():
        about: JsonObject = {"model": {"format": "OpenAI", "name": model}}
        _ensure(
            azure,
            f"{account}/deployments/{name}",
            cognitive.Deployments.type,
            {"sku": {"name": "Standard", "capacity": 10}, "properties": about},
        )
    return found


def _datastore(azure: Azure, name: str, container: str) -> None:
    properties: JsonObject = {
        "datastoreType": "AzureBlob",
        "accountName": azure.world.storage_account,
        "containerName": container,
        "endpoint": "core.windows.net",
        "protocol": "https",
        "credentials": {"credentialsType": "AccountKey"},
        "serviceDataAccessAuthIdentity": "None",
    }
    identifier = f"{azure.world.workspace_id}/datastores/{name}"
    _ensure(azure, identifier, datastores.TYPE, {"properties": properties})


def _connection(azure: Azure) -> None:
    world = azure.world
    account = f"{world.group}/providers/{cognitive.TYPE}/{world.openai_account}"
    properties: JsonObject = {
        "authType": "ApiKey",
        "category": "AzureOpenAI",
        "target": f"https://{world.openai_account}.openai.azure.com/",
        "metadata": {"ApiType": "azure", "ApiVersion": "2024-02-01", "ResourceId": account},
        "isSharedToAll": True,
    }
    _ensure(
        azure,
        f"{world.workspace_id}/connections/{CONNECTION}",
        connections.TYPE,
        {"properties": properties},
        hidden={"credentials": {"key": world.openai_key}},
    )
