"""`inputs:`, `outputs:` and `init:` as a definition file writes them, and which of them chat."""

from __future__ import annotations

import datetime
import difflib
import json
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

from specs.documents import a_kind
from specs.flow.flow import ABSENT, Port
from specs.flow.report import Report
from specs.tree import Block, Items

VALUE_TYPES = (
    "int",
    "double",
    "bool",
    "string",
    "secret",
    "prompt_template",
    "list",
    "object",
    "file_path",
    "image",
    "assistant_definition",
)
"""promptflow's ValueType, spelt and cased as it must be."""
_NEAR = {
    "integer": "int",
    "number": "double",
    "float": "double",
    "str": "string",
    "text": "string",
    "boolean": "bool",
    "array": "list",
    "dict": "object",
    "json": "object",
}


def block_of(root: Block, key: str, report: Report) -> Block:
    """A mapping of the definition; empty where it is missing, a finding where it is another."""
    value = root.get(key)
    if value is None:
        return Block(place=root.place_of(key))
    if isinstance(value, Block):
        return value
    message = f"`{key}` is {a_kind(value)}, not a mapping"
    report.error("wrong-type", root.place_of(key), message, f"Write `{key}:` as `name: …` lines.")
    return Block(place=root.place_of(key))


def read_ports(
    root: Block,
    key: str,
    report: Report,
    *,
    default_type: str | None = None,
    other_type: Callable[[str], bool] = lambda _name: False,
) -> dict[str, Port]:
    """The ports below `inputs`, `outputs` or `init`.

    `default_type`: for a port without one; None where that is an error.
    `other_type`: whether a type that is no ValueType is good here all the same.
    """
    ports: dict[str, Port] = {}
    block = block_of(root, key, report)
    for name, value in block.items():
        at = block.place_of(name)
        if not isinstance(value, Block):
            if default_type is None:
                message = f"`{name}` in `{key}` is {a_kind(value)}, not a mapping with a `type`"
                report.error("wrong-type", at, message, f"Write `{name}: {{type: string}}`.")
            ports[name] = Port(type=default_type or "string")
            continue
        ports[name] = _port(name, value, report, default_type=default_type, other_type=other_type)
    return ports


def _port(
    name: str,
    block: Block,
    report: Report,
    *,
    default_type: str | None,
    other_type: Callable[[str], bool],
) -> Port:
    kind = block.get("type", default_type)
    if not isinstance(kind, str) or not (kind in VALUE_TYPES or other_type(kind)):
        _unknown_type(name, block, report)
    history = block.get("is_chat_history")
    return Port(
        type=str(kind) if kind is not None else "string",
        # `default:` with nothing is no default to promptflow: a request must give the value
        default=ABSENT if block.get("default") is None else as_json(block["default"]),
        description=str(block.get("description") or ""),
        is_chat_input=_flag(block, "is_chat_input"),
        is_chat_output=_flag(block, "is_chat_output"),
        is_chat_history=None if history is None else _flag(block, "is_chat_history"),
    )


def _flag(block: Block, key: str) -> bool:
    """promptflow takes the value's truth; `"false"` in quotes would be true to it."""
    return bool(block.get(key, False))


def _unknown_type(name: str, block: Block, report: Report) -> None:
    at = block.place_of("type")
    kind = block.get("type")
    if kind is None:
        message = f"`{name}` has no `type`; promptflow does not start without it"
        report.error("flow-type-unknown", at, message, "Add `type: string`, or what it is.")
        return
    near = difflib.get_close_matches(str(kind).lower(), VALUE_TYPES, n=1)
    right = _NEAR.get(str(kind).lower()) or (near[0] if near else "string")
    message = f"`{name}` has the type `{kind}`, which promptflow does not know"
    report.error("flow-type-unknown", at, message, f"Write `type: {right}`.")


def as_json(value: object) -> object:
    """A YAML value as JSON can hold it: dates become text."""
    if isinstance(value, Mapping):
        items = cast(Mapping[object, object], value).items()
        return {str(key): as_json(item) for key, item in items}
    if isinstance(value, list):
        return [as_json(item) for item in cast(list[object], value)]
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def environment_variables(root: Block, report: Report) -> dict[str, str]:
    """`environment_variables:` as promptflow sets them."""
    block = block_of(root, "environment_variables", report)
    return {
        name: json.dumps(as_json(value)) if isinstance(value, Block | Items) else str(value)
        for name, value in block.items()
    }


class Chat(NamedTuple):
    """What makes a flow a chat, as promptflow decides (`is_executable_chat_flow`)."""

    is_chat: bool
    input: str | None
    output: str | None
    history: str | None


def chat_of(inputs: Mapping[str, Port], outputs: Mapping[str, Port]) -> Chat:
    """One chat input, one chat output (or no outputs at all) and a history make a chat."""
    chat_inputs = [name for name, port in inputs.items() if port.is_chat_input]
    chat_outputs = [name for name, port in outputs.items() if port.is_chat_output]
    history = next((name for name, port in inputs.items() if port.is_chat_history), None)
    fallback = inputs.get("chat_history")
    if history is None and fallback is not None and fallback.is_chat_history is not False:
        history = "chat_history" if chat_inputs else None
    is_chat = (
        len(chat_inputs) == 1 and (len(chat_outputs) == 1 or not outputs) and history is not None
    )
    first = next(iter(chat_inputs), None)
    return Chat(is_chat, first, next(iter(chat_outputs), None), history)
