"""How a registry is found: by its name, from everywhere in the tenant."""

from __future__ import annotations

from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.world import PLATFORM_SUBSCRIPTION

TYPE = "Microsoft.MachineLearningServices/registries"
SYSTEM = "azureml"
SYSTEM_GROUP = f"/subscriptions/{PLATFORM_SUBSCRIPTION}/resourceGroups/azureml"
SYSTEM_ID = f"{SYSTEM_GROUP}/providers/{TYPE}/{SYSTEM}"


def registry_named(azure: Azure, name: str) -> Resource | None:
    """The registry of this name, in any case."""
    for registry in azure.store.under("", TYPE):
        if registry.name.lower() == name.lower():
            return registry
    return None
