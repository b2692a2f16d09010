"""Microsoft.Storage: accounts. The world's own one is backed by Azurite."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm import errors
from local_azure.arm.resource_type import Action, Call, ResourceType
from local_azure.arm.shape import JsonObject, JsonValue, section
from local_azure.arm.store import Resource

TYPE = "Microsoft.Storage/storageAccounts"


class StorageAccounts(ResourceType):
    """Storage accounts."""

    type = TYPE
    read_only = ("primaryEndpoints",)

    def actions(self) -> Mapping[str, Action]:
        return {"listKeys": Action(run=self._list_keys, permission="listKeys/action")}

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties["primaryEndpoints"] = {"blob": f"https://{resource.name}.blob.core.windows.net/"}
        view["properties"] = properties
        return view

    async def _list_keys(self, call: Call, account: Resource) -> JsonValue:
        del call
        world = self.azure.world
        if account.name != world.storage_account:
            raise errors.bad_request(
                f"Account {account.name} has no blobs here: the local Azure plays those of "
                f"{world.storage_account} only."
            )
        entry: JsonObject = {"keyName": "key1", "value": world.storage_key, "permissions": "FULL"}
        return {"keys": [entry]}


TYPES: tuple[type[ResourceType], ...] = (StorageAccounts,)
