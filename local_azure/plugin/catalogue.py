"""The one table: every resource type and function that the stand-in knows.

Names are those of the SDK (pulumi-azure-native 3.29.0), which are ARM's own. Which changes
replace: names in the path, and properties that Azure's REST specification marks as create-only
(`x-ms-mutability`), plus the short list in the plugin's own gen/replacement.go. Automatic names
follow its resources.AutoName: endpoints are random (their names are host names), role
assignments are GUIDs, resources inside another one keep the logical name.
"""

from __future__ import annotations

from local_azure.plugin.resource_type import ML_API_VERSION, WORKSPACE, Function, ResourceType

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_ML = "azure-native:machinelearningservices:"
_IDENTITY = ("identity.principalId", "identity.tenantId")
_ENVELOPE = ("systemData", "type")
_STATE = "properties.provisioningState"
_CONTAINER = ("properties.latestVersion", "properties.nextVersion", _STATE, *_ENVELOPE)

_ROLE_ASSIGNMENT = (
    "condition",
    "conditionVersion",
    "delegatedManagedIdentityResourceId",
    "description",
    "principalId",
    "principalType",
    "roleDefinitionId",
)
_AUTOSCALE_SETTING = (
    "enabled",
    "name",
    "notifications",
    "predictiveAutoscalePolicy",
    "profiles",
    "targetResourceLocation",
    "targetResourceUri",
)
_DIAGNOSTIC_SETTING = (
    "eventHubAuthorizationRuleId",
    "eventHubName",
    "logAnalyticsDestinationType",
    "logs",
    "marketplacePartnerId",
    "metrics",
    "serviceBusRuleId",
    "storageAccountId",
    "workspaceId",
)


def _asset(
    name: str, path: str, *, replaces: tuple[str, ...] = (), computed: tuple[str, ...] = ()
) -> ResourceType:
    """A container or a version below the workspace: `name`, `properties`, no location."""
    of_all = (_STATE, *_ENVELOPE) if path.endswith("{version}") else _CONTAINER
    return ResourceType(
        _ML + name,
        path=WORKSPACE + path,
        api_version=ML_API_VERSION,
        body=("properties",),
        replaces=replaces,
        computed=(*of_all, *computed),
    )


def _read(name: str, path: str) -> Function:
    """The function that reads a resource below the workspace."""
    return Function(_ML + name, path=WORKSPACE + path, api_version=ML_API_VERSION)


def _action(name: str, path: str) -> Function:
    """The function that posts an action of a resource below the workspace."""
    return Function(_ML + name, path=WORKSPACE + path, api_version=ML_API_VERSION, method="POST")


