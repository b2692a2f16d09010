"""Connections that a stack declares: secret, and there before what uses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import pytest

from tests.components.declared import Program
from tests.components.projects import CONNECTION, Project

Declare = Callable[[Project], Program]


@pytest.fixture(autouse=True)
def connection(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flow's connection, with a key from the environment."""
    monkeypatch.setenv("THEIR_KEY", "the-key-itself")
    document = {
        "name": CONNECTION,
        "type": "azure_open_ai",
        "azure_endpoint": "https://theirs.openai.azure.com/",
        "api_key": "${THEIR_KEY}",
    }
    project.config["connections"] = [project.write("connection.yml", document)]


def test_a_deployment_waits_for_its_connection(project: Project, declare: Declare) -> None:
    assert f"Connection {CONNECTION}" in declare(project).one("OnlineDeployment").after


def test_a_connection_that_no_flow_uses_is_made_all_the_same(
    project: Project, declare: Declare
) -> None:
    project.flow(connection=None)

    program = declare(project)

    assert program.nouns("Connection") == [f"Connection {CONNECTION}"]
    assert f"Connection {CONNECTION}" not in program.one("OnlineDeployment").after


def test_the_key_is_a_secret_and_the_rest_is_shown(project: Project, declare: Declare) -> None:
    inputs = declare(project).one("Connection").inputs

    properties = cast("Mapping[str, object]", inputs["properties"])
    assert properties["authType"] == "ApiKey"
    assert "credentials" not in properties
    assert cast("Mapping[str, object]", inputs["credentials"])["value"] == {"key": "the-key-itself"}
