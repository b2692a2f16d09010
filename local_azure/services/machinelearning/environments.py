"""Registered environments: an image, or a build context, and its inference routes."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.resource_type import Call, Rule
from local_azure.arm.shape import JsonObject, section
from local_azure.arm.store import Resource
from local_azure.services.machinelearning.assets import Containers, Versions
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE


class Environments(Containers):
    """Environment containers."""

    type = f"{WORKSPACE}/environments"


class EnvironmentVersions(Versions):
    """Environment versions."""

    type = f"{WORKSPACE}/environments/versions"
    frozen = ("image", "condaFile", "build", "inferenceConfig", "osType")
    read_only = ("environmentType",)
    rules = (
        *Versions.rules,
        Rule(
            id="environment-source",
            text="it has an image or a build context, not both",
            fact="6",
        ),
    )

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        properties = section(body, "properties")
        if ("image" in properties) == ("build" in properties):
            raise errors.bad_request(
                "An environment version has either an image (with an optional condaFile) or a "
                "build context.",
                code="ValidationError",
            )
        properties.setdefault("osType", "Linux")
        return await super().accept(call, body, existing)

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        section(view, "properties")["environmentType"] = "UserCreated"
        return view
