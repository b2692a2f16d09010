"""What changed between two sets of inputs, and what drift adds to them. Pure.

The published plugin compares inputs with inputs only; what happened to the live resource shows
through a refresh, which works drift into the inputs (`with_drift`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from local_azure.plugin.resource_type import ResourceType
from local_azure.plugin.values import Json, Properties

Change = Literal["add", "delete", "update"]

RANDOMLY_NAMED = "__createBeforeDelete"
"""Input that marks a name as made by the plugin: its successor can exist beside it."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class PropertyChange:
    """One changed input."""

    change: Change
    replaces: bool


@dataclass(frozen=True)
class Difference:
    """What a change of inputs comes to. Paths are the engine's (`properties.tags["a.b"]`)."""

    changes: Mapping[str, PropertyChange]
    delete_before_replace: bool

    @property
    def top_level(self) -> list[str]:
        """Names of the inputs that changed."""
        return sorted({_top(path) for path in self.changes})

    @property
    def replaces(self) -> list[str]:
        """Names of the inputs whose change cannot be made in place."""
        return sorted({_top(path) for path, made in self.changes.items() if made.replaces})


def difference(kind: ResourceType, old: Mapping[str, Json], new: Mapping[str, Json]) -> Difference:
    """Compares old with new inputs of one resource.

    A replacement deletes first, unless the plugin itself had made the name at random.
    """
    replacing = frozenset((*kind.names, *kind.replaces))
    changes: dict[str, PropertyChange] = {}
    for name in sorted({*old, *new}):
        if name == "location" and _same_location(old.get(name), new.get(name)):
            continue
        _compare(changes, (name, name), _Pair(old.get(name), new.get(name)), replacing=replacing)
    deletes_first = any(made.replaces for made in changes.values())
    if isinstance(old.get(RANDOMLY_NAMED), bool):
        deletes_first = not old[RANDOMLY_NAMED]
    return Difference(changes, deletes_first)


@dataclass(frozen=True)
class _Pair:
    old: Json
    new: Json


def _compare(
    changes: dict[str, PropertyChange],
    at: tuple[str, str],
    pair: _Pair,
    *,
    replacing: frozenset[str],
    inherited: bool = False,
) -> None:
    """Adds the changes below one value. `at` is its path, quoted for the engine and plain."""
    path, plain = at
    old, new = pair.old, pair.new
    if _equal(old, new):
        return
    replaces = inherited or plain in replacing
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            below = _Pair(old.get(key), new.get(key))
            place = (path + _step(key), f"{plain}.{key}")
            _compare(changes, place, below, replacing=replacing, inherited=replaces)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            below = _Pair(_item(old, index), _item(new, index))
            place = (f"{path}[{index}]", f"{plain}[]")
            _compare(changes, place, below, replacing=replacing, inherited=replaces)
    else:
        change: Change = "add" if old is None else "delete" if new is None else "update"
        changes[path] = PropertyChange(change, replaces)


def _equal(old: Json, new: Json) -> bool:
    """Equality that keeps true and 1 apart (Python does not)."""
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _item(items: list[Json], index: int) -> Json:
    return items[index] if index < len(items) else None


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _same_location(old: Json, new: Json) -> bool:
    """`West Europe` and `westeurope` are one place."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    return old.replace(" ", "").lower() == new.replace(" ", "").lower()


def with_drift(
    inputs: Mapping[str, Json], before: Mapping[str, Json], after: Mapping[str, Json]
) -> Properties:
    """`inputs` plus what changed between two projections of the live resource.

    Only what *changed* is taken over: values that the service filled in by itself and left
    alone since are no inputs, and would show as a difference at every preview.
    """
    result = {name: value for name, value in inputs.items() if name not in before or name in after}
    for name, value in after.items():
        if name not in before:
            result[name] = value
        elif not _equal(before[name], value):
            drifted = _drifted(inputs[name], before[name], value) if name in inputs else value
            result[name] = drifted
    return result


def _drifted(value: Json, before: Json, after: Json) -> Json:
    if isinstance(value, dict) and isinstance(before, dict) and isinstance(after, dict):
        return with_drift(value, before, after)
    if isinstance(value, list) and isinstance(before, list) and isinstance(after, list):
        known = min(len(value), len(before))
        return [
            _drifted(value[index], before[index], item) if index < known else item
            for index, item in enumerate(after)
        ]
    return after
