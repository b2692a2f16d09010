"""A flow service: what is made, in which order, and what is never made."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import cast

from components.survey import Survey
from specs.model import ModelUpload
from specs.roles import SECRETS_READER
from tests.components.declared import THEIR_IDENTITY, Program
from tests.components.projects import CONNECTION, Project

Declare = Callable[[Project], Program]


def test_traffic_comes_last_after_a_smoke_request_to_the_deployment(
    project: Project, declare: Declare
) -> None:
    program = declare(project)

    traffic = program.one("Traffic")
    assert "SmokeRequest chat-blue" in traffic.after
    assert "OnlineDeployment chat-blue" in program.one("SmokeRequest").after
    assert traffic.inputs["traffic"] == {"blue": 100}


def test_a_deployment_waits_for_role_model_and_environment(
    project: Project, declare: Declare
) -> None:
    after = declare(project).one("OnlineDeployment").after

    kinds = {noun.split()[0] for noun in after}
    assert kinds == {"OnlineEndpoint", "RoleAssignment", "ModelVersion", "EnvironmentVersion"}


def test_the_endpoint_keeps_its_live_traffic(project: Project, declare: Declare) -> None:
    endpoint = declare(project).one("OnlineEndpoint")

    assert endpoint.ignored == ("properties.traffic", "properties.mirrorTraffic")


def test_the_identity_gets_the_secrets_reader_and_nothing_else(
    project: Project, declare: Declare
) -> None:
    role = declare(project).one("RoleAssignment")

    assert SECRETS_READER.definition in str(role.inputs["roleDefinitionId"])
    assert role.inputs["principalId"] == THEIR_IDENTITY
    assert role.inputs["principalType"] == "ServicePrincipal"
    assert str(role.inputs["scope"]).endswith("/workspaces/mlw-theirs")
    assert role.replaced_with == ("OnlineEndpoint chat",)


def test_no_role_where_the_service_gives_it(project: Project, declare: Declare) -> None:
    project.endpoint(properties={"enforce_access_to_default_secret_stores": "enabled"})

    assert declare(project).nouns("RoleAssignment") == []


def test_no_role_for_a_flow_without_connections(project: Project, declare: Declare) -> None:
    project.flow(connection=None)

    assert declare(project).nouns("RoleAssignment") == []


def test_without_manage_roles_the_command_is_printed_instead(
    project: Project, declare: Declare
) -> None:
    project.config["manageRoles"] = False

    program = declare(project)

    assert program.nouns("RoleAssignment") == []
    (line,) = cast("list[str]", program.exports["rolesToGrant"])
    assert line.startswith("az role assignment create --assignee-object-id " + THEIR_IDENTITY)
    assert any(line in said for said in program.said)


def test_two_deployments_are_made_one_after_the_other(project: Project, declare: Declare) -> None:
    project.deployment("green")
    project.config["endpoints"] = [
        {
            "endpoint": "endpoint.yml",
            "deployments": ["blue.yml", "green.yml"],
            "traffic": {"blue": 90, "green": 10},
        }
    ]

    program = declare(project)

    assert "OnlineDeployment chat-blue" in program.one("OnlineDeployment chat-green").after
    smokes = {"SmokeRequest chat-blue", "SmokeRequest chat-green"}
    assert smokes <= set(program.one("Traffic").after)


def test_deployments_of_one_flow_share_its_model(project: Project, declare: Declare) -> None:
    project.deployment("green")
    project.config["endpoints"] = [
        {
            "endpoint": "endpoint.yml",
            "deployments": ["blue.yml", "green.yml"],
            "traffic": {"blue": 100},
        }
    ]

    program = declare(project)

    assert program.nouns("ModelVersion") == ["ModelVersion chat-model"]
    assert program.one("ModelVersion").parent == "FlowModel chat-model"


def test_a_reference_waits_for_the_version_that_the_stack_registers(
    project: Project, declare: Declare
) -> None:
    blue = project.service().deployments[0].model
    assert isinstance(blue, ModelUpload)
    project.deployment("green", model="azureml:chat-model@latest")
    project.survey = Survey(versions={"azureml:chat-model@latest": blue.version})
    deployments = ["blue.yml", "green.yml"]
    service = {"endpoint": "endpoint.yml", "deployments": deployments, "traffic": {"blue": 100}}
    project.config["endpoints"] = [service]

    green = declare(project).one("OnlineDeployment chat-green")

    assert "ModelVersion chat-model" in green.after
    properties = cast("Mapping[str, str]", green.inputs["properties"])
    assert properties["model"].endswith(f"/models/chat-model/versions/{blue.version}")


def test_the_plan_shows_full_ids_before_anything_exists(project: Project, declare: Declare) -> None:
    program = declare(project)

    properties = cast("Mapping[str, str]", program.one("OnlineDeployment").inputs["properties"])
    version = program.one("ModelVersion").inputs["version"]
    assert properties["model"].endswith(f"/models/chat-model/versions/{version}")
    assert "/environments/" in properties["environmentId"]


def test_the_smoke_request_knows_the_connections_and_follows_the_content(
    project: Project, declare: Declare
) -> None:
    before = declare(project).one("SmokeRequest").inputs
    project.write("flow/chat.jinja2", "user:\nAnswer in verse: {{question}}\n")
    after = declare(project).one("SmokeRequest").inputs

    assert before["connections"] == [CONNECTION]
    assert before["request"] == {"question": "What's Azure ML?"}
    assert before["deployed"] != after["deployed"]


def test_a_failing_deployment_brings_its_logs(project: Project, declare: Declare) -> None:
    assert declare(project).one("OnlineDeployment").error_hooks == ("chat-blue-logs",)


def test_requirements_of_the_flow_make_an_environment_that_is_built(
    project: Project, declare: Declare
) -> None:
    project.write("flow/requirements.txt", "snowballstemmer==3.0.1\n")
    project.write(
        "blue.yml",
        {
            "name": "blue",
            "model": {"name": "chat-model", "path": "flow"},
            "instance_type": "Standard_DS3_v2",
            "instance_count": 1,
        },
    )

    built = declare(project).one("EnvironmentVersion")

    assert built.type.startswith("pulumi-python:dynamic")
    assert "Dockerfile" in cast("Mapping[str, str]", built.inputs["texts"])


def test_the_curl_line_asks_the_flow_and_holds_no_key(project: Project, declare: Declare) -> None:
    facts = cast("Mapping[str, Mapping[str, str]]", declare(project).exports["endpoints"])["chat"]

    words = shlex.split(facts["curl"])
    assert facts["scoringUri"] in words
    assert "Authorization: Bearer $(make -s key STACK=local ENDPOINT=chat)" in words
    assert json.loads(words[-1]) == {"question": "What's Azure ML?"}
    assert facts["deployments"] == ["blue"]
    assert facts["traffic"] == {"blue": 100}


def test_providers_hold_no_state_and_no_secret(project: Project, declare: Declare) -> None:
    """Pickled by reference they are the same 50-odd bytes on every machine."""
    program = declare(project)

    dynamic = [each for each in program.resources if "__provider" in each.inputs]
    assert len(dynamic) == 4
    assert all(len(str(each.inputs["__provider"])) < 200 for each in dynamic)
