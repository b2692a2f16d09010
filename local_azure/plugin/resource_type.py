"""What the plugin needs to know of one resource type or one function, and nothing else."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Literal

AutoName = Literal["random", "copy", "uuid"]
"""How a missing name is made: logical name + 8 hex digits, the logical name, or a GUID."""

WORKSPACE = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
)
ML_API_VERSION = "2025-12-01"


@dataclass(frozen=True)
class ResourceType:
    """One type of the SDK and the ARM resource behind it."""

    token: str
    """Type token in state, `azure-native:module:Name`."""
    _: KW_ONLY
    path: str
    """ARM id, with the names of the inputs that fill it. Changing one of them replaces."""
    api_version: str
    body: tuple[str, ...]
    """Inputs that are sent in the request body, all others are part of the path or query."""
    flat: tuple[str, ...] = ()
    """Those of `body` that ARM keeps under `properties`."""
    flat_outputs: bool = True
    """Whether the outputs are flattened as well (AutoscaleSetting: only its inputs are)."""
    auto_name: AutoName | None = "copy"
    """How the last name of the path is made when it is not given."""
    replaces: tuple[str, ...] = ()
    """Body inputs (dotted paths) that ARM accepts on creation only: a change replaces."""
    computed: tuple[str, ...] = ()
    """Outputs (dotted paths) that are never inputs: unknown in previews, not drift."""
    id_sets: tuple[str, ...] = ()
    """Inputs (dotted paths) that are lists of ids here and objects `{id: {}}` in ARM."""
    query: tuple[str, ...] = ()
    """Inputs that are sent in the query string."""

    @property
    def names(self) -> tuple[str, ...]:
        """Inputs that are part of the id, in their order, without the subscription."""
        return path_names(self.path)

    @property
    def name_input(self) -> str:
        """The input that is the resource's own name."""
        return self.names[-1]


@dataclass(frozen=True)
class Function:
    """One function (invoke) of the SDK: a GET of a resource, or a POST of an action."""

    token: str
    _: KW_ONLY
    path: str
    api_version: str
    method: Literal["GET", "POST"] = "GET"
    flat: bool = False
    """Whether the result holds ARM's `properties` at its top level."""


def path_names(path: str) -> tuple[str, ...]:
    """`{name}` placeholders of an id template, without the subscription's."""
    names = (part.partition("}")[0] for part in path.split("{")[1:])
    return tuple(name for name in names if name != "subscriptionId")
