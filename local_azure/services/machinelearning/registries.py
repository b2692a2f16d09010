"""Registries: assets that any workspace of the tenant can use, found by the registry's name.

The system registry `azureml` lies in the platform's own subscription: everybody may read it and
nobody has a role to write with. What is in it is `data/curated-environments.json`, a stand-in's
list. The assets are in `registry_assets`, the hosts that clients reach them by in
`local_azure.registry_sites`.
"""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm import errors
from local_azure.arm.resource_type import Action, Call, ResourceType, Rule
from local_azure.arm.shape import JsonObject, section, text
from local_azure.arm.store import Resource
from local_azure.services.machinelearning import names, registry_import
from local_azure.services.machinelearning.registry_names import TYPE, registry_named


class Registries(ResourceType):
    """Registries; `azureml` is there from the start. Their blobs lie in the world's account."""

    type = TYPE
    asynchronous = True
    read_only = ("discoveryUrl", "mlFlowRegistryUri", "registryId")
    rules = (
        Rule(
            id="registry-name",
            text="the name has 3 to 33 letters, digits, - or _, and is unique in the tenant",
            fact="1",
            certainty="U",
        ),
        Rule(
            id="registry-access",
            text="its assets need registries/assets/read, write or delete; everybody may read "
            "the system registry azureml, nobody may write to it",
            fact="4",
            certainty="I",
        ),
        Rule(
            id="registry-upload",
            text="an asset version that exists gets no place to upload to: 409, and azure-ai-ml "
            "goes on without an upload",
            fact="6",
        ),
        Rule(
            id="registry-share",
            text="a shared version needs a source that the caller may read, and a destination "
            "that is free",
            fact="6",
            certainty="U",
        ),
    )

    def actions(self) -> Mapping[str, Action]:
        return {"import": registry_import.action(self.azure)}

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        name = call.path.names[-1]
        names.check_holder("Registry", name)
        held = registry_named(self.azure, name)
        if held is not None and held is not existing:
            raise errors.conflict(
                f"The registry name '{name}' is taken: it is unique in the tenant. Choose another."
            )
        body.setdefault("identity", {"type": "SystemAssigned"})
        body.setdefault("location", self.azure.world.location)
        return body, existing.hidden if existing else {}

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        host = f"{text(view, 'location')}.api.azureml.ms"
        properties = section(view, "properties")
        properties.setdefault("publicNetworkAccess", "Enabled")
        properties.setdefault("regionDetails", [{"location": text(view, "location")}])
        properties["discoveryUrl"] = (
            f"https://{host}/registrymanagement/v1.0/registries/{resource.name}/discovery"
        )
        properties["mlFlowRegistryUri"] = f"azureml://{host}/mlflow/v1.0{resource.id}"
        view["properties"] = properties
        return view
