"""The resource types that are played, one class each. `all_types` is the whole list."""

from __future__ import annotations

from local_azure.arm.resource_type import ResourceType
from local_azure.azure import Azure
from local_azure.services import (
    authorization,
    cognitive,
    containerregistry,
    insights,
    keyvault,
    machinelearning,
    managedidentity,
    metrics,
    resources,
    storage,
)

_PROVIDERS = (
    authorization,
    cognitive,
    containerregistry,
    insights,
    keyvault,
    machinelearning,
    managedidentity,
    metrics,
    resources,
    storage,
)


def kinds() -> list[type[ResourceType]]:
    """Every type, without a world."""
    return [kind for provider in _PROVIDERS for kind in provider.TYPES]


def all_types(azure: Azure) -> list[ResourceType]:
    """One instance of every type, for one world."""
    return [kind(azure) for kind in kinds()]
