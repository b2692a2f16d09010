"""Stacks: what is read, how documents relate, and that each mistake is one clear error."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest

from specs.environment import EnvironmentBuild, EnvironmentImage
from specs.model import ModelUpload
from specs.references import ModelReference
from specs.stack import load_stack
from specs.stack_config import json_schema
from specs.tree import plain, read_tree
from tests.specs.stack_folder import (
    DEPLOYMENT,
    ONE_SERVICE,
    a_project,
    brief,
    check,
    the_stack,
    write,
)

TWO_DEPLOYMENTS = """\
  flow-endpoints:endpoints:
    - endpoint: deploy/endpoint.yml
      deployments:
        - deploy/blue.yml
        - file: deploy/blue.yml
          set: {name: green, instance_count: 4, environment_variables: {A: "1"}}
      traffic: {blue: 90, green: 10}
"""


def test_a_service_is_read_whole(tmp_path: Path) -> None:
    stack = the_stack(a_project(tmp_path))
    (service,) = stack.services
    (blue,) = service.deployments
    assert stack.workspace.name == "mlw-local"
    assert stack.manage_roles
    assert service.endpoint.name == "basic-chat"
    assert service.traffic == {"blue": 100}
    assert blue.connections == ("open_ai_connection",)
    assert isinstance(blue.model, ModelUpload)
    assert [file.path for file in blue.model.files] == ["flow/chat.jinja2", "flow/flow.dag.yaml"]
    assert blue.model.properties["azureml.promptflow.chat_input"] == "question"
    assert isinstance(blue.environment, EnvironmentImage)


def test_set_is_merged_and_lines_stay(tmp_path: Path) -> None:
    stack = the_stack(a_project(tmp_path, services=TWO_DEPLOYMENTS))
    blue, green = stack.services[0].deployments
    assert (blue.name, green.name) == ("blue", "green")
    assert (blue.spec.instance_count, green.spec.instance_count) == (3, 4)
    assert green.spec.environment_variables == {"A": "1"}
    assert green.document.place("instance_count") == ("Pulumi.dev.yaml", 11)
    assert green.document.place("instance_type").file == "deploy/blue.yml"
    assert stack.services[0].traffic == {"blue": 90, "green": 10}


def test_a_wrong_value_in_set_is_found_in_the_stack_file(tmp_path: Path) -> None:
    services = TWO_DEPLOYMENTS.replace("instance_count: 4", "instance_count: four")
    assert brief(check(a_project(tmp_path, services=services))) == [
        ("wrong-type", "Pulumi.dev.yaml", 11)
    ]


def test_inline_documents_start_their_paths_at_the_stack_file(tmp_path: Path) -> None:
    services = """\
  flow-endpoints:endpoints:
    - endpoint: {name: inline, auth_mode: aml_token}
      deployments:
        - name: blue
          model: {path: flow}
          instance_type: Standard_DS3_v2
          instance_count: 3
"""
    stack = the_stack(a_project(tmp_path, services=services))
    (service,) = stack.services
    assert service.endpoint.auth_mode == "aml_token"
    assert service.deployments[0].endpoint_name == "inline"
    assert isinstance(service.deployments[0].environment, EnvironmentImage)


def test_values_come_from_pulumi_and_lines_from_the_file(tmp_path: Path) -> None:
    project = a_project(tmp_path)
    file = project / "Pulumi.dev.yaml"
    parsed = read_tree(file, "Pulumi.dev.yaml")
    assert parsed.root is not None
    config = cast("dict[str, Any]", plain(parsed.root["config"]))
    config["flow-endpoints:manageRoles"] = "false"
    config["flow-endpoints:endpoints"][0]["endpoint"] = "deploy/nowhere.yml"
    checked = load_stack("dev", config, directory=project, file=file)
    assert brief(checked) == [("file-missing", "Pulumi.dev.yaml", 7)]


def test_manage_roles_as_text(tmp_path: Path) -> None:
    services = ONE_SERVICE + '  flow-endpoints:manageRoles: "false"\n'
    assert not the_stack(a_project(tmp_path, services=services)).manage_roles


def test_a_model_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    blue = DEPLOYMENT.replace("model:\n  path: ../flow", "model: ../models/chat.yml")
    project = a_project(tmp_path, blue=blue)
    write(project, {"models/chat.yml": "name: chat\npath: ../flow\nversion: 3\n"})
    checked = check(project)
    assert checked.stack is not None
    model = checked.stack.services[0].deployments[0].model
    assert isinstance(model, ModelUpload)
    assert model.name == "chat"
    assert "version-by-content" in [finding.id for finding in checked.findings]


def test_a_registered_model(tmp_path: Path) -> None:
    blue = DEPLOYMENT.replace("model:\n  path: ../flow", "model: azureml:chat:7")
    stack = the_stack(a_project(tmp_path, blue=blue))
    model = stack.services[0].deployments[0].model
    assert isinstance(model, ModelReference)
    assert model.id(stack.workspace).endswith("/workspaces/mlw-local/models/chat/versions/7")


def test_a_flow_with_requirements_gets_an_environment(tmp_path: Path) -> None:
    blue = DEPLOYMENT[: DEPLOYMENT.index("environment:")] + "instance_type: Standard_DS3_v2\n"
    project = a_project(tmp_path, blue=blue)
    write(project, {"flow/requirements.txt": "numpy\n"})
    environment = the_stack(project).services[0].deployments[0].environment
    assert isinstance(environment, EnvironmentBuild)
    assert [file.path for file in environment.files] == ["requirements.txt"]
    assert "pip install -r requirements.txt" in environment.texts["Dockerfile"]
    assert environment.inference_config is not None


def test_the_same_content_is_the_same_version(tmp_path: Path) -> None:
    project = a_project(tmp_path)
    first = the_stack(project).services[0].deployments[0].model
    write(project, {"flow/chat.jinja2": "# user:\nChanged {{question}}\n"})
    second = the_stack(project).services[0].deployments[0].model
    write(project, {"flow/chat.jinja2": "# user:\n{{question}}\n"})
    third = the_stack(project).services[0].deployments[0].model
    assert isinstance(first, ModelUpload)
    assert isinstance(second, ModelUpload)
    assert isinstance(third, ModelUpload)
    assert first.version == third.version != second.version
    assert len(first.version) == 12


def test_fifty_endpoints_are_checked_in_about_a_second(tmp_path: Path) -> None:
    entries = "".join(
        f"    - endpoint: {{file: deploy/endpoint.yml, set: {{name: chat-{number}}}}}\n"
        f"      deployments: [{{file: deploy/blue.yml, set: {{endpoint_name: chat-{number}}}}}]\n"
        for number in range(50)
    )
    project = a_project(tmp_path, services="  flow-endpoints:endpoints:\n" + entries)
    started = time.perf_counter()
    stack = the_stack(project)
    assert len(stack.services) == 50
    assert time.perf_counter() - started < 3


def test_the_schema_for_editors_takes_a_stack_file(tmp_path: Path) -> None:
    schema = json.loads(json.dumps(json_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    parsed = read_tree(a_project(tmp_path) / "Pulumi.dev.yaml", "x")
    jsonschema.validate(plain(parsed.root), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"config": {"flow-endpoints:workspac": "x"}}, schema)
