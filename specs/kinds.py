"""Which document a YAML file is: by its `$schema`, else by its fields.

Users need not say it, and Microsoft's examples leave `$schema` out or name it in several ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from specs.deployment import DeploymentSpec
from specs.endpoint import Endpoint
from specs.environment import EnvironmentSpec
from specs.fields import snake
from specs.model import ModelSpec

FileKind = Literal[
    "online-endpoint", "online-deployment", "model", "environment", "connection", "flow"
]

_SCHEMAS: tuple[tuple[str, FileKind], ...] = (
    ("onlineendpoint", "online-endpoint"),
    ("onlinedeployment", "online-deployment"),
    ("connection.schema", "connection"),
    ("environment.schema", "environment"),
    ("flow.schema", "flow"),
    ("model.schema", "model"),
)
"""Parts of a schema's file name; those of jobs, components and batch endpoints have none."""

_TELLING: tuple[tuple[FileKind, frozenset[str]], ...] = (
    ("flow", frozenset({"nodes", "entry", "additional_includes"})),
    (
        "online-deployment",
        frozenset(
            {
                *("endpoint_name", "instance_type", "instance_count", "environment_variables"),
                *("request_settings", "liveness_probe", "readiness_probe", "scale_settings"),
                *("code_configuration", "app_insights_enabled", "data_collector"),
                *("egress_public_network_access", "model_mount_path"),
            }
        ),
    ),
    (
        "online-endpoint",
        frozenset({"auth_mode", "mirror_traffic", "public_network_access", "compute"}),
    ),
    ("environment", frozenset({"image", "build", "conda_file", "inference_config"})),
)
"""Fields that only one kind has."""

_FOREIGN = frozenset(
    {
        *("command", "component", "experiment_name", "jobs", "task", "training_data"),
        *("managed_network", "model_id", "runs-on", "schedule", "trigger"),
    }
)
"""Fields of jobs, pipelines, workspaces and serverless endpoints, which share some with ours."""

_FIELDS: Mapping[FileKind, frozenset[str]] = {
    "online-endpoint": frozenset(Endpoint.field_names()),
    "online-deployment": frozenset(DeploymentSpec.field_names()),
    "environment": frozenset(EnvironmentSpec.field_names()),
    "model": frozenset(ModelSpec.field_names()),
}


_NAMED: tuple[FileKind, ...] = (
    "online-deployment",
    "online-endpoint",
    "environment",
    "connection",
    "model",
)


def kind_of(fields: Mapping[str, object], *, file_name: str = "") -> FileKind | None:
    """The kind of a document, None when neither schema, fields nor the file's name tell."""
    schema = fields.get("$schema")
    if isinstance(schema, str) and "azuremlschemas" in schema:
        return _by_schema(schema)
    return _by_schema(schema) or _by_fields(fields) or _by_name(file_name.lower(), fields)


def _by_schema(schema: object) -> FileKind | None:
    if not isinstance(schema, str):
        return None
    last = schema.rstrip("/").rpartition("/")[2].lower()
    return next((kind for part, kind in _SCHEMAS if part in last), None)


def _by_fields(fields: Mapping[str, object]) -> FileKind | None:
    written = fields.get("type")
    if isinstance(written, str) and "path" not in fields:
        from specs.connection import TYPES  # two dozen models

        if snake(written) in TYPES:
            return "connection"
    for kind, telling in _TELLING:
        if telling & set(fields):
            return kind if kind == "flow" or not _is_foreign(kind, fields) else None
    if "path" in fields and set(fields) - {"$schema"} <= _FIELDS["model"]:
        return "model"
    return None


def _by_name(file_name: str, fields: Mapping[str, object]) -> FileKind | None:
    """By the file's name, where at least half of the fields fit: a workflow may be so named."""
    for kind in _NAMED:
        if kind.removeprefix("online-") in file_name:
            fit = len(_known(kind) & set(fields))
            fits = 2 * fit >= len(fields) and not _is_foreign(kind, fields)
            return kind if fits else None
    return None


def _is_foreign(kind: FileKind, fields: Mapping[str, object]) -> bool:
    """Whether it is more likely a job or the like than a `kind` with a field too many."""
    if not _FOREIGN & set(fields):
        return False
    return 2 * len(_known(kind) & set(fields)) <= len(fields)


def _known(kind: FileKind) -> frozenset[str]:
    if kind != "connection":
        return _FIELDS[kind]
    from specs.connection import TYPES  # two dozen models

    return frozenset(name for one in TYPES.values() for name in one.field_names())
