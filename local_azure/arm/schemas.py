"""Request bodies against the schemas of the ARM types (arm/schemas/*.json).

One canonical shape comes out: property names and enumerated values in Azure's own spelling,
whatever case and api-version the client used.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import cast

from local_azure.arm.shape import JsonObject, JsonValue, items, number, section, text

FOLDER = Path(__file__).parent / "schemas"


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    names: dict[str, Path] = {}
    for path in FOLDER.glob("*.json"):
        namespace, _, rest = path.name.partition("_")[0].partition(".")
        provider, _, kinds = rest.partition(".")
        names[f"{namespace}.{provider}/{kinds.replace('.', '/')}".lower()] = path
    return names


@lru_cache(maxsize=64)
def schema_of(type_name: str) -> JsonObject | None:
    """The schema of a resource type's request body, None where there is none."""
    path = _files().get(type_name.lower())
    return None if path is None else cast("JsonObject", json.loads(path.read_text("utf-8")))


def conform(type_name: str, body: JsonObject) -> tuple[JsonObject, list[str]]:
    """The body in canonical spelling, and what is wrong with it (empty when nothing is).

    Read-only properties must have been taken out before.
    """
    schema = schema_of(type_name)
    if schema is None:
        return body, []
    reading = _Reading(schema)
    shaped = reading.value(body, schema, "")
    return (shaped if isinstance(shaped, dict) else {}), reading.problems


class _Reading:
    """One walk along a body and its schema. Knows the keywords that these schemas use."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self.problems: list[str] = []

    def value(self, value: JsonValue, schema: JsonObject, at: str) -> JsonValue:
        """`value` in canonical spelling; problems are collected on the way."""
        schema = self._resolved(schema)
        if "oneOf" in schema:
            branch = self._branch(value, schema, at)
            return value if branch is None else self.value(value, branch, at)
        expected = text(schema, "type")
        if expected and not _is(value, expected):
            self.problems.append(f"{at or 'the body'} must be of type {expected}")
            return value
        if isinstance(value, dict):
            return self._object(value, schema, at)
        if isinstance(value, list):
            held = section(schema, "items")
            return [self.value(one, held, f"{at}[{i}]") for i, one in enumerate(value)]
        return self._scalar(value, schema, at)

    def _resolved(self, schema: JsonObject) -> JsonObject:
        while "$ref" in schema:
            schema = section(self._root, "$defs", text(schema, "$ref").rsplit("/", 1)[-1])
        return schema

    def _branch(self, value: JsonValue, schema: JsonObject, at: str) -> JsonObject | None:
        """The alternative that the discriminator names (Azure's unions all have one)."""
        branches = [self._resolved(one) for one in items(schema, "oneOf") if isinstance(one, dict)]
        keys = [set(_constants(branch)) for branch in branches]
        shared = set(keys[0]) if keys else set[str]()
        for one in keys:
            shared &= one
        for branch in branches:
            constants = _constants(branch)
            if shared and all(_same(text(value, key), text(constants, key)) for key in shared):
                return branch
        key = next(iter(sorted(shared)), "a discriminator")
        known = ", ".join(sorted({str(_constants(branch).get(key)) for branch in branches}))
        self.problems.append(f"{at or 'the body'} must have {key}, one of: {known}")
        return None

    def _object(self, value: JsonObject, schema: JsonObject, at: str) -> JsonObject:
        known = section(schema, "properties")
        spelled = {name.lower(): name for name in known}
        extra = schema.get("additionalProperties", True)
        shaped: JsonObject = {}
        for name, held in value.items():
            proper = spelled.get(name.lower())
            here = f"{at}.{proper or name}" if at else (proper or name)
            if proper is not None:
                shaped[proper] = self.value(held, section(known, proper), here)
            elif isinstance(extra, dict):
                shaped[name] = self.value(_as_text(held, extra, at), extra, here)
            elif extra is False:
                self.problems.append(f"Could not find member '{name}' ({here})")
            else:
                shaped[name] = held
        for name in items(schema, "required"):
            if name not in shaped:
                self.problems.append(f"Required property '{name}' not found ({at or 'top level'})")
        return shaped

    def _scalar(self, value: JsonValue, schema: JsonObject, at: str) -> JsonValue:
        if "const" in schema:
            if not _same(value, schema["const"]):
                self.problems.append(f"{at} must be {schema['const']}")
            return schema["const"]
        if isinstance(value, str):
            choices = [*items(schema, "enum"), *items(schema, "examples")]
            for choice in choices:
                if _same(value, choice):
                    return choice
            self._text(value, schema, at)
            if "enum" in schema:
                known = ", ".join(str(choice) for choice in choices)
                self.problems.append(f"{at} is '{value}', must be one of: {known}")
        elif isinstance(value, (int, float)) and value < number(schema, "minimum", default=value):
            self.problems.append(f"{at} is {value}, must be at least {schema['minimum']}")
        return value

    def _text(self, value: str, schema: JsonObject, at: str) -> None:
        shortest = number(schema, "minLength")
        longest = number(schema, "maxLength", default=len(value))
        if not shortest <= len(value) <= longest:
            self.problems.append(f"{at} has {len(value)} characters, outside of its limits")
        pattern = text(schema, "pattern")
        if pattern and re.search(pattern, value) is None:
            self.problems.append(f"{at} does not match '{pattern}'")


def _as_text(value: JsonValue, schema: JsonObject, at: str) -> JsonValue:
    """A number in a property bag as text: azure-ai-ml sends code with `hash_version: 202208`."""
    bag = at == "properties.properties" and text(schema, "type") == "string"
    return json.dumps(value) if bag and type(value) in (int, float) else value


def _constants(branch: JsonObject) -> JsonObject:
    properties = section(branch, "properties")
    return {
        name: section(properties, name)["const"]
        for name in properties
        if "const" in section(properties, name)
    }


def _same(one: JsonValue, other: JsonValue) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    return one == other


def _is(value: JsonValue, expected: str) -> bool:
    if expected == "integer":
        whole = isinstance(value, float) and value.is_integer()
        return (isinstance(value, int) and not isinstance(value, bool)) or whole
    if expected == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    kinds: dict[str, type] = {"object": dict, "array": list, "string": str, "boolean": bool}
    return expected not in kinds or isinstance(value, kinds[expected])
