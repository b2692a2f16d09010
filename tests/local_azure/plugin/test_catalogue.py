"""The table agrees with the SDK whose resources it plays, and with ARM's request schemas."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any, cast

import pytest

from local_azure.plugin import VERSION
from local_azure.plugin.catalogue import CLIENT_CONFIG, FUNCTIONS, TYPES
from local_azure.plugin.resource_type import ResourceType, path_names

SCHEMAS = Path(__file__).parents[3] / "local_azure" / "arm" / "schemas"


def _of(entry: ResourceType) -> str:
    return entry.token


def _sdk(token: str) -> tuple[Any, str]:
    """The SDK's module of a token, and the name within."""
    _, module, name = token.split(":")
    return cast("Any", importlib.import_module(f"pulumi_azure_native.{module}")), name


def _names(declared: Any) -> set[str]:
    """Names on the wire of a class with Pulumi properties."""
    members = cast("dict[str, object]", vars(declared))
    properties = [name for name, value in members.items() if isinstance(value, property)]
    return {re.sub(r"_(\w)", lambda match: match[1].upper(), name) for name in properties}


@pytest.mark.parametrize("kind", TYPES, ids=_of)
def test_inputs_are_those_of_the_sdk(kind: ResourceType) -> None:
    module, name = _sdk(kind.token)
    assert {*kind.names, *kind.body, *kind.query} == _names(getattr(module, f"{name}Args"))


@pytest.mark.parametrize("kind", TYPES, ids=_of)
def test_outputs_of_the_sdk_are_known_or_unknown_in_a_preview(kind: ResourceType) -> None:
    module, name = _sdk(kind.token)
    flat = set(kind.flat) if not kind.flat_outputs else set[str]()
    played = {*kind.body, *(path.split(".")[0] for path in kind.computed)} - flat
    # `scope` and `name` are inputs that ARM repeats.
    assert _names(getattr(module, name)) - played <= {"azureApiVersion", "scope", "name"}


@pytest.mark.parametrize("kind", TYPES, ids=_of)
def test_the_api_version_is_the_sdk_s(kind: ResourceType) -> None:
    module, name = _sdk(kind.token)
    source = cast("str", getattr(module, name).__init__.__doc__ or "")
    overloads = Path(importlib.import_module(getattr(module, name).__module__).__file__ or "")
    assert f"API version {kind.api_version}." in (source or overloads.read_text("utf-8"))


def test_what_is_sent_is_in_arm_s_request_schemas() -> None:
    compared = 0
    for kind in TYPES:
        schema = SCHEMAS / f"{_arm_type(kind.path)}_{kind.api_version}.json"
        if not schema.exists():
            continue
        compared += 1
        allowed = set(json.loads(schema.read_text("utf-8"))["properties"])
        assert {*kind.body} - {*kind.flat} <= allowed
        assert {*kind.computed} & allowed <= {"name", "properties"}
    assert compared == 13


def _arm_type(path: str) -> str:
    """`Microsoft.X.type.child` of an id template, as the schema files are named."""
    namespace, *parts = path.rpartition("/providers/")[2].split("/")
    return ".".join((namespace, *parts[::2]))


def test_functions_are_those_of_the_sdk() -> None:
    for token in (CLIENT_CONFIG, *(function.token for function in FUNCTIONS)):
        module, name = _sdk(token)
        function = getattr(module, re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name))
        assert callable(function)
    for function in FUNCTIONS:
        module, name = _sdk(function.token)
        python = getattr(module, re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name))
        known = {re.sub(r"_(\w)", lambda m: m[1].upper(), arg) for arg in python.__annotations__}
        assert set(path_names(function.path)) <= known


def test_the_version_is_that_of_the_installed_sdk() -> None:
    from importlib.metadata import version

    assert version("pulumi-azure-native") == VERSION
