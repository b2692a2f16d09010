"""The environment: the container image that serves a flow, or what it is built from."""

import re
from dataclasses import dataclass

import pulumi

from components.azure_native import ImageEnvironment
from components.flow_model import staging
from components.providers.environment_version import EnvironmentVersion
from specs.environment import EnvironmentBuild, EnvironmentImage
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class FlowEnvironmentArgs:
    """What a `FlowEnvironment` needs."""

    workspace: Workspace
    """Where it is registered."""
    environment: EnvironmentImage | EnvironmentBuild
    """What it is made of."""


class FlowEnvironment(pulumi.ComponentResource):
    """An environment registered by its content.

    An image is azure-native's, one resource per version (the version is in the logical name: a
    change makes the new one before the old one goes). A build context must be uploaded, which is
    our provider's.
    """

    version: pulumi.Resource
    """The resource that deployments wait for."""

    def __init__(self, name: str, args: FlowEnvironmentArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the environment's."""
        super().__init__("flow-endpoints:ml:FlowEnvironment", name, None, opts)
        environment = args.environment
        if isinstance(environment, EnvironmentImage):
            self.version = ImageEnvironment(
                f"{name}-{_plain(environment.version)}",
                {
                    "resourceGroupName": args.workspace.resource_group,
                    "workspaceName": args.workspace.name,
                    "name": environment.name,
                    "version": environment.version,
                    **environment.body(),
                },
                pulumi.ResourceOptions(parent=self),
            )
        else:
            self.version = _built(name, args.workspace, environment, parent=self)
        self.register_outputs({"version": environment.version})


def _built(
    name: str, workspace: Workspace, environment: EnvironmentBuild, *, parent: pulumi.Resource
) -> EnvironmentVersion:
    about = environment.properties
    return EnvironmentVersion(
        name,
        {
            "workspace_id": workspace.id,
            "name": environment.name,
            "version": environment.version,
            "files": staging(environment.files),
            "texts": dict(environment.texts),
            "dockerfile_path": environment.dockerfile_path,
            "inference_config": environment.inference_config,
            "description": about.get("description"),
            "tags": about.get("tags") or {},
            "properties": about.get("properties") or {},
        },
        pulumi.ResourceOptions(parent=parent),
    )


def _plain(version: str) -> str:
    """A version as part of a resource's name; one that a user wrote may hold anything."""
    return re.sub(r"[^0-9A-Za-z.-]", "-", version)
