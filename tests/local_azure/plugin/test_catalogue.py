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
    properties = [name for name, value in vars(declared).items() if isinstance(value, property)]
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


@pytest.mark.parametrize("kind", TYPES, ids=_of)
def test_what_arm_computes_cannot_be_sent(kind: ResourceType) -> None:
    found = sorted(SCHEMAS.glob(f"*_{kind.api_version}.json"))
    kinds = ".".join(re.findall(r"Microsoft\.\w+|(?<=/)\w+(?=/\{)", kind.path.split("/}", 1)[-1]))
    schema = next((path for path in found if path.stem.startswith(f"{_tail(kinds)}_")), None)
    if schema is None:
        pytest.skip("no request schema of this type")
    text = json.loads(schema.read_text("utf-8"))
    assert set(text["properties"]).isdisjoint({"systemData", "type"} & set(kind.computed))
    assert {*kind.body} - {*kind.flat} <= set(text["properties"]) | {"properties"}


def _tail(kinds: str) -> str:
    return kinds[kinds.rindex("Microsoft.") :]


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
