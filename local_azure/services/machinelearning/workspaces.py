"""Workspaces: the noun everything else hangs on. Its neighbours are made with the world."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm.resource_type import Action, Call, ResourceType, Rule
from local_azure.arm.shape import JsonObject, JsonValue, text
from local_azure.arm.store import Resource
from local_azure.services.machinelearning import names

TYPE = "Microsoft.MachineLearningServices/workspaces"
ENDPOINTS = f"{TYPE}/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"


class Workspaces(ResourceType):
    """Azure ML workspaces."""

    type = TYPE
    read_only = (
        "workspaceId",
        "discoveryUrl",
        "mlFlowTrackingUri",
        "notebookInfo",
        "privateLinkCount",
        "privateEndpointConnections",
        "serviceProvisionedResourceGroup",
        "storageHnsEnabled",
        "tenantId",
        "agentsEndpointUri",
        "associatedWorkspaces",
    )
    rules = (
        Rule(
            id="workspace-name",
            text="the name has 3 to 33 letters, digits, - or _",
            fact="1",
        ),
    )

    def actions(self) -> Mapping[str, Action]:
        return {
            "listKeys": Action(run=self._list_keys, permission="listKeys/action"),
            "listStorageAccountKeys": Action(
                run=self._list_storage_keys, permission="listStorageAccountKeys/action"
            ),
        }

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        names.check_holder("Workspace", call.path.names[-1])
        body.setdefault("identity", {"type": "SystemAssigned"})
        body.setdefault("location", self.azure.world.location)
        return body, existing.hidden if existing else {}

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        location = text(view, "location")
        properties: JsonObject = {
            "friendlyName": resource.name,
            "publicNetworkAccess": "Enabled",
            "v1LegacyMode": False,
            "hbiWorkspace": False,
            "discoveryUrl": f"https://{location}.api.azureml.ms/discovery",
            "mlFlowTrackingUri": f"azureml://{location}.api.azureml.ms/mlflow/v1.0{resource.id}",
            "workspaceId": text(resource.hidden, "workspaceId"),
            "tenantId": self.azure.world.tenant_id,
            **resource.properties,
        }
        view["properties"] = properties
        return view

    async def _list_keys(self, call: Call, workspace: Resource) -> JsonValue:
        del call
        return {
            "userStorageKey": self.azure.world.storage_key,
            "userStorageResourceId": text(workspace.body, "properties", "storageAccount"),
        }

    async def _list_storage_keys(self, call: Call, workspace: Resource) -> JsonValue:
        del call, workspace
        return {"userStorageKey": self.azure.world.storage_key}
