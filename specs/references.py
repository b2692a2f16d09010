"""References to assets that exist already: `azureml:name:1`, `azureml:name@latest`, registries,
curated environments and full ARM ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from specs.workspace import Workspace

PREFIX = "azureml:"
REGISTRY = "azureml://registries/"
CURATED = "AzureML-"


@dataclass(frozen=True)
class Reference:
    """A versioned asset of the workspace or of a registry."""

    kind: str
    """`models` or `environments`."""
    text: str
    """As written."""
    name: str | None = None
    """None for what is passed on as it stands: registry references, curated ones, ARM ids."""
    version: str | None = None
    label: str | None = None

    def id(self, workspace: Workspace, *, version: str | None = None) -> str:
        """What the deployment's body holds, as azure-ai-ml sends it.

        `version`: what the label stands for now, where somebody looked; without it the id ends in
        `/labels/…`.
        """
        if self.name is None:
            return self.text.removeprefix(PREFIX) if self.is_arm_id else self.text
        chosen = self.version or version
        if chosen is not None:
            return workspace.asset_id(self.kind, self.name, version=chosen)
        return f"{workspace.id}/{self.kind}/{self.name}/labels/{self.label}"

    @property
    def is_registry(self) -> bool:
        """Whether it refers to a registry."""
        return self.text.startswith(REGISTRY)

    @property
    def is_arm_id(self) -> bool:
        """Whether it is a full ARM id."""
        return not self.is_registry and self.text.removeprefix(PREFIX).startswith("/")


class ModelReference(Reference):
    """A registered model."""


class EnvironmentReference(Reference):
    """A registered environment."""


def reference_fault(text: str, kind: str) -> str | None:
    """Why `text` is no reference to an asset of that kind, or None."""
    if text.startswith(REGISTRY):
        sound = re.fullmatch(r"[^/]+/[^/]+/[^/]+/(versions|labels)/[^/]+", text[len(REGISTRY) :])
        return None if sound else "names no version in the registry"
    if not text.startswith(PREFIX):
        return "does not begin with azureml:"
    rest = text.removeprefix(PREFIX)
    if "/" in rest:
        arm = re.fullmatch(
            r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.MachineLearningServices"
            rf"/workspaces/[^/]+/{kind}/[^/]+/versions/[^/]+",
            rest,
            re.IGNORECASE,
        )
        return None if arm else f"is no ARM id of a version of {kind}"
    if not re.fullmatch(r"[^@:]+(@[^@:]+|:.+)", rest):
        return "names no version"
    return None


def parse_model_reference(text: str) -> ModelReference:
    """A reference without fault, taken apart."""
    name, version, label = _parts(text)
    return ModelReference("models", text, name, version, label)


def parse_environment_reference(text: str) -> EnvironmentReference:
    """A reference without fault, taken apart. Curated environments are passed on by name."""
    if text.removeprefix(PREFIX).startswith(CURATED):
        return EnvironmentReference("environments", text)
    name, version, label = _parts(text)
    return EnvironmentReference("environments", text, name, version, label)


def _parts(text: str) -> tuple[str | None, str | None, str | None]:
    rest = text.removeprefix(PREFIX)
    if text.startswith(REGISTRY) or "/" in rest:
        return None, None, None
    if "@" in rest:
        name, _, label = rest.rpartition("@")
        return name, None, label
    name, _, version = rest.partition(":")
    return name, version, None
