"""Microsoft.ContainerRegistry: registries, as the thing that AcrPull is granted on."""

from __future__ import annotations

from local_azure.arm.resource_type import ResourceType
from local_azure.arm.shape import JsonObject, section
from local_azure.arm.store import Resource

TYPE = "Microsoft.ContainerRegistry/registries"


class Registries(ResourceType):
    """Container registries. No image is kept in them."""

    type = TYPE
    read_only = ("loginServer", "creationDate")

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties["loginServer"] = f"{resource.name.lower()}.azurecr.io"
        properties.setdefault("adminUserEnabled", False)
        view["properties"] = properties
        return view


TYPES: tuple[type[ResourceType], ...] = (Registries,)
