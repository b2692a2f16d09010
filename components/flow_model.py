"""The model: a flow folder as the workspace keeps it, one version per content."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.providers.model_version import ModelVersion
from specs.model import ModelUpload
from specs.upload import ModelFile
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class FlowModelArgs:
    """What a `FlowModel` needs."""

    workspace: Workspace
    """Where it is registered."""
    model: ModelUpload
    """Its files, and what is said about them."""


class FlowModel(pulumi.ComponentResource):
    """A model registered from files. Other content is a new version, and an update."""

    version: ModelVersion
    """The resource that deployments wait for."""

    def __init__(self, name: str, args: FlowModelArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the model's."""
        super().__init__("flow-endpoints:ml:FlowModel", name, None, opts)
        model = args.model
        self.version = ModelVersion(
            name,
            {
                "workspace_id": args.workspace.id,
                "name": model.name,
                "version": model.version,
                "files": staging(model.files),
                "uri": model.uri,
                "type": model.type,
                "stage": model.spec.stage,
                "flavors": dict(model.spec.flavors) or None,
                "description": model.description,
                "tags": dict(model.tags),
                "properties": dict(model.properties),
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"version": model.version})


def staging(files: Iterable[ModelFile]) -> list[dict[str, str]]:
    """Files as the providers take them: relative to the project, which is their directory too."""
    return [
        {"path": file.path, "source": Path(os.path.relpath(file.source)).as_posix()}
        for file in files
    ]
