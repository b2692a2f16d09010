"""`python -m specs`: the command line, its JSON and its text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from specs.__main__ import main
from specs.kinds import kind_of
from specs.rules.catalogue import ENTRIES
from tests.specs.broken_documents import DEPLOYMENT_SCHEMA
from tests.specs.rule_scenes import a_chat_flow, a_deployment
from tests.specs.their_project import STACK, Json, checked, ids, rows, their_project, write

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Their project, also the working directory."""
    return their_project(tmp_path, monkeypatch)


def test_without_arguments_the_local_stack_is_checked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, data = checked(capsys)
    assert code == 0
    assert set(data) == {"findings", "documents", "flows"}
    assert [(d["file"], d["kind"]) for d in rows(data, "documents")] == [
        ("endpoint.yml", "online-endpoint"),
        ("deployment.yml", "online-deployment"),
    ]
    assert [flow["kind"] for flow in rows(data, "flows")] == ["dag"]
    keys = ["id", "severity", "file", "line", "subject", "message", "fix"]
    assert all(sorted(finding) == sorted(keys) for finding in rows(data, "findings"))


def test_an_error_makes_the_exit_code_1_and_keeps_the_other_documents(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"endpoint.yml": "name: chat\nauth_mod: key\n"})
    code, data = checked(capsys, "--stack", "local")
    assert code == 1
    assert "unknown-field" in ids(data)
    bodies = {document["kind"]: document["body"] for document in rows(data, "documents")}
    assert bodies["online-endpoint"] is None
    assert bodies["online-deployment"] is not None


