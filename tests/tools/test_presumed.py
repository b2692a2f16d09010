"""What a workspace made for the occasion must hold, and what nobody can make up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from specs.stack import Stack
from tests.specs.stack_folder import DEPLOYMENT, HEAD, ONE_SERVICE, a_project, the_stack, write
from tools.presumed import Presumed, presumed
from tools.unknowable import unknowable

SUBSCRIPTION = "/subscriptions/10ca1000-0000-4000-8000-000000000001"
PYTHON_FLOW = """\
inputs:
  question: {type: string}
outputs:
  answer: {type: string, reference: "${search.output}"}
nodes:
- name: search
  type: python
  source: {type: code, path: search.py}
  inputs: {question: "${inputs.question}", conn: their_search, deployment_name: gpt-4o-prod}
"""
SEARCH = """\
from promptflow.core import tool
from promptflow.connections import CustomConnection


@tool
def search(question: str, conn: CustomConnection, deployment_name: str) -> str:
    return conn.host + conn.secrets["api_key"] + conn.configs.get("x", "")
"""


def of(stack: Stack) -> dict[str, Presumed]:
    """What it presumes, by the end of its ARM id."""
    things = presumed(stack, account="local-openai", key="made-up")
    return {thing.arm_id.split("/providers/")[-1].split("/", 1)[-1]: thing for thing in things}


def properties(thing: Presumed) -> Mapping[str, object]:
    return cast("Mapping[str, object]", thing.body["properties"])


def test_a_connection_that_a_flow_uses_leads_to_the_world_s_own_account(tmp_path: Path) -> None:
    found = of(the_stack(a_project(tmp_path)))
    connection = found["workspaces/mlw-local/connections/open_ai_connection"]
    assert connection.called == "connection open_ai_connection"
    assert properties(connection)["target"] == "https://local-openai.openai.azure.com/"
    assert properties(connection)["credentials"] == {"key": "made-up"}
    # The account has the model that the flow asks for, under the name that it has in the cloud.
    assert "accounts/local-openai/deployments/gpt" in found


def test_what_the_stack_declares_itself_is_left_to_it(tmp_path: Path) -> None:
    head = HEAD + "  flow-endpoints:connections: [connection.yml]\n"
    project = a_project(tmp_path, head=head)
    theirs = "https://prod-openai.openai.azure.com/"
    document = f"name: open_ai_connection\ntype: azure_open_ai\nazure_endpoint: {theirs}\n"
    write(project, {"connection.yml": f"{document}api_key: ${{KEY}}\n"})
    found = of(the_stack(project))
    assert not any("/connections/" in each for each in found)
    assert found["accounts/prod-openai"].called == "Azure OpenAI account prod-openai"
    assert "accounts/prod-openai/deployments/gpt" in found


def test_a_connection_of_keys_has_those_that_the_flow_reads(tmp_path: Path) -> None:
    project = a_project(tmp_path, flow=PYTHON_FLOW)
    write(project, {"flow/search.py": SEARCH})
    found = of(the_stack(project))
    connection = found["workspaces/mlw-local/connections/their_search"]
    assert properties(connection)["category"] == "CustomKeys"
    keys = {"api_key": "rehearsal", "host": "rehearsal"}
    assert properties(connection)["credentials"] == {"keys": keys}
    assert "accounts/local-openai/deployments/gpt-4o-prod" in found


def test_a_connection_may_be_known_from_a_variable_alone(tmp_path: Path) -> None:
    token = "${{azureml://connections/their_tokens/credentials/token}}"
    blue = f"{DEPLOYMENT}environment_variables:\n  TOKEN: {token}\n"
    found = of(the_stack(a_project(tmp_path, blue=blue)))
    connection = found["workspaces/mlw-local/connections/their_tokens"]
    assert properties(connection)["credentials"] == {"keys": {"token": "rehearsal"}}


def test_an_identity_is_made_in_its_own_resource_group(tmp_path: Path) -> None:
    arm_id = (
        f"{SUBSCRIPTION}/resourceGroups/rg-ids/providers/"
        "Microsoft.ManagedIdentity/userAssignedIdentities/id-flows"
    )
    given = f"[{{resource_id: {arm_id}}}]"
    identity = f"identity:\n  type: user_assigned\n  user_assigned_identities: {given}\n"
    stack = the_stack(a_project(tmp_path, endpoint=f"name: basic-chat\n{identity}"))
    group, *things = presumed(stack, account="local-openai", key="made-up")
    assert group.arm_id == f"{SUBSCRIPTION}/resourcegroups/rg-ids"
    assert ("identity id-flows", arm_id) in {(each.called, each.arm_id) for each in things}


def test_a_kubernetes_compute_has_the_instance_types_that_are_named(tmp_path: Path) -> None:
    blue = DEPLOYMENT.replace("Standard_DS3_v2", "small") + "type: kubernetes\n"
    endpoint = "name: basic-chat\ncompute: azureml:their-cluster\n"
    found = of(the_stack(a_project(tmp_path, endpoint=endpoint, blue=blue)))
    compute = properties(found["workspaces/mlw-local/computes/their-cluster"])
    inner = cast("Mapping[str, Mapping[str, object]]", compute["properties"])
    assert set(inner["instanceTypes"]) == {"small"}


def test_a_registered_model_cannot_be_made_up(tmp_path: Path) -> None:
    blue = DEPLOYMENT.replace("model:\n  path: ../flow\n", "model: azureml:chat:7\n")
    (finding,) = unknowable(the_stack(a_project(tmp_path, blue=blue)))
    assert (finding.file, finding.line) == ("deploy/blue.yml", 3)
    assert "azureml:chat:7, which is registered in workspace mlw-local" in finding.message
    assert "model: {path: …}" in finding.fix
    assert "make preview STACK=dev" in finding.fix


def test_the_latest_of_what_the_stack_registers_is_known(tmp_path: Path) -> None:
    blue = DEPLOYMENT.replace("  path: ../flow", "  name: chat\n  path: ../flow")
    green = DEPLOYMENT.replace("name: blue", "name: green")
    green = green.replace("model:\n  path: ../flow\n", "model: azureml:chat@latest\n")
    services = ONE_SERVICE.replace("deploy/blue.yml", "deploy/blue.yml, deploy/green.yml")
    services += "      traffic: {blue: 100}\n"
    project = a_project(tmp_path, services=services, blue=blue, green=green)
    assert unknowable(the_stack(project)) == []


def test_another_subscription_is_none_that_a_rehearsal_plays(tmp_path: Path) -> None:
    arm_id = (
        "/subscriptions/99/resourceGroups/rg/providers/"
        "Microsoft.ManagedIdentity/userAssignedIdentities/id-flows"
    )
    given = f"[{{resource_id: {arm_id}}}]"
    identity = f"identity:\n  type: user_assigned\n  user_assigned_identities: {given}\n"
    stack = the_stack(a_project(tmp_path, endpoint=f"name: basic-chat\n{identity}"))
    (finding,) = unknowable(stack)
    assert "another subscription" in finding.message
    assert finding.line == 2