TYPES: tuple[ResourceType, ...] = (
    ResourceType(
        _ML + "OnlineEndpoint",
        path=WORKSPACE + "/onlineEndpoints/{endpointName}",
        api_version=ML_API_VERSION,
        body=("identity", "kind", "location", "properties", "sku", "tags"),
        auto_name="random",
        replaces=("location", "properties.keys"),
        computed=(
            "name",
            "properties.scoringUri",
            "properties.swaggerUri",
            _STATE,
            *_IDENTITY,
            *_ENVELOPE,
        ),
        id_sets=("identity.userAssignedIdentities",),
    ),
    ResourceType(
        _ML + "OnlineDeployment",
        path=WORKSPACE + "/onlineEndpoints/{endpointName}/deployments/{deploymentName}",
        api_version=ML_API_VERSION,
        body=("identity", "kind", "location", "properties", "sku", "tags"),
        replaces=("location",),
        computed=("name", _STATE, *_IDENTITY, *_ENVELOPE),
        id_sets=("identity.userAssignedIdentities",),
    ),
    _asset("EnvironmentContainer", "/environments/{name}"),
    _asset(
        "EnvironmentVersion",
        "/environments/{name}/versions/{version}",
        replaces=tuple(
            f"properties.{name}"
            for name in ("autoRebuild", "build", "condaFile", "image", "inferenceConfig", "osType")
        ),
        computed=("properties.environmentType",),
    ),
    _asset("ModelContainer", "/models/{name}"),
    _asset("ModelVersion", "/models/{name}/versions/{version}"),
    _asset("CodeContainer", "/codes/{name}"),
    _asset("CodeVersion", "/codes/{name}/versions/{version}"),
    ResourceType(
        _ML + "Datastore",
        path=WORKSPACE + "/datastores/{name}",
        api_version=ML_API_VERSION,
        body=("properties",),
        computed=("properties.isDefault", *_ENVELOPE),
        query=("skipValidation",),
    ),
    ResourceType(
        _ML + "WorkspaceConnection",
        path=WORKSPACE + "/connections/{connectionName}",
        api_version=ML_API_VERSION,
        body=("properties",),
        computed=("name", "properties.createdByWorkspaceArmId", "properties.group", *_ENVELOPE),
    ),
    ResourceType(
        "azure-native:authorization:RoleAssignment",
        path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        api_version="2022-04-01",
        body=_ROLE_ASSIGNMENT,
        flat=_ROLE_ASSIGNMENT,
        auto_name="uuid",
        replaces=("principalId",),
        computed=("name", "createdBy", "createdOn", "updatedBy", "updatedOn", *_ENVELOPE),
    ),
    ResourceType(
        "azure-native:managedidentity:UserAssignedIdentity",
        path=_GROUP + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
        api_version="2023-01-31",
        body=("location", "tags"),
        auto_name="random",
        replaces=("location",),
        computed=("name", "clientId", "principalId", "tenantId", *_ENVELOPE),
    ),
    ResourceType(
        "azure-native:monitor:AutoscaleSetting",
        path=_GROUP + "/providers/Microsoft.Insights/autoscalesettings/{autoscaleSettingName}",
        api_version="2021-05-01-preview",
        body=(*_AUTOSCALE_SETTING, "location", "tags"),
        flat=_AUTOSCALE_SETTING,
        flat_outputs=False,
        auto_name="random",
        replaces=("location",),
        computed=("name", "properties", *_ENVELOPE),
    ),
    ResourceType(
        "azure-native:monitor:DiagnosticSetting",
        path="/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        api_version="2021-05-01-preview",
        body=_DIAGNOSTIC_SETTING,
        flat=_DIAGNOSTIC_SETTING,
        auto_name="random",
        computed=_ENVELOPE,
    ),
    ResourceType(
        "azure-native:resources:ResourceGroup",
        path=_GROUP,
        api_version="2024-03-01",
        body=("location", "managedBy", "tags"),
        flat_outputs=False,
        auto_name="random",
        replaces=("location",),
        computed=("name", "properties", "type"),
    ),
)

FUNCTIONS: tuple[Function, ...] = (
    Function(_ML + "getWorkspace", path=WORKSPACE, api_version=ML_API_VERSION, flat=True),
    _read("getDatastore", "/datastores/{name}"),
    _read("getEnvironmentVersion", "/environments/{name}/versions/{version}"),
    _read("getModelVersion", "/models/{name}/versions/{version}"),
    _read("getOnlineEndpoint", "/onlineEndpoints/{endpointName}"),
    _read("getOnlineDeployment", "/onlineEndpoints/{endpointName}/deployments/{deploymentName}"),
    _read("getWorkspaceConnection", "/connections/{connectionName}"),
    _action("getOnlineEndpointToken", "/onlineEndpoints/{endpointName}/token"),
    _action("listOnlineEndpointKeys", "/onlineEndpoints/{endpointName}/listKeys"),
    Function(
        "azure-native:authorization:getRoleDefinition",
        path="/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
        api_version="2022-05-01-preview",
        flat=True,
    ),
    Function(
        "azure-native:managedidentity:getUserAssignedIdentity",
        path=_GROUP + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
        api_version="2023-01-31",
        flat=True,
    ),
    Function("azure-native:resources:getResourceGroup", path=_GROUP, api_version="2024-03-01"),
)

CLIENT_CONFIG = "azure-native:authorization:getClientConfig"
"""The one function that reads no resource: who the plugin is signed in as."""

_BY_TOKEN = {entry.token: entry for entry in TYPES}
_FUNCTIONS_BY_TOKEN = {entry.token: entry for entry in FUNCTIONS}


def resource_type(token: str) -> ResourceType | None:
    """The table's row for a type token, None when the stand-in does not play it."""
    return _BY_TOKEN.get(token)


def function(token: str) -> Function | None:
    """The table's row for a function token, None when the stand-in does not play it."""
    return _FUNCTIONS_BY_TOKEN.get(token)


def function_tokens() -> tuple[str, ...]:
    """Tokens of all functions in the table."""
    return tuple(_FUNCTIONS_BY_TOKEN)
