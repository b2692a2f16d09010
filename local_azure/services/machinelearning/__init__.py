"""Microsoft.MachineLearningServices: the workspace, what an online endpoint needs of it, and
registries."""

from __future__ import annotations

from local_azure.arm.resource_type import ResourceType
from local_azure.services.machinelearning import registry_assets
from local_azure.services.machinelearning.capacity import Usages, VmSizes
from local_azure.services.machinelearning.codes import Codes, CodeVersions
from local_azure.services.machinelearning.computes import Computes
from local_azure.services.machinelearning.connections import Connections
from local_azure.services.machinelearning.data import Data, DataVersions
from local_azure.services.machinelearning.datastores import Datastores
from local_azure.services.machinelearning.environments import Environments, EnvironmentVersions
from local_azure.services.machinelearning.models import Models, ModelVersions
from local_azure.services.machinelearning.online_deployments import (
    DeploymentSkus,
    OnlineDeployments,
)
from local_azure.services.machinelearning.online_endpoints import OnlineEndpoints
from local_azure.services.machinelearning.operations import OperationResults, OperationStatuses
from local_azure.services.machinelearning.registries import Registries
from local_azure.services.machinelearning.workspaces import Workspaces

TYPES: tuple[type[ResourceType], ...] = (
    Workspaces,
    Computes,
    Datastores,
    Connections,
    Models,
    ModelVersions,
    Environments,
    EnvironmentVersions,
    Codes,
    CodeVersions,
    Data,
    DataVersions,
    Registries,
    *registry_assets.TYPES,
    OnlineEndpoints,
    OnlineDeployments,
    DeploymentSkus,
    Usages,
    VmSizes,
    OperationStatuses,
    OperationResults,
)
