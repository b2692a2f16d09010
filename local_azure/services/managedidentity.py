"""Microsoft.ManagedIdentity: user-assigned identities. They get no role by themselves."""

from __future__ import annotations

from local_azure.arm.resource_type import Call, ResourceType
from local_azure.arm.shape import JsonObject, text
from local_azure.arm.store import Resource


class UserAssignedIdentities(ResourceType):
    """User-assigned identities: a principal of the tenant with a resource of its own."""

    type = "Microsoft.ManagedIdentity/userAssignedIdentities"
    has_state = False
    read_only = ("principalId", "clientId", "tenantId")
    patchable = ("tags",)

    async def settle(self, call: Call, resource: Resource, previous: JsonObject | None) -> None:
        del call
        if previous is None:
            principal = self.azure.directory.add(resource.name, "ManagedIdentity")
            resource.properties["principalId"] = principal.object_id
            resource.properties["clientId"] = principal.client_id
            resource.properties["tenantId"] = self.azure.world.tenant_id
        else:
            resource.body["properties"] = previous["properties"]
        self.azure.store.put(resource)

    async def removing(self, resource: Resource) -> None:
        self.azure.directory.remove(text(resource.properties, "principalId"))


TYPES: tuple[type[ResourceType], ...] = (UserAssignedIdentities,)
