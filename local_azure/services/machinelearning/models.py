"""Registered models."""

from __future__ import annotations

from local_azure.arm.resource_type import Call
from local_azure.arm.shape import JsonObject, section
from local_azure.arm.store import Resource
from local_azure.services.machinelearning.assets import Containers, Versions
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE


class Models(Containers):
    """Model containers."""

    type = f"{WORKSPACE}/models"


class ModelVersions(Versions):
    """Model versions: a URI of the files, and what is said about them."""

    type = f"{WORKSPACE}/models/versions"
    frozen = ("modelUri", "modelType")

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        section(body, "properties").setdefault("modelType", "custom_model")
        return await super().accept(call, body, existing)

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        section(view, "properties").setdefault("flavors", {})  # azure-ai-ml reads its items
        return view
