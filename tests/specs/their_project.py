"""A small project as users have it, and `python -m specs check --json` run in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from specs.__main__ import main
from tests.specs.rule_scenes import a_deployment, a_flow

STACK = """\
config:
  azure-native:subscriptionId: 00000000-0000-0000-0000-000000000001
  azure-native:location: westeurope
  flow-endpoints:resourceGroup: rg-flows
  flow-endpoints:workspace: mlw-flows
  flow-endpoints:endpoints:
    - endpoint: endpoint.yml
      deployments: [deployment.yml]
"""

Json = dict[str, object]


def their_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Their project: a stack with one endpoint and a flow; also the working directory."""
    write(tmp_path, a_flow())
    write(
        tmp_path,
        {
            "endpoint.yml": "name: chat\nauth_mode: key\n",
            "deployment.yml": a_deployment("endpoint_name: chat\n"),
            "Pulumi.local.yaml": STACK,
        },
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Json]:
    code = main(["check", "--json", *arguments])
    return code, cast(Json, json.loads(capsys.readouterr().out))


def rows(data: Json, key: str) -> list[Json]:
    return cast(list[Json], data[key])


def ids(data: Json) -> set[object]:
    return {finding["id"] for finding in rows(data, "findings")}
