"""Identities and their roles: what is made, before what, and what is left to others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from components.survey import IdentityFacts, Survey
from specs.roles import (
    ACR_PULL,
    BLOB_READER,
    METRICS_WRITER,
    OPENAI_CONTRIBUTOR,
    OPENAI_USER,
    SECRETS_READER,
)
from tests.components.declared import THEIR_CLIENT, THEIR_IDENTITY, Declared, Program
from tests.components.projects import CONNECTION, Project

Declare = Callable[[Project], Program]

GROUP = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-theirs/providers"
REGISTRY = f"{GROUP}/Microsoft.ContainerRegistry/registries/theirs"
STORAGE = f"{GROUP}/Microsoft.Storage/storageAccounts/theirs"
ACCOUNT = f"{GROUP}/Microsoft.CognitiveServices/accounts/theirs"
TEAM_IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/team"
TEAM_FACTS = IdentityFacts(principal_id="team-object-id", client_id="team-client-id")


def their_survey(**more: object) -> Survey:
    return Survey(registry=REGISTRY, storage=STORAGE, **more)  # type: ignore[arg-type]


def roles(program: Program) -> dict[str, str]:
    """Role definition -> scope, of all assignments."""
    made = [each for each in program.made() if each.type.endswith(":RoleAssignment")]
    return {definition(each): str(each.inputs["scope"]) for each in made}


def definition(role: Declared) -> str:
    return str(role.inputs["roleDefinitionId"]).rsplit("/", 1)[-1]


def variables(program: Program) -> Mapping[str, str]:
    properties = cast("Mapping[str, object]", program.one("OnlineDeployment").inputs["properties"])
    return cast("Mapping[str, str]", properties["environmentVariables"])


def test_an_identity_is_made_with_its_roles_before_the_endpoint(
    project: Project, declare: Declare
) -> None:
    project.endpoint(identity={"type": "user_assigned"})
    project.survey = their_survey()

    program = declare(project)

    assert program.one("UserAssignedIdentity").inputs["resourceName"] == "chat-identity"
    after = {noun.split()[0] for noun in program.one("OnlineEndpoint").after}
    assert after == {"UserAssignedIdentity", "RoleAssignment"}
    identity = cast("Mapping[str, object]", program.one("OnlineEndpoint").inputs["identity"])
    (id_,) = cast("list[str]", identity["userAssignedIdentities"])
    assert id_.endswith("/userAssignedIdentities/chat-identity")
    assert variables(program)["AZURE_CLIENT_ID"] == THEIR_CLIENT


def test_a_user_assigned_identity_gets_what_no_service_gives_it(
    project: Project, declare: Declare
) -> None:
    project.endpoint(identity={"type": "user_assigned"})
    project.survey = their_survey()

    given = roles(declare(project))

    assert given.pop(SECRETS_READER.definition).endswith("/workspaces/mlw-theirs")
    assert given == {ACR_PULL.definition: REGISTRY, BLOB_READER.definition: STORAGE}


def test_an_existing_identity_is_used_as_it_is(project: Project, declare: Declare) -> None:
    identity = {
        "type": "user_assigned",
        "user_assigned_identities": [{"resource_id": TEAM_IDENTITY}],
    }
    project.endpoint(identity=identity)
    project.survey = their_survey(identities={TEAM_IDENTITY: TEAM_FACTS})

    program = declare(project)

    assert program.nouns("UserAssignedIdentity") == []
    assert variables(program)["AZURE_CLIENT_ID"] == "team-client-id"
    made = [each for each in program.made() if each.type.endswith(":RoleAssignment")]
    assert {each.inputs["principalId"] for each in made} == {"team-object-id"}


def test_the_users_own_client_id_stays(project: Project, declare: Declare) -> None:
    project.endpoint(identity={"type": "user_assigned"})
    project.deployment(environment_variables={"AZURE_CLIENT_ID": "mine"})

    assert variables(declare(project))["AZURE_CLIENT_ID"] == "mine"


def test_a_registered_model_may_hold_a_flow_with_connections(
    project: Project, declare: Declare
) -> None:
    override = {"PRT_CONFIG_OVERRIDE": "deployment.workspace_name=<workspace_name>"}
    project.deployment(model="azureml:theirs:1", environment_variables=override)
    assert SECRETS_READER.definition in roles(declare(project))

    project.deployment(model="azureml:theirs:1")
    assert roles(declare(project)) == {}


def test_the_metrics_writer_is_a_choice(project: Project, declare: Declare) -> None:
    project.endpoint(identity={"type": "user_assigned"})
    project.config["roles"] = {"metricsWriter": True}

    assert roles(declare(project))[METRICS_WRITER.definition].endswith("/workspaces/mlw-theirs")


def test_a_custom_role_takes_the_place_of_the_secrets_reader(
    project: Project, declare: Declare
) -> None:
    custom = "5f9a1c3e-0000-4000-8000-0000000000dd"
    project.config["roles"] = {"secretsReader": custom}

    assert list(roles(declare(project))) == [custom]


def test_a_connection_without_key_asks_for_a_role_on_its_account(
    project: Project, declare: Declare
) -> None:
    project.survey = Survey(accounts={CONNECTION: ACCOUNT})

    assert roles(declare(project))[OPENAI_USER.definition] == ACCOUNT

    project.config["roles"] = {"openAi": "Contributor"}
    assert roles(declare(project))[OPENAI_CONTRIBUTOR.definition] == ACCOUNT


def test_every_role_of_a_user_assigned_identity_is_printed_where_none_may_be_made(
    project: Project, declare: Declare
) -> None:
    project.endpoint(identity={"type": "user_assigned"})
    project.survey = their_survey(accounts={CONNECTION: ACCOUNT})
    project.config["manageRoles"] = False

    program = declare(project)

    assert roles(program) == {}
    lines = cast("list[str]", program.exports["rolesToGrant"])
    assert len(lines) == 4
    assert all(THEIR_IDENTITY in line for line in lines)
    assert {line.rsplit(" ", 1)[-1] for line in lines} > {REGISTRY, STORAGE, ACCOUNT}


def test_an_endpoint_made_anew_takes_all_of_it_along(project: Project, declare: Declare) -> None:
    program = declare(project)

    endpoint = program.one("OnlineEndpoint")
    assert {"location", "identity.type", "properties.compute"} <= set(endpoint.replaced_on)
    for noun in ("RoleAssignment", "OnlineDeployment", "SmokeRequest", "Traffic"):
        assert program.one(noun).replaced_with == ("OnlineEndpoint chat",), noun
    for noun in ("OnlineDeployment", "SmokeRequest", "Traffic"):
        assert program.one(noun).deleted_with == "OnlineEndpoint chat", noun
    # The assignment is the workspace's: it would outlive the identity.
    assert program.one("RoleAssignment").deleted_with == ""
