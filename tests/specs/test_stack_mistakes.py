"""Mistakes in stacks: each is one clear error, with file and line, and all come in one go."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.stack import load_stack_file
from tests.specs.stack_folder import (
    DEPLOYMENT,
    ENDPOINT,
    HEAD,
    ONE_SERVICE,
    a_project,
    brief,
    check,
    errors,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"endpoint": f"name: {'a' * 40}\n"}, "name-illegal"),
        ({"endpoint": ENDPOINT + "auth_mod: key\n"}, "unknown-field"),
        ({"endpoint": "name: basic-chat\nname: basic-chat\n"}, "duplicate-key"),
        ({"endpoint": "name: [\n"}, "yaml-syntax"),
        ({"endpoint": "name: basic-chat\x00\n"}, "file-not-text"),
        ({"blue": DEPLOYMENT.replace("../flow", "../nowhere")}, "file-missing"),
        ({"blue": DEPLOYMENT.replace("basic-chat", "other")}, "endpoint-mismatch"),
        ({"blue": DEPLOYMENT + "instanse_type: x\n"}, "unknown-field"),
        ({"blue": DEPLOYMENT.replace("../flow", "../deploy/endpoint.yml/x")}, "file-missing"),
        ({"flow": "nodes: [\n"}, "yaml-syntax"),
    ],
)
def test_one_mistake_is_one_error(tmp_path: Path, changes: dict[str, str], expected: str) -> None:
    checked = check(a_project(tmp_path, **changes))
    assert checked.stack is None
    assert [finding.id for finding in errors(checked)] == [expected]
    finding = errors(checked)[0]
    assert finding.file
    assert finding.file.startswith(("deploy/", "flow/"))
    assert finding.line
    assert finding.fix


@pytest.mark.parametrize(
    ("services", "rule", "line"),
    [
        ("", "missing-field", 2),
        ("  flow-endpoints:endpoints: 7\n", "wrong-type", 6),
        ("  flow-endpoints:endpoints: [deploy/endpoint.yml]\n", "wrong-type", 6),
        ("  flow-endpoints:endpoints: [{deployments: []}]\n", "missing-field", 6),
        ("  flow-endpoints:endpoint: []\n" + ONE_SERVICE, "unknown-field", 6),
        (ONE_SERVICE + "      trafic: {blue: 100}\n", "unknown-field", 9),
        (ONE_SERVICE + "      traffic: {green: 100}\n", "traffic-unknown-deployment", 9),
        (ONE_SERVICE.replace("[deploy/blue.yml]", "[7]"), "wrong-type", 8),
        (ONE_SERVICE.replace("deploy/blue.yml", "deploy"), "file-missing", 8),
        (ONE_SERVICE.replace("[deploy/blue.yml]", "[{file: deploy/blue.yml, sett: {}}]"),
         "unknown-field", 8),
        (ONE_SERVICE + "  flow-endpoints:roles: {openAI: User}\n", "unknown-field", 9),
    ],
)  # fmt: skip
def test_mistakes_in_the_stack_file(tmp_path: Path, services: str, rule: str, line: int) -> None:
    assert brief(check(a_project(tmp_path, services=services))) == [(rule, "Pulumi.dev.yaml", line)]


def test_the_nearest_name_is_told(tmp_path: Path) -> None:
    (finding,) = errors(
        check(a_project(tmp_path, services=f"  flow-endpoints:endponts: []\n{ONE_SERVICE}"))
    )
    assert "endponts" in finding.message
    (finding,) = errors(check(a_project(tmp_path, endpoint="name: basic-chat\nauthmode: key\n")))[
        :1
    ]
    assert "auth_mode" in finding.fix


def test_keys_of_azure_native_are_required(tmp_path: Path) -> None:
    head = HEAD.replace("azure-native:location", "azure-native:region")
    (finding,) = errors(check(a_project(tmp_path, head=head)))
    assert finding.id == "missing-field"
    assert "azure-native:location" in finding.message


def test_all_errors_come_in_one_go(tmp_path: Path) -> None:
    checked = check(
        a_project(
            tmp_path,
            endpoint="name: basic-chat\nauth_mode: keys\ntags: []\n",
            blue=DEPLOYMENT.replace("../flow", "../nowhere") + "liveness_probe: {perod: 1}\n",
        )
    )
    assert sorted(brief(checked)) == [
        ("file-missing", "deploy/blue.yml", 4),
        ("unknown-field", "deploy/blue.yml", 13),
        ("wrong-type", "deploy/endpoint.yml", 3),
        ("wrong-value", "deploy/endpoint.yml", 2),
    ]


def test_a_stack_that_does_not_exist(tmp_path: Path) -> None:
    checked = load_stack_file("prod", directory=tmp_path)
    assert brief(checked) == [("file-missing", "Pulumi.prod.yaml", None)]
