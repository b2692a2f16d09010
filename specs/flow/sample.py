"""A request that the flow can be tried with: its own sample, or one made from its inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from specs.flow.contents import Contents
from specs.flow.flow import Port
from specs.flow.report import Report
from specs.tree import NOWHERE, Place

SAMPLES = "samples.json"
"""The file that serving shows in its swagger: a list of requests, the first of which counts."""
_DATA = "data.jsonl"
"""By habit a flow's test data: one request a line."""
_MAX_BYTES = 1_000_000
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""
_MADE: Mapping[str, object] = {
    "string": "Hello",
    "prompt_template": "Hello",
    "int": 1,
    "double": 1.0,
    "bool": True,
    "list": [],
    "object": {},
    "image": {"data:image/png;base64": _PIXEL},
}


def sample_request(
    inputs: Mapping[str, Port],
    *,
    own: Mapping[str, object],
    contents: Contents,
    at: Place,
    report: Report,
) -> dict[str, object] | None:
    """samples.json, else `own` (the `sample` of the definition, at `at`), else data.jsonl, else
    made from defaults and types.

    The first that has all the flow requires; None where an input is needed that cannot be made up
    (a secret, a file).
    """
    required = [name for name, port in inputs.items() if port.required]
    written = [
        (_from_samples(contents, report), report.place(contents.files.get(SAMPLES, Path()))),
        (dict(own) or None, at),
        (_from_data(contents, inputs), NOWHERE),
    ]
    found = [(sample, place) for sample, place in written if sample is not None]
    for sample, _ in found:
        if all(name in sample for name in required):
            return sample
    if not found:
        return _made(inputs, {}, inputs)
    sample, place = found[0]
    listed = ", ".join(f"`{name}`" for name in required if name not in sample)
    message = f"the sample request lacks {listed}, which the flow requires"
    report.warning("flow-sample-incomplete", place, message, "Add it to the sample.")
    return _made(inputs, sample, required)


def _made(
    inputs: Mapping[str, Port], given: Mapping[str, object], wanted: Iterable[str]
) -> dict[str, object] | None:
    """`given` with what else is wanted, by default or type."""
    request = dict(given)
    for name in wanted:
        port = inputs[name]
        if name in request or (not port.required and port.default is None):
            continue
        if port.required and port.type not in _MADE:
            return None
        request[name] = _MADE[port.type] if port.required else port.default
    return request


def _from_samples(contents: Contents, report: Report) -> dict[str, object] | None:
    source = contents.files.get(SAMPLES)
    if source is None:
        return None
    at = report.place(source)
    try:
        if source.stat().st_size > _MAX_BYTES:
            return None
        value = cast(object, json.loads(source.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{SAMPLES} is not JSON ({error}); the serving process does not start with it"
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        report.error("flow-sample-invalid", report.place(source, line), message, "Correct it.")
        return None
    listed = cast(list[object], value) if isinstance(value, list) else [value]
    first = listed[0] if listed else None
    if isinstance(first, dict):
        return cast(dict[str, object], first)
    message = f"{SAMPLES} holds no list of requests"
    fix = "Write a list with one JSON object for each request."
    report.warning("flow-sample-invalid", at, message, fix)
    return None


def _from_data(contents: Contents, inputs: Mapping[str, Port]) -> dict[str, object] | None:
    """The first line of data.jsonl, where it is a request for this flow."""
    source = contents.files.get(_DATA)
    if source is None:
        return None
    try:
        with source.open("rb") as stream:
            value = cast(object, json.loads(stream.readline(_MAX_BYTES)))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    row = cast(dict[str, object], value)
    if any(port.required and name not in row for name, port in inputs.items()):
        return None
    known = {name: row[name] for name in inputs if name in row}
    return _made(inputs, known, inputs) if known else None
