"""ModelVersion: a flow folder, uploaded and registered as a model."""

from collections.abc import Mapping, Sequence
from typing import cast

import pulumi
from pulumi import dynamic

from components.providers.azure_ml import Files, staged, workspace_client
from components.providers.registered_asset import Props, RegisteredAssetProvider


class ModelVersionProvider(RegisteredAssetProvider):
    """Registers through azure-ai-ml, which uploads to the workspace's default datastore."""

    noun = "model"
    collection = "models"

    def register(self, props: Props) -> None:
        """Upload the one folder (or file) that the model is, as `az ml model create` does."""
        from azure.ai.ml.entities import Model

        with staged(cast("Files", props["files"])) as folder:
            workspace_client(str(props["workspace_id"])).models.create_or_update(
                Model(
                    name=str(props["name"]),
                    version=str(props["version"]),
                    path=cast("str | None", props.get("uri")) or next(folder.iterdir()),
                    type=str(props["type"]),
                    stage=cast("str | None", props.get("stage")),
                    flavors=cast("dict[str, dict[str, str]] | None", props.get("flavors")),
                    description=cast("str | None", props.get("description")),
                    tags=cast("dict[str, str]", props.get("tags") or {}),
                    properties=cast("dict[str, str]", props.get("properties") or {}),
                )
            )


class ModelVersion(dynamic.Resource, module="flow-endpoints", name="ModelVersion"):
    """A model, at the version that its content names."""

    version: pulumi.Output[str]
    """The version registered last."""
    registered: pulumi.Output[Sequence[str]]
    """All versions that this resource registered."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: as `RegisteredAssetProvider` has it; `type`, `stage`, `flavors`, and `uri` for
        files that are in the cloud already."""
        super().__init__(ModelVersionProvider(), name, {"registered": None, **props}, opts)
