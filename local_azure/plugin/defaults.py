"""What Check adds to the program's inputs: a name, a location, the api-version. And what it
refuses. As published: the same input names, the same wording."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from local_azure.plugin.diff import RANDOMLY_NAMED
from local_azure.plugin.resource_type import ResourceType
from local_azure.plugin.shapes import API_VERSION
from local_azure.plugin.values import UNKNOWN, Json, Properties, as_properties

_LOCATION_HINT = (
    ". Either set it explicitly or configure it with "
    "'pulumi config set azure-native:location <value>'."
)


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What the engine says about automatic names for one resource."""

    logical_name: str
    seed: bytes = b""
    """Same seed, same name: a preview and its update agree."""
    mode: Literal["propose", "enforce", "disable"] | None = None
    """`pulumi:autonaming` of the stack, None when it says nothing."""
    proposed: str = ""


def with_defaults(
    kind: ResourceType,
    new: Mapping[str, Json],
    old: Mapping[str, Json],
    *,
    naming: Naming,
    location: Callable[[Mapping[str, Json]], str | None],
) -> Properties:
    """The inputs to keep: the program's, and what it left to the plugin.

    `location` answers the stack's default, from config or of the resource group in the inputs.
    """
    inputs: Properties = dict(new)
    name = kind.name_input
    if name not in inputs and kind.auto_name:
        chosen, random = _name(kind, old, naming)
        if chosen:
            inputs[name] = chosen
        if random:
            inputs[RANDOMLY_NAMED] = True
    if "location" in kind.body and "location" not in inputs:
        where = old.get("location") or location(inputs)
        if where:
            inputs["location"] = where
    inputs.setdefault(API_VERSION, kind.api_version)
    return inputs


def _name(kind: ResourceType, old: Mapping[str, Json], naming: Naming) -> tuple[Json, bool]:
    """The name, and whether it is a random one (so that a successor can exist beside it)."""
    kept = old.get(kind.name_input)
    if kept:
        return kept, old.get(RANDOMLY_NAMED) is True
    if naming.mode == "disable":
        return None, False
    if naming.mode == "enforce" or (naming.mode == "propose" and kind.auto_name != "uuid"):
        return naming.proposed, True
    digits = _hex(naming)
    if kind.auto_name == "uuid":
        return str(uuid.UUID(digits)), True
    if kind.auto_name == "random":
        return naming.logical_name + digits[:8], True
    return naming.logical_name, False


def _hex(naming: Naming) -> str:
    """32 hex digits that follow from the seed and the logical name."""
    if not naming.seed:
        return secrets.token_hex(16)
    return hashlib.sha256(naming.seed + naming.logical_name.encode()).hexdigest()[:32]


def failures(kind: ResourceType, inputs: Mapping[str, Json]) -> list[str]:
    """Why these inputs cannot be sent; one sentence each."""
    found = [f"missing required property '{name}'" for name in kind.names if name not in inputs]
    if "location" in kind.body and "location" not in inputs:
        found.append("missing required property 'location'" + _LOCATION_HINT)
    if "properties" in kind.body and "properties" not in inputs:
        found.append("missing required property 'properties'")
    for path in kind.id_sets:
        head, _, tail = path.partition(".")
        value = as_properties(inputs.get(head)).get(tail)
        if value is not None and value != UNKNOWN and not isinstance(value, list):
            # The published plugin takes it for the answer's shape and sends nonsense to ARM.
            found.append(f"'{path}' is a list of resource ids in this SDK, not an object")
    return found
