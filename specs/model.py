"""Models: the document, its ARM body, and what is uploaded for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, cast
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from specs.assets import check_asset_name
from specs.documents import Document, Findings
from specs.fields import EMPTY, Text, TextMap, Version, one_of, refuse
from specs.spec import Spec, read_spec
from specs.upload import ModelFile
from specs.workspace import Workspace


class DeploymentTemplate(Spec):
    """A reference to a deployment template of a registry."""

    asset_id: Text | None = None


def _mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return cast(object, value)
    kind = "empty" if value is EMPTY else "no mapping"
    raise refuse(f"is {kind}; a mapping is expected", "Write its fields below it.")


AnyMap = Annotated[dict[str, object], BeforeValidator(_mapping)]


class ModelSpec(Spec):
    """A model's YAML, also inline in a deployment."""

    name: Text | None = None
    version: Version | None = None
    type: Annotated[str, one_of("custom_model", "mlflow_model", "triton_model", camel=False)] = (
        "custom_model"
    )
    path: Text | None = None
    description: Text | None = None
    properties: TextMap = Field(default_factory=dict)
    tags: TextMap = Field(default_factory=dict)
    stage: Text | None = None
    flavors: AnyMap = Field(default_factory=dict)
    datastore: Text | None = None
    system_metadata: AnyMap = Field(default_factory=dict)
    default_deployment_template: DeploymentTemplate | None = None
    allowed_deployment_templates: list[DeploymentTemplate] = Field(
        default_factory=list[DeploymentTemplate]
    )

    read_only: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "utc_time_created",
            "creation_context",
            "job_name",
            "latest_version",
            "intellectual_property",
        }
    )

    @property
    def is_remote(self) -> bool:
        """Whether the files are in the cloud already (a datastore, a job's output, a URL)."""
        return is_uri(self.path) if self.path else False

    def body(self, model_uri: str | None) -> dict[str, object]:
        """The ARM request body; `model_uri`: where the files are, None before the upload."""
        default, allowed = self.default_deployment_template, self.allowed_deployment_templates
        properties: dict[str, object] = {
            "description": self.description,
            "tags": dict(self.tags),
            "properties": dict(self.properties),
            "flavors": {
                name: {"data": {str(k): str(v) for k, v in _items(value)}}
                for name, value in self.flavors.items()
            }
            or None,
            "modelType": self.type,
            "modelUri": model_uri,
            "stage": None if default or allowed else self.stage,
            "isAnonymous": False,
            "isArchived": False,
            "defaultDeploymentTemplate": {"assetId": default.asset_id} if default else None,
            "allowedDeploymentTemplates": [{"assetId": t.asset_id} for t in allowed] or None,
        }
        return {"properties": {k: v for k, v in properties.items() if v is not None}}


def _items(value: object) -> list[tuple[object, object]]:
    return list(cast(Mapping[object, object], value).items()) if isinstance(value, Mapping) else []


def is_uri(path: str) -> bool:
    """Whether azure-ai-ml takes a path for a URI rather than a local file."""
    parts = urlsplit(path)
    return bool(parts.scheme and parts.netloc) or parts.scheme in ("runs", "azureml")


@dataclass(frozen=True, kw_only=True)
class ModelUpload:
    """A model that is registered from files."""

    name: str
    version: str
    """Hash of the content: 12 hexadecimal characters."""
    files: tuple[ModelFile, ...]
    """Empty for files that are in the cloud already."""
    folder: Path | None
    """The folder (or file) they come from; None for files in the cloud."""
    uri: str | None
    """Where the files are in the cloud; None for files to upload."""
    spec: ModelSpec
    properties: Mapping[str, str]
    """The document's, and what follows from the flow."""

    @property
    def description(self) -> str | None:
        """The document's."""
        return self.spec.description

    @property
    def tags(self) -> Mapping[str, str]:
        """The document's."""
        return self.spec.tags

    @property
    def type(self) -> str:
        """`custom_model`, `mlflow_model` or `triton_model`."""
        return self.spec.type

    def body(self, model_uri: str | None) -> dict[str, object]:
        """The ARM request body of the version."""
        spec = self.spec.model_copy(update={"properties": dict(self.properties)})
        return spec.body(model_uri)

    def id(self, workspace: Workspace) -> str:
        """ARM id of the version."""
        return workspace.asset_id("models", self.name, version=self.version)


def read_model(document: Document, findings: Findings, *, inline: bool) -> ModelSpec | None:
    """The model of a document, or None after an error. Inline ones may go without a name."""
    spec = read_spec(ModelSpec, document.root, findings=findings)
    if not inline and "name" not in document.root:
        fix = "Add `name: …`."
        findings.add("missing-field", "`name` is missing", fix=fix, at=document.place())
    if spec is not None and spec.version is not None and spec.name is None and inline:
        message = "`version` without `name`: a model with a version needs a name"
        findings.add("missing-field", message, fix="Add a name.", at=document.place("version"))
    if spec is not None and spec.name is not None:
        check_asset_name(spec.name, document, findings)
    return spec
