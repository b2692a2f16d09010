"""Conversions between the SDK's shape of a resource and ARM's. Pure: data in, data out.

Four shapes meet here: inputs (what the program says), the request body, ARM's answer, and
outputs (what the state keeps). The published plugin does this from generated type metadata;
the rows of `catalogue` are enough for the types that are played.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from local_azure.plugin.resource_type import Function, ResourceType, path_names
from local_azure.plugin.values import UNKNOWN, Json, Properties, as_properties

API_VERSION = "azureApiVersion"

_WHOLE_PATH = ("scope", "resourceUri")
"""Path inputs that are ids themselves: not encoded, their outer slashes dropped."""


class ShapeError(ValueError):
    """An input has no place in the request. Its text names the input."""


def resource_id(
    kind: ResourceType | Function, inputs: Mapping[str, Json], *, subscription_id: str
) -> str:
    """The ARM id that `inputs` address. Raises ShapeError when a part of it is missing."""
    found = kind.path.replace("{subscriptionId}", quote(subscription_id, safe=""))
    for name in path_names(kind.path):
        value = inputs.get(name)
        if not isinstance(value, str) or not value or value == UNKNOWN:
            raise ShapeError(f"missing required property '{name}'")
        part = value.strip("/") if name in _WHOLE_PATH else quote(value, safe="")
        found = found.replace("{" + name + "}", part)
    return found


def inputs_of_id(kind: ResourceType, arm_id: str) -> Properties:
    """The path inputs that an id holds. Raises ShapeError when it is not of this type.

    Case is ignored, as ARM does: `resourcegroups` and `resourceGroups` are one.
    """
    pattern = re.escape(kind.path).replace(r"\{", "{").replace(r"\}", "}")
    for name in ("subscriptionId", *kind.names):
        group = f"(?P<{name}>{'.+' if name in _WHOLE_PATH else '[^/]+'})"
        pattern = pattern.replace("{" + name + "}", group)
    match = re.fullmatch(pattern, arm_id, re.IGNORECASE)
    if match is None:
        raise ShapeError(f"id '{arm_id}' is not of the form {kind.path}")
    return {
        name: f"/{match[name]}" if name in _WHOLE_PATH else unquote(match[name])
        for name in kind.names
    }


def request_body(kind: ResourceType, inputs: Mapping[str, Json]) -> Properties:
    """The body of the PUT that makes `inputs` true."""
    body: Properties = {}
    for name in kind.body:
        if name in inputs and name not in kind.flat:
            body[name] = inputs[name]
    flat: Properties = {name: inputs[name] for name in kind.flat if name in inputs}
    if kind.flat:
        body["properties"] = flat
    for path in kind.id_sets:
        body = _with_id_set(body, path.split("."))
    return body


def _with_id_set(body: Properties, path: list[str]) -> Properties:
    """`[id, …]` becomes `{id: {}, …}` at `path`, where the body has it."""
    head, *rest = path
    value = body.get(head)
    if rest and isinstance(value, dict):
        return {**body, head: _with_id_set(value, rest)}
    if not rest and isinstance(value, list):
        members: Properties = {str(item): {} for item in value}
        return {**body, head: members}
    return body


def outputs_of(kind: ResourceType, answer: Mapping[str, Json]) -> Properties:
    """What the state keeps of ARM's answer: no id, no nulls, flattened where the SDK is."""
    hoists = kind.flat_outputs and "properties" not in kind.body
    outputs = _flattened(answer) if hoists else dict(answer)
    outputs.pop("id", None)
    return {**_without_nulls(outputs), API_VERSION: kind.api_version}


def result_of(kind: Function, answer: Mapping[str, Json]) -> Properties:
    """What a function returns of ARM's answer; functions keep the id."""
    result = _without_nulls(_flattened(answer) if kind.flat else dict(answer))
    return result if kind.method == "POST" else {**result, API_VERSION: kind.api_version}


def _flattened(answer: Mapping[str, Json]) -> Properties:
    envelope = {name: value for name, value in answer.items() if name != "properties"}
    return {**as_properties(answer.get("properties")), **envelope}


def _without_nulls(properties: Mapping[str, Json]) -> Properties:
    return {
        name: _without_nulls(value) if isinstance(value, dict) else value
        for name, value in properties.items()
        if value is not None
    }


def inputs_of_outputs(kind: ResourceType, outputs: Mapping[str, Json]) -> Properties:
    """The projection of outputs to what could be said as inputs: nothing that ARM computes."""
    kept: Properties = {name: outputs[name] for name in kind.body if name in outputs}
    own = _nested(name for name in kind.computed if "." in name)
    for name, below in own.items():
        value = kept.get(name)
        if isinstance(value, dict):
            kept[name] = {key: item for key, item in value.items() if key not in below}
    for path in kind.id_sets:
        head, _, tail = path.partition(".")
        value = kept.get(head)
        if isinstance(value, dict) and isinstance(members := value.get(tail), dict):
            ids: list[Json] = [*sorted(members)]
            kept[head] = {**value, tail: ids}
    return kept


def imported_inputs(kind: ResourceType, arm_id: str, outputs: Mapping[str, Json]) -> Properties:
    """Inputs for a resource that is not in the state yet: its id and its live properties."""
    projection = inputs_of_outputs(kind, outputs)
    live = {name: _without_empty(value) for name, value in projection.items()}
    kept = {name: value for name, value in live.items() if value is not None}
    return {**inputs_of_id(kind, arm_id), **kept, API_VERSION: kind.api_version}


def _without_empty(value: Json) -> Json:
    """The value without empty collections, None when nothing is left: defaults are no inputs."""
    if isinstance(value, dict):
        kept = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item is not None} or None
    if isinstance(value, list):
        return [item for item in map(_without_empty, value) if item is not None] or None
    return value


def preview_outputs(kind: ResourceType, inputs: Mapping[str, Json]) -> Properties:
    """Outputs while nothing is sent: inputs stay, all that ARM decides is unknown."""
    outputs: Properties = {name: inputs.get(name, UNKNOWN) for name in kind.body}
    if not kind.flat_outputs:
        for name in kind.flat:
            outputs.pop(name, None)
    for name in (*(name for name in kind.computed if "." not in name), "name", API_VERSION):
        outputs[name] = inputs.get(name, UNKNOWN)
    for name, below in _nested(kind.computed).items():
        value = outputs.get(name)
        if isinstance(value, dict):
            outputs[name] = {**value, **dict.fromkeys(below, UNKNOWN)}
    for path in kind.id_sets:
        head, _, tail = path.partition(".")
        value = outputs.get(head)
        if isinstance(value, dict) and tail in value:
            outputs[head] = {**value, tail: UNKNOWN}
    return outputs


def _nested(paths: Iterable[str]) -> dict[str, list[str]]:
    """`properties.scoringUri` as {"properties": ["scoringUri"]}; plain names are left out."""
    found: dict[str, list[str]] = {}
    for path in paths:
        head, _, tail = path.partition(".")
        if tail:
            found.setdefault(head, []).append(tail)
    return found
