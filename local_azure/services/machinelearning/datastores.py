"""Datastores: where a workspace keeps files. Credentials are kept apart and never shown."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm.resource_type import Action, Call, ResourceType
from local_azure.arm.shape import JsonObject, JsonValue, section, text
from local_azure.arm.store import Resource
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE

TYPE = f"{WORKSPACE}/datastores"
DEFAULT = "workspaceblobstore"


class Datastores(ResourceType):
    """Datastores of a workspace; those on the world's own account can be read and written."""

    type = TYPE
    has_state = False
    read_only = ("isDefault", "subscriptionId", "resourceGroup")

    def actions(self) -> Mapping[str, Action]:
        return {"listSecrets": Action(run=self._list_secrets, permission="listSecrets/action")}

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        del call
        credentials = section(body, "properties", "credentials")
        hidden: JsonObject = {**(existing.hidden if existing else {})}
        secrets = section(credentials, "secrets")
        if secrets:
            hidden["secrets"] = secrets
        credentials.pop("secrets", None)
        return body, hidden

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties["isDefault"] = resource.name == DEFAULT
        properties.setdefault("properties", {})
        properties.setdefault("tags", {})
        return view

    async def _list_secrets(self, call: Call, datastore: Resource) -> JsonValue:
        del call
        account = text(datastore.body, "properties", "accountName")
        if account == self.azure.world.storage_account:
            return {"secretsType": "AccountKey", "key": self.azure.world.storage_key}
        return section(datastore.hidden, "secrets")
