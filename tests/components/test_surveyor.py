"""The survey: what is in Azure already, and what is said when it cannot be read."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from components.providers.arm import Arm, ArmError, Json
from components.survey import IdentityFacts, Survey
from components.surveyor import survey
from specs.model import ModelUpload
from specs.quota import Demand
from tests.components.projects import CONNECTION, Project
from tests.providers.fake_arm import FakeArm

GROUP = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-theirs/providers"
WORKSPACE = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/mlw-theirs"
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/chat"
ACCOUNT = f"{GROUP}/Microsoft.CognitiveServices/accounts/theirs"
IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/team"


def their_azure(**more: object) -> FakeArm:
    """A workspace with a connection that has a key; `more` by the last part of its id."""
    workspace: Json = {"properties": {"containerRegistry": "/cr", "storageAccount": "/st"}}
    keyed: Json = {"properties": {"authType": "ApiKey", "category": "AzureOpenAI"}}
    connection = f"{WORKSPACE}/connections/{CONNECTION}"
    return FakeArm({WORKSPACE: workspace, connection: keyed, **cast("dict[str, Json]", more)})


def surveyed(project: Project, arm: FakeArm) -> Survey:
    return survey(project.stack(), cast("Arm", arm))


def found(survey: Survey) -> list[tuple[str, str]]:
    return [(finding.id, finding.severity) for finding in survey.findings]


def test_registry_and_storage_are_the_workspaces(project: Project) -> None:
    survey = surveyed(project, their_azure())

    assert (survey.registry, survey.storage) == ("/cr", "/st")
    assert survey.app_insights_linked is False
    assert survey.findings == ()


def test_quota_and_what_runs_go_to_the_rule_book(project: Project) -> None:
    subscription = GROUP.partition("/resourceGroups")[0]
    usages = f"{subscription}/providers/Microsoft.MachineLearningServices/locations/westeurope"
    family = {"name": {"value": "standardDSv2Family"}, "currentValue": 8, "limit": 24}
    blue = {
        "name": "blue",
        "sku": {"capacity": 2},
        "properties": {"instanceType": "Standard_DS3_v2", "endpointComputeType": "Managed"},
    }
    live = {"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {}}
    more = {
        f"{usages}/usages/dsv2": family,
        ENDPOINT: live,
        f"{ENDPOINT}/deployments/blue": blue,
    }

    circumstances = surveyed(project, their_azure(**more)).circumstances

    assert circumstances.usage == {"standardDSv2Family": (8, 24)}
    (running,) = circumstances.running
    assert running == Demand(
        endpoint="chat", deployment="blue", instance_type="Standard_DS3_v2", instances=2
    )


@pytest.mark.parametrize("said", [True, False], ids=["said", "found by its address"])
def test_the_account_behind_a_connection_without_key(project: Project, said: bool) -> None:
    target = "https://theirs.openai.azure.com/"
    metadata = {"ResourceId": ACCOUNT} if said else {}
    properties = {"authType": "AAD", "category": "AzureOpenAI", "metadata": metadata}
    accounts = f"{GROUP.partition('/resourceGroups')[0]}/providers/Microsoft.CognitiveServices"
    arm = their_azure()
    arm.resources[f"{WORKSPACE}/connections/{CONNECTION}"] = {
        "properties": {**properties, "target": target}
    }
    arm.resources[f"{accounts}/accounts/theirs"] = {
        "id": ACCOUNT,
        "properties": {"endpoint": target},
    }

    assert surveyed(project, arm).accounts == {CONNECTION: ACCOUNT}


def test_a_connection_that_the_stack_declares_is_not_asked_for(project: Project) -> None:
    document = {
        "name": CONNECTION,
        "type": "azure_open_ai",
        "azure_endpoint": "https://theirs.openai.azure.com/",
        "open_ai_resource_id": ACCOUNT,
    }
    project.config["connections"] = [project.write("connection.yml", document)]
    arm = their_azure()
    del arm.resources[f"{WORKSPACE}/connections/{CONNECTION}"]

    survey = surveyed(project, arm)

    assert survey.accounts == {CONNECTION: ACCOUNT}
    assert survey.findings == ()


def test_a_label_stands_for_the_newest_version(project: Project) -> None:
    project.deployment(model="azureml:theirs@latest")
    newest = {f"{WORKSPACE}/models/theirs/versions/7": {"name": "7"}}

    assert surveyed(project, their_azure(**newest)).versions == {"azureml:theirs@latest": "7"}
    assert ("version-missing", "error") in found(surveyed(project, their_azure()))


def test_or_for_the_one_that_the_stack_registers_first(project: Project) -> None:
    project.deployment("green", model="azureml:chat-model@latest")
    deployments = ["blue.yml", "green.yml"]
    service = {"endpoint": "endpoint.yml", "deployments": deployments, "traffic": {"blue": 100}}
    project.config["endpoints"] = [service]

    survey = surveyed(project, their_azure())

    (blue, _) = project.service().deployments
    assert isinstance(blue.model, ModelUpload)
    assert survey.versions == {"azureml:chat-model@latest": blue.model.version}


def test_the_facts_of_an_existing_identity(project: Project) -> None:
    ids = [{"resource_id": IDENTITY}]
    project.endpoint(identity={"type": "user_assigned", "user_assigned_identities": ids})
    live: Json = {"properties": {"principalId": "p", "clientId": "c"}}

    survey = surveyed(project, their_azure(**{IDENTITY: live}))

    assert survey.identities == {IDENTITY: IdentityFacts(principal_id="p", client_id="c")}
    assert ("identity-unknown", "error") in found(surveyed(project, their_azure()))


def test_an_endpoint_that_must_be_made_anew_is_told_and_in_production_refused(
    project: Project,
) -> None:
    live = {"location": "northeurope", "identity": {"type": "SystemAssigned"}, "properties": {}}
    arm = their_azure(**{ENDPOINT: live})

    (finding,) = surveyed(project, arm).findings
    assert (finding.id, finding.severity) == ("endpoint-replaced", "warning")
    assert finding.file == "endpoint.yml"

    production = replace(project.stack(), production=True)
    (finding,) = survey(production, cast("Arm", arm)).findings
    assert finding.severity == "error"


def test_a_missing_workspace_and_a_missing_connection_are_errors(
    project: Project,
) -> None:
    assert found(surveyed(project, FakeArm())) == [
        ("connection-missing", "error"),
        ("workspace-missing", "error"),
    ]


def test_an_azure_that_cannot_be_read_costs_a_warning(project: Project) -> None:
    (finding,) = surveyed(project, Silent()).findings

    assert (finding.id, finding.severity) == ("azure-unread", "warning")
    assert "403" in finding.message


def test_but_an_identity_must_be_known(project: Project) -> None:
    ids = [{"resource_id": IDENTITY}]
    project.endpoint(identity={"type": "user_assigned", "user_assigned_identities": ids})

    ids_found = {finding.id: finding for finding in surveyed(project, Silent()).findings}

    assert ids_found["identity-unknown"].severity == "error"


class Silent(FakeArm):
    """An ARM that lets nobody read."""

    def get(self, arm_id: str, **_: str) -> Json | None:
        raise ArmError(status=403, code="AuthorizationFailed", message=f"{arm_id} is not yours")


def test_a_user_assigned_identity_has_no_registry_to_pull_from(project: Project) -> None:
    project.endpoint(identity={"type": "user_assigned"})
    arm = their_azure()
    del cast("Json", arm.resources[WORKSPACE]["properties"])["containerRegistry"]

    (finding,) = surveyed(project, arm).findings

    assert (finding.id, finding.severity) == ("registry-missing", "warning")
    assert "identity of chat gets no AcrPull" in finding.message


def test_warnings_of_the_survey_can_be_silenced(project: Project) -> None:
    project.endpoint(identity={"type": "user_assigned"})
    arm = their_azure()
    del cast("Json", arm.resources[WORKSPACE]["properties"])["containerRegistry"]
    seen = surveyed(project, arm).circumstances

    assert "registry-missing" in {finding.id for finding in project.checked(seen).findings}
    project.config["silence"] = {"registry-missing": "images come from elsewhere"}
    assert "registry-missing" not in {finding.id for finding in project.checked(seen).findings}
