"""The article's own files, section by section: what is sent, with azure-ai-ml as the judge.

Each section's YAML is written out as a user would who follows the article; what we add to it for
a prompt flow (docs/documents.md) is taken out before the two bodies are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from tests.specs.article_files import (
    CASES,
    ENDPOINT,
    IDENTITY,
    IMAGE,
    OVERRIDE,
    REGISTERED,
    USER_ASSIGNED,
    a_deployment,
)
from tests.specs.oracle import normal, sdk_body
from tests.specs.rule_scenes import a_chat_flow
from tests.specs.their_project import Json, checked, ids, rows, write

WHERE = ("--subscription", "s-1", "--resource-group", "g-1", "--workspace", "w-1")
REAL = (
    "deployment.subscription_id=s-1,deployment.resource_group=g-1,deployment.workspace_name=w-1,"
    "deployment.endpoint_name=basic-chat-endpoint,deployment.deployment_name=blue"
)
ADDED = ("PRT_CONFIG_OVERRIDE", "PROMPTFLOW_RUN_MODE", "PROMPTFLOW_WORKER_NUM")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder beside the examples, with the build context; also the working directory."""
    flow = a_chat_flow("open_ai_connection")
    write(
        tmp_path / "examples/flows/chat/basic-chat",
        {name.removeprefix("flow/"): text for name, text in flow.items()},
    )
    context = {"Dockerfile": "FROM base:1\nCOPY ./requirements.txt .\n", "requirements.txt": "x\n"}
    write(tmp_path / "deploy/image_build_with_reqirements", context)
    monkeypatch.chdir(tmp_path / "deploy")
    return tmp_path / "deploy"


def compared(kind: str, ours: Json, theirs: Mapping[str, object]) -> tuple[Json, Json]:
    """Both bodies without what may differ: ids, location, traffic, and our additions."""
    mine, judge = normal(ours), normal(theirs)
    for body in (mine, judge):
        body.pop("location", None)
        properties = cast(Json, body["properties"])
        for key in ("model", "environmentId", "modelUri", "traffic", "mirrorTraffic"):
            properties.pop(key, None)
        if isinstance(compute := properties.get("compute"), str):
            properties["compute"] = compute.rpartition("/")[2]  # an ARM id, later on also there
    if kind == "deployment":
        _without_additions(cast(Json, mine["properties"]), cast(Json, judge["properties"]))
    return mine, judge


def _without_additions(mine: Json, judge: Json) -> None:
    variables = cast(Json, mine["environmentVariables"])
    given = cast(Json, judge["environmentVariables"])
    for name in (*ADDED, "PROMPTFLOW_WORKER_THREADS"):
        if name not in given or name == "PRT_CONFIG_OVERRIDE":
            variables.pop(name, None)
            given.pop(name, None)
    asked = cast(Json, judge.get("requestSettings", {}))
    if "maxConcurrentRequestsPerInstance" not in asked:
        cast(Json, mine.get("requestSettings", {})).pop("maxConcurrentRequestsPerInstance", None)
        if not mine.get("requestSettings"):
            mine.pop("requestSettings", None)


@pytest.mark.parametrize("case", CASES)
def test_the_body_is_azure_ai_mls(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, text, expected = CASES[case]
    write(folder, {f"{kind}.yml": text})
    code, data = checked(capsys, f"{kind}.yml", *WHERE)
    assert code == 0, data["findings"]
    assert ids(data) - {"prompt-flow-retires", "timeout-default"} == expected
    (document,) = rows(data, "documents")
    assert document["kind"] == (kind if kind == "model" else f"online-{kind}")
    ours, theirs = compared(
        kind, cast(Json, document["body"]), sdk_body(kind, folder / f"{kind}.yml")
    )
    assert ours == theirs


def test_placeholders_of_the_article_are_filled_in(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, {"deployment.yml": a_deployment(REGISTERED, IMAGE, variables=OVERRIDE)})
    _, data = checked(capsys, "deployment.yml", *WHERE)
    body = cast(Json, rows(data, "documents")[0]["body"])
    variables = cast(Json, cast(Json, body["properties"])["environmentVariables"])
    assert variables == {"PRT_CONFIG_OVERRIDE": REAL}


def test_the_articles_identity_placeholder_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ENDPOINT + USER_ASSIGNED.replace(IDENTITY, "user_identity_ARM_id_place_holder")
    write(folder, {"endpoint.yml": text})
    code, data = checked(capsys, "endpoint.yml")
    assert (code, ids(data)) == (1, {"identity-id"})


def test_five_minutes_need_the_property(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = a_deployment(
        "request_settings:\n  request_timeout_ms: 300000\n", "model:\n  path: plain\n", IMAGE
    )
    write(folder, {"deployment.yml": text, "plain/model.bin": "0"})
    code, data = checked(capsys, "deployment.yml")
    assert (code, "timeout-needs-flow-property" in ids(data)) == (1, True)
