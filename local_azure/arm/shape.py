"""Typed access to JSON bodies, so that the services need neither casts nor `Any`."""

from __future__ import annotations

import json
from typing import TypeAlias, cast

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"


def parse_object(text: str | bytes) -> JsonObject | None:
    """The JSON object in `text`, or None when it holds something else or no JSON at all."""
    try:
        value = cast("JsonValue", json.loads(text, parse_constant=_no_constant))
    except (ValueError, RecursionError):  # the latter for nesting some thousands deep
        return None
    return value if isinstance(value, dict) else None


def _no_constant(name: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError(name)


def dig(value: JsonValue, *path: str) -> JsonValue:
    """The value under `path`, keys compared without case as ARM does; None when absent."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value[key] if key in value else _in_any_case(value, key.lower())
    return value


def _in_any_case(holder: JsonObject, wanted: str) -> JsonValue:
    for name, held in holder.items():
        if name.lower() == wanted:
            return held
    return None


def section(value: JsonValue, *path: str) -> JsonObject:
    """The object under `path`; an empty one when absent."""
    found = dig(value, *path)
    return found if isinstance(found, dict) else {}


def items(value: JsonValue, *path: str) -> list[JsonValue]:
    """The list under `path`; an empty one when absent."""
    found = dig(value, *path)
    return found if isinstance(found, list) else []


def text(value: JsonValue, *path: str, default: str = "") -> str:
    """The string under `path`; `default` when absent, null, or something else."""
    found = dig(value, *path)
    return found if isinstance(found, str) else default


def number(value: JsonValue, *path: str, default: float = 0) -> float:
    """The number under `path`; `default` when absent or no number."""
    found = dig(value, *path)
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else default


def strings(value: JsonValue, *path: str) -> dict[str, str]:
    """The string map under `path`; null entries are left out."""
    return {
        key: held if isinstance(held, str) else json.dumps(held)
        for key, held in section(value, *path).items()
        if held is not None
    }


def copied(value: JsonObject) -> JsonObject:
    """A deep copy that shares nothing with `value`."""
    return cast("JsonObject", json.loads(json.dumps(value)))


def without_nulls(value: JsonObject) -> JsonObject:
    """`value` without null entries at any depth: ARM reads null as absent in a PUT."""

    def clean(held: JsonValue) -> JsonValue:
        if isinstance(held, dict):
            return {k: clean(v) for k, v in held.items() if v is not None}
        return [clean(v) for v in held] if isinstance(held, list) else held

    return {key: clean(held) for key, held in value.items() if held is not None}
