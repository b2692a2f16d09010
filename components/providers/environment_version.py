"""EnvironmentVersion: a docker build context, uploaded and registered as an environment.

An environment that is an image or a conda file needs no upload: that is azure-native's.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import pulumi
from pulumi import dynamic

from components.providers.arm import section
from components.providers.azure_ml import Files, staged, workspace_client
from components.providers.registered_asset import Props, RegisteredAssetProvider

_ROUTES = {
    "livenessRoute": "liveness_route",
    "readinessRoute": "readiness_route",
    "scoringRoute": "scoring_route",
}
"""ARM's names of the routes, and those of azure-ai-ml."""


class EnvironmentVersionProvider(RegisteredAssetProvider):
    """Registers through azure-ai-ml, which uploads to the workspace's default datastore."""

    noun = "environment"
    collection = "environments"

    def register(self, props: Props) -> None:
        """Upload the context, as `az ml environment create` does. Azure builds it when used."""
        from azure.ai.ml.entities import BuildContext, Environment

        routes = section(props, "inference_config")
        texts = cast("dict[str, str]", props.get("texts") or {})
        with staged(cast("Files", props["files"]), under="context", texts=texts) as folder:
            workspace_client(str(props["workspace_id"])).environments.create_or_update(
                Environment(
                    name=str(props["name"]),
                    version=str(props["version"]),
                    build=BuildContext(
                        path=folder,
                        dockerfile_path=cast("str | None", props.get("dockerfile_path")),
                    ),
                    inference_config={_ROUTES[key]: route for key, route in routes.items()} or None,
                    description=cast("str | None", props.get("description")),
                    tags=cast("dict[str, str]", props.get("tags") or {}),
                )
            )


class EnvironmentVersion(dynamic.Resource, module="flow-endpoints", name="EnvironmentVersion"):
    """An environment built from a docker context, at the version that its content names."""

    version: pulumi.Output[str]
    """The version registered last."""
    registered: pulumi.Output[Sequence[str]]
    """All versions that this resource registered."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: as `RegisteredAssetProvider` has it; `texts` (path -> content of files written
        here), `dockerfile_path`, `inference_config` (as in ARM)."""
        super().__init__(EnvironmentVersionProvider(), name, {"registered": None, **props}, opts)
