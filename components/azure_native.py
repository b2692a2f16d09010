"""azure-native's resources that this program declares, by their type names.

Its Python SDK says the same with a class for each type, and takes a second to import the
thousands of classes of machinelearningservices: a third of a preview (docs/adr/0002). The bodies
here are ARM's and come from `specs`, which checks them; the plugin is the one of the installed
SDK's version.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import cast

import pulumi

Json = Mapping[str, object]


class _Resource(pulumi.CustomResource):
    """One of azure-native's. Inputs have the names of its schema."""

    def __init__(
        self, kind: str, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        plugin = pulumi.ResourceOptions(version=_plugin_version())
        merged = pulumi.ResourceOptions.merge(plugin, opts)
        super().__init__(f"azure-native:{kind}", name, dict(props), merged)


class OnlineEndpoint(_Resource):
    """An online endpoint."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: resourceGroupName, workspaceName, endpointName and the ARM body."""
        super().__init__("machinelearningservices:OnlineEndpoint", name, props, opts)

    # No annotations: the SDK would hold what arrives against them, and ARM's types are not ours.
    @property
    def identity(self) -> pulumi.Output[Json]:
        """With the object ids of its identities."""
        return _output(self, "identity")

    @property
    def properties(self) -> pulumi.Output[Json]:
        """With its addresses."""
        return _output(self, "properties")


class OnlineDeployment(_Resource):
    """An online deployment."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: as an endpoint's, and deploymentName."""
        super().__init__("machinelearningservices:OnlineDeployment", name, props, opts)


class ImageEnvironment(_Resource):
    """A version of an environment that is an image."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: resourceGroupName, workspaceName, name, version, properties."""
        super().__init__("machinelearningservices:EnvironmentVersion", name, props, opts)


class UserAssignedIdentity(_Resource):
    """A user-assigned identity."""

    principalId: pulumi.Output[str]  # noqa: N815  its name in the schema
    """Object id."""
    clientId: pulumi.Output[str]  # noqa: N815
    """What a program names to sign in as it."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: resourceGroupName, resourceName, location."""
        computed = {"principalId": None, "clientId": None}
        super().__init__("managedidentity:UserAssignedIdentity", name, {**computed, **props}, opts)


def _output(resource: pulumi.CustomResource, name: str) -> pulumi.Output[Json]:
    value = pulumi.get(resource, name)  # pyright: ignore[reportUnknownMemberType]
    return cast("pulumi.Output[Json]", value)


@cache
def _plugin_version() -> str:
    return version("pulumi-azure-native")