def test_errors_of_documents_and_of_rules_come_in_one_go(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = a_deployment("request_settings: {request_timeout_ms: 0}\nunheard_of: 1\n")
    write(project, {"deployment.yml": broken})
    code, data = checked(capsys)
    assert code == 1
    assert {"unknown-field", "timeout-not-positive"} <= ids(data)


def test_silences_of_the_stack_are_obeyed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silence = "  flow-endpoints:silence:\n    prompt-flow-retires: we know\n"
    write(project, {"Pulumi.local.yaml": STACK + silence})
    code, data = checked(capsys)
    assert (code, ids(data)) == (0, set())


def test_a_stack_that_is_not_there_names_those_that_are(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--stack", "prod"]) == 2
    assert capsys.readouterr().err == "error     there is no Pulumi.prod.yaml here; stacks: local\n"


def test_files_get_the_workspace_of_the_command_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--subscription", "s-1", "--resource-group", "g-1", "--workspace", "w-1"]
    code, data = checked(
        capsys, "endpoint.yml", "deployment.yml", *where, "--location", "northeurope"
    )
    assert code == 0
    endpoint, deployment = rows(data, "documents")
    assert cast(Json, endpoint["body"])["location"] == "northeurope"
    body = cast(Json, cast(Json, deployment["body"])["properties"])
    assert str(body["model"]).startswith("/subscriptions/s-1/resourceGroups/g-1/")
    variables = cast(Json, body["environmentVariables"])
    assert "deployment.workspace_name=w-1" in str(variables["PRT_CONFIG_OVERRIDE"])


def test_what_only_the_service_knows_is_null(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled = DEPLOYMENT_SCHEMA + a_deployment().replace(
        "model:\n  path: flow", "model: azureml:chat@latest"
    )
    write(
        project,
        {
            "labelled.yml": labelled,
            "model.yml": "name: chat\npath: flow\n",
            "environment.yml": "name: env\nbuild: {path: image}\n",
            "image/Dockerfile": "FROM base:1\n",
        },
    )
    _, data = checked(capsys, "labelled.yml", "model.yml", "environment.yml")
    bodies = {d["file"]: cast(Json, d["body"]) for d in rows(data, "documents")}
    assert bodies["labelled.yml"]["location"] is None
    assert cast(Json, bodies["labelled.yml"]["properties"])["model"] is None
    assert cast(Json, bodies["model.yml"]["properties"])["modelUri"] is None
    build = cast(Json, cast(Json, bodies["environment.yml"]["properties"])["build"])
    assert build["contextUri"] is None


def test_a_connections_secret_is_nowhere_in_the_output(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "abcdefgh" + "12345678"
    lines = "name: search\ntype: azure_ai_search\nendpoint: https://s.example.com/\n"
    write(project, {"connection.yml": f"{lines}api_key: {secret}\n"})
    for form in (["--json"], []):
        main(["check", "connection.yml", *form])
        shown = capsys.readouterr().out
        assert secret not in shown
        assert "key-in-connection" in shown


def test_a_reference_to_the_environment_stays_in_the_body(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "name: search\ntype: azure_ai_search\nendpoint: https://s.example.com/\n"
    write(project, {"connection.yml": lines + "api_key: ${SEARCH_KEY}\n"})
    code, data = checked(capsys, "connection.yml")
    assert (code, ids(data)) == (0, set())
    assert "${SEARCH_KEY}" in json.dumps(data)


@pytest.mark.parametrize("path", ["flow", "flow/flow.dag.yaml", "flow/"])
def test_flow_folders_and_their_files_are_flows(
    path: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, a_chat_flow())
    code, data = checked(capsys, path)
    assert code == 0
    (flow,) = rows(data, "flows")
    assert (flow["path"], flow["is_chat"], flow["chat_input"]) == ("flow", True, "question")
    assert flow["connections"] == {"my_connection": ["answer"]}


def test_a_folder_of_documents_is_all_of_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"deploy/endpoint.yml": "name: chat\n", "deploy/notes.txt": "later"})
    code, data = checked(capsys, "deploy")
    assert code == 0
    assert [document["file"] for document in rows(data, "documents")] == ["deploy/endpoint.yml"]


def test_variants_of_one_deployment_are_no_trouble_in_single_files(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubernetes = "name: chat\ncompute: azureml:cluster\n"
    on_cluster = a_deployment("endpoint_name: chat\ntype: kubernetes\n", size="small")
    write(
        project,
        {
            "cluster/endpoint.yml": kubernetes,
            "cluster/deployment.yml": on_cluster.replace("path: flow", "path: ../flow"),
            "managed.yml": a_deployment("endpoint_name: chat\n"),
        },
    )
    code, data = checked(capsys, "endpoint.yml", "deployment.yml", "managed.yml", "cluster")
    assert (code, ids(data)) == (0, {"prompt-flow-retires"})


def test_a_deployment_is_judged_with_the_endpoint_beside_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"endpoint.yml": "name: chat\ncompute: azureml:cluster\n"})
    code, data = checked(capsys, "endpoint.yml", "deployment.yml")
    assert (code, "compute-differs" in ids(data)) == (1, True)


def test_an_empty_folder_is_no_flow(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "empty").mkdir()
    code, data = checked(capsys, "empty")
    assert (code, ids(data)) == (1, {"flow-missing"})


def test_a_missing_file_is_a_finding(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = checked(capsys, "nowhere.yml")
    assert (code, ids(data)) == (1, {"file-missing"})


def test_an_impossible_path_is_a_finding(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = checked(capsys, "a" * 5000)
    assert (code, ids(data)) == (1, {"file-unreadable"})


def test_the_checks_need_neither_pulumi_nor_azure() -> None:
    code = (
        "import sys; from specs.__main__ import main; main(['check', '--json']); "
        "sys.exit(any(m.split('.')[0] in ('pulumi', 'azure') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_the_schema_is_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    import jsonschema

    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    shown = capsys.readouterr().out
    assert all(rule_id in shown for rule_id in ENTRIES)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"$schema": "https://x/latest/managedOnlineEndpoint.schema.json"}, "online-endpoint"),
        ({"$schema": "https://x/kubernetesOnlineDeployment.schema.json"}, "online-deployment"),
        ({"$schema": "https://x/model.schema.json", "image": "a"}, "model"),
        ({"$schema": "https://x/azureOpenAIConnection.schema.json"}, "connection"),
        ({"name": "chat", "auth_mode": "key"}, "online-endpoint"),
        ({"name": "blue", "instance_type": "x"}, "online-deployment"),
        ({"name": "m", "path": "flow"}, "model"),
        ({"name": "m", "path": "flow", "type": "custom_model"}, "model"),
        ({"name": "e", "image": "a:1"}, "environment"),
        ({"name": "c", "type": "azure_open_ai"}, "connection"),
        ({"inputs": {}, "nodes": []}, "flow"),
        ({"entry": "a:b"}, "flow"),
        ({"hello": "world"}, None),
    ],
)
def test_kinds_of_documents(fields: dict[str, object], kind: str | None) -> None:
    assert kind_of(fields) == kind
