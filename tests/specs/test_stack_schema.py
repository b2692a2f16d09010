"""The JSON Schema for editors takes what `load_stack` takes, and refuses what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import jsonschema
import pytest
import yaml

from specs.stack import Checked
from specs.stack_config import json_schema
from tests.specs.stack_folder import DEPLOYMENT, HEAD, ONE_SERVICE, a_project, check, errors

SCHEMA = json_schema()
PROJECT = Path(__file__).parents[2]
GUID = "5f9a1c3e-0000-4000-8000-0000000000dd"


def accepted(text: str) -> bool:
    stack = cast("object", yaml.safe_load(text))
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return not list(validator.iter_errors(stack))  # pyright: ignore


def loaded(folder: Path, text: str) -> Checked:
    return check(a_project(folder, head="", services=text))


@pytest.mark.parametrize("file", sorted(PROJECT.glob("Pulumi.*.yaml")), ids=lambda file: file.name)
def test_our_own_stack_files_are_accepted(file: Path) -> None:
    assert accepted(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "more",
    [
        "",
        "      traffic: {blue: 100}\n",
        "      traffic: {blue: '100'}\n",
        "  flow-endpoints:production: true\n",
        '  flow-endpoints:production: "true"\n',
        '  flow-endpoints:manageRoles: "false"\n',
        "  flow-endpoints:silence: {image-floating: we know}\n",
        "  flow-endpoints:roles: {openAi: Contributor, metricsWriter: true}\n",
        f"  flow-endpoints:roles: {{secretsReader: {GUID}}}\n",
        "  flow-endpoints:connections: [{name: abc, type: serp, api_key: {secure: v1:x}}]\n",
        "  aws:region: x\n",
        "encryptionsalt: v1:x\nenvironment: [shared]\n",
    ],
)
def test_both_accept(more: str, tmp_path: Path) -> None:
    text = HEAD + ONE_SERVICE + more
    assert accepted(text)
    assert errors(loaded(tmp_path, text)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("encryptionsalt: v1:x\n", "`endpoints` is missing"),
        (HEAD, "`endpoints` is missing"),
        (HEAD + "  flow-endpoints:endpoints: x\n", "`endpoints` is text; a list is expected"),
        (HEAD + "  flow-endpoints:endpoints:\n", "`endpoints` is empty; a list is expected"),
        (
            HEAD + ONE_SERVICE + "      traffic:\n",
            "`endpoints.0.traffic` is empty; a mapping is expected",
        ),
        (
            HEAD + ONE_SERVICE + "      traffic: {blue: 99.5}\n",
            "`endpoints.0.traffic.blue` is a number; a whole number is expected",
        ),
        (
            HEAD + ONE_SERVICE + "      mirrorTraffic: {blue: 5}\n",
            "there is no field `mirrorTraffic` here",
        ),
        (
            HEAD + ONE_SERVICE.replace("[deploy/blue.yml]", "deploy/blue.yml"),
            "`endpoints.0.deployments` is text; a list is expected",
        ),
        (
            HEAD + ONE_SERVICE + "  flow-endpoints:production: maybe\n",
            "`production` is text; true or false is expected",
        ),
        (
            HEAD + ONE_SERVICE + "  flow-endpoints:roles: {openai: User}\n",
            "there is no field `openai` here",
        ),
        (
            HEAD + ONE_SERVICE + "  flow-endpoints:roles: {openAi: Admin}\n",
            "`roles.openAi` is `Admin`; it can be user, contributor",
        ),
        (
            HEAD + ONE_SERVICE + "  flow-endpoints:roles: {secretsReader: Reader}\n",
            "`roles.secretsReader` is no GUID of a role's definition",
        ),
        (
            HEAD + ONE_SERVICE + "  flow-endpoints:location: westeurope\n",
            "there is no field `location` here",
        ),
    ],
)
def test_both_refuse(text: str, message: str, tmp_path: Path) -> None:
    assert not accepted(text)
    found = errors(loaded(tmp_path, text))
    assert message in [finding.message for finding in found]
    assert all(finding.fix and finding.line for finding in found)


def test_a_subscription_that_is_a_secret_is_not_missing(tmp_path: Path) -> None:
    secret = "{secure: v1:x}"
    head = HEAD.replace("10ca1000-0000-4000-8000-000000000001", secret)
    override = "deployment.subscription_id=10ca1000-0000-4000-8000-000000000001"
    blue = DEPLOYMENT + f"environment_variables: {{PRT_CONFIG_OVERRIDE: {override}}}\n"
    assert errors(check(a_project(tmp_path, head=head, blue=blue))) == []


@pytest.mark.parametrize("word", ["true", '"true"', '"yes"', "1"])
def test_however_production_is_written_its_rules_apply(word: str, tmp_path: Path) -> None:
    services = ONE_SERVICE + f"  flow-endpoints:production: {word}\n"
    blue = DEPLOYMENT.replace("instance_count: 3", "instance_count: 1")
    found = check(a_project(tmp_path, services=services, blue=blue)).findings
    assert "instances-few" in {finding.id for finding in found}
