"""Documents that were sound until one or two values changed, through the whole check."""

from __future__ import annotations

import json
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import cast

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specs.bodies import Scope
from specs.check_files import check_files
from specs.report import as_json, as_text
from specs.rules import Circumstances

GOOD = Path(__file__).parent / "corpus" / "good"
NAMES = sorted(path.name for path in GOOD.glob("*-*.yml"))
NASTY: list[object] = [
    *(None, True, 0, -1, 10**40, float("nan"), "", "\0", "x", "a,b", "~", "..", "a=b,,="),
    *("${", "${a.b}", "<x>", "[", "{}", "azureml:", "azureml://", "azureml:x@", "file:x"),
    *("${{azureml://connections/}}", "2024-01-01", "/dev/null", [], {}, [None], {"a": {"b": [1]}}),
]
PROMPT_FLOW = {"PRT_CONFIG_OVERRIDE": "deployment.workspace_name=<name>"}


def paths(value: object, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where all values below a value stand."""
    if isinstance(value, dict):
        items = list(cast("dict[str, object]", value).items())
    elif isinstance(value, list):
        items = list(enumerate(cast("list[object]", value)))
    else:
        return []
    below = [path for key, item in items for path in paths(item, (*above, key))]
    return [*[(*above, key) for key, _ in items], *below]


def checked(name: str, data: object) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "good")
        shutil.copytree(GOOD, folder)
        (folder / name).write_text(yaml.safe_dump(data), encoding="utf-8")
        path = str(folder / name)
        seen = Circumstances()
        result = check_files([path], project=folder, scope=Scope(), circumstances=seen)
    json.loads(as_json(result))
    assert as_text(result, what=name, colour=False)
    assert all(finding.message and finding.fix for finding in result.findings)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_one_or_two_values_are_changed(draws: st.DataObject) -> None:
    name = draws.draw(st.sampled_from(NAMES))
    data = cast("object", yaml.safe_load((GOOD / name).read_text(encoding="utf-8")))
    for _ in range(draws.draw(st.integers(1, 2))):
        path = draws.draw(st.sampled_from(paths(data)))
        inner = data
        for key in path[:-1]:
            inner = cast("dict[str | int, object]", inner)[key]
        nasty = deepcopy(draws.draw(st.sampled_from(NASTY)))
        cast("dict[str | int, object]", inner)[path[-1]] = nasty
    checked(name, data)


def a_deployment(**fields: object) -> dict[str, object]:
    return {"name": "blue", "endpoint_name": "chat", "instance_type": "a", **fields}


def test_a_name_with_a_comma_in_a_config_override() -> None:
    checked("x.yml", a_deployment(endpoint_name="a,b", environment_variables=PROMPT_FLOW))


def test_a_dockerfile_that_no_system_can_have() -> None:
    build = {"path": ".", "dockerfile_path": "\0"}
    checked("x.yml", a_deployment(environment={"build": build}))
