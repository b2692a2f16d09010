"""Roles: the article's table, and nothing that the service gives by itself."""

from __future__ import annotations

import shlex
import uuid

from specs import roles
from specs.roles import ACR_PULL, BLOB_READER, METRICS_WRITER, OPENAI_USER, SECRETS_READER

SCOPE = "/subscriptions/s/resourceGroups/rg flows/providers/Microsoft.X/workspaces/mlw"


def names_of(needs: tuple[roles.RoleNeed, ...]) -> list[str]:
    return [need.role.name for need in needs]


def test_system_assigned_needs_the_secrets_reader_before_the_deployment() -> None:
    (need,) = roles.roles_needed("SystemAssigned")
    assert (need.role, need.place, need.before) == (SECRETS_READER, "workspace", "deployment")


def test_the_secret_stores_flag_leaves_nothing_to_do() -> None:
    assert roles.roles_needed("SystemAssigned", secret_stores_enforced=True) == ()


def test_a_flow_without_connections_needs_no_secrets() -> None:
    assert roles.roles_needed("SystemAssigned", connections=False) == ()


def test_user_assigned_needs_the_articles_table_before_the_endpoint() -> None:
    needs = roles.roles_needed("UserAssigned", metrics=True)
    assert [need.role for need in needs] == [SECRETS_READER, ACR_PULL, BLOB_READER, METRICS_WRITER]
    assert {need.before for need in needs} == {"endpoint"}
    assert [need.place for need in needs] == ["workspace", "registry", "storage", "workspace"]


def test_the_metrics_writer_is_optional() -> None:
    assert METRICS_WRITER.name not in names_of(roles.roles_needed("UserAssigned"))


def test_a_connection_without_key_needs_its_account_whatever_the_identity() -> None:
    flagged = roles.roles_needed(
        "SystemAssigned", secret_stores_enforced=True, openai_accounts=["a", "b", "a"]
    )
    assert [(need.role, need.account) for need in flagged] == [
        (OPENAI_USER, "a"),
        (OPENAI_USER, "b"),
    ]
    own = roles.roles_needed(
        "UserAssigned", openai_accounts=["a"], openai_role=roles.OPENAI_CONTRIBUTOR
    )
    assert own[-1].role == roles.OPENAI_CONTRIBUTOR


def test_a_custom_role_takes_the_secrets_readers_place() -> None:
    custom = roles.Role(name="Reads connections", definition=str(uuid.uuid4()))
    assert roles.roles_needed("SystemAssigned", secrets_role=custom)[0].role == custom


def test_the_administrators_line_is_one_safe_shell_command() -> None:
    line = roles.grant_command(SECRETS_READER, principal_id="p-1", scope=SCOPE)
    assert shlex.split(line) == [
        *["az", "role", "assignment", "create", "--assignee-object-id", "p-1"],
        *["--assignee-principal-type", "ServicePrincipal"],
        *["--role", "ea01e6af-a1c1-4350-9563-ad00f8c72ec5", "--scope", SCOPE],
    ]


def test_the_assignments_name_depends_on_all_three_and_on_no_case() -> None:
    name = roles.assignment_name(ACR_PULL, principal_id="p-1", scope=SCOPE)
    assert name == roles.assignment_name(ACR_PULL, principal_id="P-1", scope=SCOPE.upper())
    assert name != roles.assignment_name(ACR_PULL, principal_id="p-2", scope=SCOPE)
    assert uuid.UUID(name).version == 5


def test_the_definitions_id_is_in_the_subscription() -> None:
    assert ACR_PULL.definition_id("s-1") == (
        "/subscriptions/s-1/providers/Microsoft.Authorization/roleDefinitions/"
        "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    )
