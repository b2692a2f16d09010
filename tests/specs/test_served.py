"""What follows from a prompt flow, and gives way to what the user wrote."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from specs.documents import Document, Findings
from specs.environment import EnvironmentImage
from specs.served import Deployment, config_override, filled_in, init_connections, overridden
from specs.workspace import Workspace
from tests.specs.stack_folder import DEPLOYMENT, a_project, the_stack

WORKSPACE = Workspace("sub", "group", "ws", "westeurope")


def a_deployment(folder: Path, extra: str = "", *, blue: str = DEPLOYMENT) -> Deployment:
    return the_stack(a_project(folder, blue=blue + extra)).services[0].deployments[0]


def properties(deployment: Deployment, **ids: str) -> dict[str, object]:
    body = deployment.body(WORKSPACE, model_id="m", environment_id="e", **ids)
    return cast("dict[str, object]", body["properties"])


def test_the_variables_of_a_flow(tmp_path: Path) -> None:
    assert properties(a_deployment(tmp_path))["environmentVariables"] == {
        "PRT_CONFIG_OVERRIDE": "deployment.subscription_id=sub,deployment.resource_group=group,"
        "deployment.workspace_name=ws,deployment.endpoint_name=basic-chat,"
        "deployment.deployment_name=blue",
        "PROMPTFLOW_RUN_MODE": "serving",
        "PROMPTFLOW_WORKER_NUM": "4",
        "PROMPTFLOW_WORKER_THREADS": "1",
    }


def test_a_flex_flow_is_told_where_its_connections_are(tmp_path: Path) -> None:
    folder = a_project(tmp_path)
    flow = folder / "flow"
    for each in flow.iterdir():
        each.unlink()
    (flow / "flow.flex.yaml").write_text(
        "entry: chat:Chat\nsample: {init: {model_config: {connection: their_openai}}}\n"
    )
    (flow / "chat.py").write_text(
        "from promptflow.core import AzureOpenAIModelConfiguration\n\n\n"
        "class Chat:\n"
        "    def __init__(self, model_config: AzureOpenAIModelConfiguration) -> None: ...\n\n"
        "    def __call__(self, question: str) -> str: ...\n"
    )
    deployment = the_stack(folder).services[0].deployments[0]
    assert deployment.connections == ("their_openai",)
    assert deployment.variables(WORKSPACE)["PF_CONNECTION_PROVIDER"] == (f"azureml:/{WORKSPACE.id}")


def test_connections_given_to_a_flex_flow_by_its_deployment() -> None:
    config = '{"model_config": {"connection": "prod_openai", "azure_deployment": "gpt"}, "n": 1}'
    assert init_connections(config) == ("prod_openai",)
    assert init_connections("") == init_connections("[1]") == init_connections("{") == ()


def test_users_values_win(tmp_path: Path) -> None:
    deployment = a_deployment(
        tmp_path,
        "environment_variables: {PROMPTFLOW_WORKER_NUM: 2, PROMPTFLOW_RUN_MODE: other, A: b}\n"
        "request_settings: {max_concurrent_requests_per_instance: 20}\n",
    )
    sent = properties(deployment)
    variables = cast("dict[str, str]", sent["environmentVariables"])
    assert variables["PROMPTFLOW_WORKER_NUM"] == "2"
    assert variables["PROMPTFLOW_RUN_MODE"] == "other"
    assert variables["A"] == "b"
    assert sent["requestSettings"] == {"maxConcurrentRequestsPerInstance": 20}


def test_concurrency_is_always_sent_for_a_flow(tmp_path: Path) -> None:
    sent = properties(a_deployment(tmp_path))
    assert sent["requestSettings"] == {"maxConcurrentRequestsPerInstance": 4}


def test_nothing_is_added_to_what_is_no_flow(tmp_path: Path) -> None:
    blue = DEPLOYMENT.replace("model:\n  path: ../flow", "model: azureml:m:1")
    sent = properties(a_deployment(tmp_path, blue=blue))
    assert sent["environmentVariables"] == {}
    assert "requestSettings" not in sent


def test_the_identity_that_the_program_makes(tmp_path: Path) -> None:
    sent = properties(a_deployment(tmp_path), client_id="c-1")
    assert cast("dict[str, str]", sent["environmentVariables"])["AZURE_CLIENT_ID"] == "c-1"


def test_a_flow_without_environment_gets_the_image(tmp_path: Path) -> None:
    blue = DEPLOYMENT[: DEPLOYMENT.index("environment:")] + "instance_type: Standard_DS3_v2\n"
    environment = a_deployment(tmp_path, blue=blue).environment
    assert isinstance(environment, EnvironmentImage)
    assert environment.properties["inferenceConfig"]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("deployment.workspace_name=<workspace_name>", "deployment.workspace_name=ws"),
        ("workspace_name=<workspace_name>, a=b", "workspace_name=ws, a=b"),
        (
            "deployment.endpoint_name=mine,deployment.deployment_name=<deployment_name>",
            "deployment.endpoint_name=mine,deployment.deployment_name=blue",
        ),
        ("deployment.other=<other>", "deployment.other=<other>"),
        ("deployment.workspace_name=theirs", "deployment.workspace_name=theirs"),
        ("", ""),
    ],
)
def test_placeholders_are_filled_in_and_nothing_else(written: str, sent: str) -> None:
    assert filled_in(written, config_override(WORKSPACE, "chat", "blue")) == sent


def test_placeholders_are_filled_in_for_registered_models_too(tmp_path: Path) -> None:
    blue = DEPLOYMENT.replace("model:\n  path: ../flow", "model: azureml:m:1")
    variables = "environment_variables:\n  PRT_CONFIG_OVERRIDE: deployment.workspace_name=<ws>\n"
    sent = properties(a_deployment(tmp_path, variables, blue=blue))
    assert sent["environmentVariables"] == {"PRT_CONFIG_OVERRIDE": "deployment.workspace_name=ws"}


def test_the_client_id_of_the_article_gives_way(tmp_path: Path) -> None:
    variables = "environment_variables:\n  AZURE_CLIENT_ID: <client_id>\n"
    sent = properties(a_deployment(tmp_path, variables), client_id="c-1")
    assert cast("dict[str, str]", sent["environmentVariables"])["AZURE_CLIENT_ID"] == "c-1"
    sent = properties(
        a_deployment(tmp_path, variables.replace("<client_id>", "c-2")), client_id="x"
    )
    assert cast("dict[str, str]", sent["environmentVariables"])["AZURE_CLIENT_ID"] == "c-2"


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, "my conn"),
        ({"my_conn": "other"}, "other"),
        ({"my_conn": "${{azureml://connections/other}}"}, "other"),
        ({"my_conn": '{"type": "OpenAI"}'}, None),
        ({"my_conn": ""}, "my conn"),
        ({"MY_CONN": "other"}, "my conn"),
    ],
)
def test_overridden_connections(variables: dict[str, str], asked: str | None) -> None:
    assert overridden("my conn", variables) == asked


def test_config_override_names_the_real_deployment() -> None:
    text = config_override(WORKSPACE, "chat", "green")
    assert text.endswith("endpoint_name=chat,deployment.deployment_name=green")


def test_documents_find_their_files(tmp_path: Path) -> None:
    deployment = a_deployment(tmp_path)
    assert isinstance(deployment.document, Document)
    assert deployment.document.resolve("../flow") == tmp_path / "flow"
    assert Findings("x").has_error is False
