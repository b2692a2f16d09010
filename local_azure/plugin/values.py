"""Property values: what the CLI sends, as plain Python data, and back.

Unknown values (a preview's) stay in the data as `UNKNOWN`. Secrets do not occur: the plugin
answers, as the published one does, that it does not accept them, so the engine unwraps inputs
and marks the outputs of the same name again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from google.protobuf import struct_pb2

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Properties: TypeAlias = "dict[str, Json]"

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that is known only after the update."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key that marks a wrapped value (a secret, an output) in the engine's encoding."""


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Plain data of a struct; nulls are dropped, whole numbers become integers."""
    return {
        key: from_value(value)
        for key, value in struct.fields.items()
        if value.WhichOneof("kind") not in (None, "null_value")
    }


def from_value(value: struct_pb2.Value) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        # ARM refuses 3.0 where its schema says integer.
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    if kind == "struct_value":
        if _SIGNATURE in value.struct_value.fields:
            return _unwrapped(value.struct_value)
        return from_struct(value.struct_value)
    return None


def _unwrapped(struct: struct_pb2.Struct) -> Json:
    """The value inside a secret or an output; an output without one is not known yet."""
    inner = struct.fields.get("value")
    return UNKNOWN if inner is None else from_value(inner)


def to_struct(properties: Mapping[str, Json]) -> struct_pb2.Struct:
    """The engine's encoding of properties; nulls are left out."""
    fields = {key: to_value(value) for key, value in properties.items() if value is not None}
    return struct_pb2.Struct(fields=fields)


def to_value(value: Json) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=float(value))
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, list):
        items = [to_value(item) for item in value]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    return struct_pb2.Value(struct_value=to_struct(value))


def as_properties(value: object) -> Properties:
    """`value` if it is an object, else an empty one. For answers whose shape ARM promises."""
    return cast("Properties", value) if isinstance(value, dict) else {}


def text(properties: Mapping[str, Json], name: str) -> str:
    """The string property `name`, "" when absent or of another type."""
    value = properties.get(name)
    return value if isinstance(value, str) else ""


def has_unknown(value: Json) -> bool:
    """True when any part of the value is known only after the update."""
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    return value == UNKNOWN
