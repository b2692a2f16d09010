"""What people call the resources of an update: `deployment basic-chat/blue`, `role AcrPull`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

Values = Mapping[str, object]


@dataclass(frozen=True)
class Noun:
    """What a resource type is called, and the input that names one of it."""

    word: str
    name: str = ""


_NOUNS = {
    "ModelVersion": Noun("model", "name"),
    "EnvironmentVersion": Noun("environment", "name"),
    "Connection": Noun("connection", "name"),
    "CodeVersion": Noun("code", "name"),
    "OnlineEndpoint": Noun("endpoint", "endpointName"),
    "OnlineDeployment": Noun("deployment", "deploymentName"),
    "RoleAssignment": Noun("role"),
    "UserAssignedIdentity": Noun("identity", "resourceName"),
    "AutoscaleSetting": Noun("autoscale"),
    "DiagnosticSetting": Noun("diagnostics"),
    "SmokeRequest": Noun("smoke request", "deployment"),
    "Traffic": Noun("traffic"),
}


def is_shown(type_token: str, state: Values) -> bool:
    """Whether it is a thing in Azure; components, providers and the stack are none."""
    return bool(state.get("custom")) and not type_token.startswith("pulumi:")


def called(type_token: str, logical_name: str, inputs: Values) -> str:
    """`deployment basic-chat/blue`, from a resource's type, logical name and inputs."""
    kind = type_token.rsplit(":", 1)[-1]
    noun = _NOUNS.get(kind, Noun(kind))
    if kind == "Traffic":
        return f"traffic {_endpoint(inputs) or logical_name} {_split(inputs)}"
    name = inputs.get(noun.name) if noun.name else None
    if kind in ("OnlineDeployment", "SmokeRequest") and name:
        name = "/".join(filter(None, (_endpoint(inputs), str(name))))
    if kind == "RoleAssignment":
        name = _role(inputs) or logical_name
    words = [noun.word, str(name or logical_name)]
    if kind in ("ModelVersion", "EnvironmentVersion") and inputs.get("version"):
        words.append(str(inputs["version"])[:6])
    return " ".join(words)


def _endpoint(inputs: Values) -> str:
    """The endpoint that a part of it belongs to."""
    return str(inputs.get("endpointName") or inputs.get("endpoint_id") or "").rsplit("/", 1)[-1]


def _split(inputs: Values) -> str:
    """`blue 90 green 10`, and mirrors: `blue 100, green mirrors 20`."""
    live = cast("Mapping[str, float]", inputs.get("traffic") or {})
    mirror = cast("Mapping[str, float]", inputs.get("mirror_traffic") or {})
    parts = [" ".join(f"{name} {percent:g}" for name, percent in live.items()) or "none"]
    parts += [f"{name} mirrors {percent:g}" for name, percent in mirror.items()]
    return ", ".join(parts)


def role_name(definition: str) -> str | None:
    """`Connection Secrets Reader`, from a role definition's GUID; None for one of the user's."""
    from specs import roles

    found = (role for role in vars(roles).values() if isinstance(role, roles.Role))
    name = next((role.name for role in found if role.definition == definition.lower()), None)
    # "Azure Machine Learning Workspace Connection Secrets Reader" is most of a line.
    return name.removeprefix("Azure Machine Learning Workspace ") if name else None


def _role(inputs: Values) -> str | None:
    return role_name(str(inputs.get("roleDefinitionId", "")).rsplit("/", 1)[-1])
