"""`check --json`: bodies also of what is broken elsewhere, and files as people name them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from tests.specs.broken_documents import DEPLOYMENT_SCHEMA, TYPE
from tests.specs.rule_scenes import a_deployment
from tests.specs.their_project import Json, checked, ids, rows, their_project, write

WHERE = ("--subscription", "s", "--resource-group", "g", "--workspace", "w", "--location", "here")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Their project, also the working directory."""
    return their_project(tmp_path / "project", monkeypatch)


def the_body(data: Json) -> Json:
    """The one document's body, which is there."""
    (document,) = rows(data, "documents")
    assert document["body"] is not None
    return cast(Json, document["body"])


@pytest.mark.parametrize(
    ("field", "lines"),
    [
        ("model", "model:\n  path: nowhere\n"),
        ("model", "model: nowhere.yml\n"),
        ("environmentId", "environment: nowhere.yml\n"),
        ("environmentId", "environment:\n  build: {path: nowhere}\n"),
    ],
)
def test_what_is_missing_is_null_in_the_body(
    field: str, lines: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = a_deployment().replace("model:\n  path: flow\n", "")
    write(project, {"deployment.yml": DEPLOYMENT_SCHEMA + head + lines})
    code, data = checked(capsys, "deployment.yml", *WHERE)
    assert (code, "file-missing" in ids(data)) == (1, True)
    properties = cast(Json, the_body(data)["properties"])
    assert (field in properties, properties[field]) == (True, None)
    assert properties["instanceType"] == "Standard_DS3_v2"


def test_missing_code_is_null_in_the_body(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "code_configuration: {code: nowhere, scoring_script: score.py}\n"
    write(project, {"deployment.yml": DEPLOYMENT_SCHEMA + a_deployment(lines)})
    _, data = checked(capsys, "deployment.yml", *WHERE)
    properties = cast(Json, the_body(data)["properties"])
    assert properties["codeConfiguration"] == {"codeId": None, "scoringScript": "score.py"}


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        ("model", "name: chat\npath: nowhere\n", "modelUri"),
        ("environment", "name: env\nbuild: {path: nowhere}\n", "build"),
    ],
)
def test_assets_whose_files_are_missing_have_bodies(
    kind: str, text: str, field: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"asset.yml": TYPE.format(kind) + text})
    code, data = checked(capsys, "asset.yml")
    assert (code, ids(data)) == (1, {"file-missing"})
    assert field in cast(Json, the_body(data)["properties"])


def test_a_name_that_azure_refuses_keeps_the_body(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"endpoint.yml": 'name: "{{ENDPOINT_NAME}}"\nauth_mode: key\n'})
    for arguments in (["endpoint.yml"], []):
        code, data = checked(capsys, *arguments)
        assert (code, "name-illegal" in ids(data)) == (1, True)
        assert rows(data, "documents")[0]["body"] is not None


def test_a_template_in_braces_is_no_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"endpoint.yml": "name: {{ENDPOINT_NAME}}\nauth_mode: key\n"})
    code, data = checked(capsys, "endpoint.yml")
    (finding,) = rows(data, "findings")
    assert (code, finding["id"], finding["line"]) == (1, "yaml-syntax", 1)
    assert "{{ENDPOINT_NAME}}" in str(finding["message"])


def test_files_outside_have_absolute_paths(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = project.parent / "shared"
    write(outside, {"endpoint.yml": "name: x\nauth_mode: key\n"})
    for path in ("../shared/endpoint.yml", str(outside / "endpoint.yml")):
        _, data = checked(capsys, path)
        assert rows(data, "documents")[0]["file"] == (outside / "endpoint.yml").as_posix()
        assert rows(data, "findings")[0]["file"] == (outside / "endpoint.yml").as_posix()


def test_files_inside_have_relative_paths(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("endpoint.yml", "./endpoint.yml", str(project / "endpoint.yml")):
        _, data = checked(capsys, path)
        assert rows(data, "documents")[0]["file"] == "endpoint.yml"


@pytest.mark.parametrize(
    ("name", "fields", "known"),
    [
        ("endpoint-tests.yml", "name: tests\non: push\njobs: {}\npermissions: {}\n", False),
        ("endpoint.yml", "name: chat\nauth_mod: key\n", True),
        ("endpoint.yml", "name: chat\nauth_mode: key\ncommand: x\n", True),
        ("job.yml", "command: python x\ncompute: azureml:c\ncode: src\nenvironment: e\n", False),
        ("serverless_endpoint.yml", "name: chat\nmodel_id: azureml://registries/r\n", False),
        ("workspace.yml", "managed_network: {}\npublic_network_access: disabled\n", False),
        ("connections.yml", "name: tests\non: push\njobs: {}\npermissions: {}\n", False),
        ("connection.yml", "name: search\nazure_endpoint: https://x\n", True),
        ("x.yml", TYPE.format("serverlessEndpoint") + "name: chat\nauth_mode: key\n", False),
        ("x.yml", TYPE.format("modelBatchDeployment") + "name: b\nmodel: a\n", False),
    ],
)
def test_files_of_other_kinds_are_told_apart(
    name: str, fields: str, known: bool, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {name: fields})
    code, data = checked(capsys, name)
    assert code == 1
    assert ("kind-unknown" in ids(data)) is not known


def test_a_folder_is_all_documents_and_flows_below_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        project,
        {
            "all/chat/endpoint.yml": "name: chat\nauth_mode: key\n",
            "all/chat/conda.yml": "channels: [a]\ndependencies: [b]\n",
            "all/flows/one/flow.flex.yaml": "entry: a:b\n",
            "all/flows/one/a.py": "def b(x: str) -> str:\n    return x\n",
            "all/.hidden/endpoint.yml": "name: [\n",
        },
    )
    (project / "all/chat/up").symlink_to(project / "all")
    code, data = checked(capsys, "all")
    assert (code, ids(data)) == (0, set())
    assert [one["file"] for one in rows(data, "documents")] == ["all/chat/endpoint.yml"]
    assert [one["path"] for one in rows(data, "flows")] == ["all/flows/one"]


def test_a_stack_file_among_documents_is_told_how_to_check_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, data = checked(capsys, "Pulumi.local.yaml")
    assert "--stack local" in str(rows(data, "findings")[0]["fix"])
