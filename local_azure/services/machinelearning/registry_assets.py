"""The assets of registries: those of workspaces, with operations to poll and other actions to have.

Source of the actions: https://learn.microsoft.com/azure/machine-learning/how-to-manage-registries
"""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm.resource_type import Action
from local_azure.services.machinelearning import pending_uploads
from local_azure.services.machinelearning.codes import Codes, CodeVersions
from local_azure.services.machinelearning.data import Data, DataVersions
from local_azure.services.machinelearning.environments import Environments, EnvironmentVersions
from local_azure.services.machinelearning.models import Models, ModelVersions
from local_azure.services.machinelearning.registry_names import TYPE as REGISTRY

ASSETS = f"{REGISTRY}/assets"


class RegistryModels(Models):
    """Model containers of a registry."""

    type = f"{REGISTRY}/models"
    schema, access, asynchronous = Models.type, ASSETS, True


class RegistryModelVersions(ModelVersions):
    """Model versions of a registry."""

    type = f"{REGISTRY}/models/versions"
    schema, access, asynchronous = ModelVersions.type, ASSETS, True

    def actions(self) -> Mapping[str, Action]:
        return {"startPendingUpload": pending_uploads.action(self.azure)}


class RegistryEnvironments(Environments):
    """Environment containers of a registry."""

    type = f"{REGISTRY}/environments"
    schema, access, asynchronous = Environments.type, ASSETS, True


class RegistryEnvironmentVersions(EnvironmentVersions):
    """Environment versions of a registry."""

    type = f"{REGISTRY}/environments/versions"
    schema, access, asynchronous = EnvironmentVersions.type, ASSETS, True


class RegistryCodes(Codes):
    """Code containers of a registry."""

    type = f"{REGISTRY}/codes"
    schema, access, asynchronous = Codes.type, ASSETS, True


class RegistryCodeVersions(CodeVersions):
    """Code versions of a registry."""

    type = f"{REGISTRY}/codes/versions"
    schema, access, asynchronous = CodeVersions.type, ASSETS, True


class RegistryData(Data):
    """Data containers of a registry."""

    type = f"{REGISTRY}/data"
    schema, access, asynchronous = Data.type, ASSETS, True


class RegistryDataVersions(DataVersions):
    """Data versions of a registry."""

    type = f"{REGISTRY}/data/versions"
    schema, access, asynchronous = DataVersions.type, ASSETS, True

    def actions(self) -> Mapping[str, Action]:
        return {"startPendingUpload": pending_uploads.action(self.azure)}


TYPES = (
    RegistryModels,
    RegistryModelVersions,
    RegistryEnvironments,
    RegistryEnvironmentVersions,
    RegistryCodes,
    RegistryCodeVersions,
    RegistryData,
    RegistryDataVersions,
)
