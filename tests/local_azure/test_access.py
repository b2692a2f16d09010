"""Who may do what: deployers, role assignments, and the identities of endpoints (section 4)."""

from __future__ import annotations

import uuid

import pytest

from local_azure.arm.shape import JsonObject, items, section, text
from tests.local_azure.world import Answer, LocalAzure, an_endpoint

pytestmark = pytest.mark.local
SECRETS_READER = "ea01e6af-a1c1-4350-9563-ad00f8c72ec5"
FLAG = "enforce_access_to_default_secret_stores"


def an_assignment(azure: LocalAzure, principal: str, role: str, **more: str) -> JsonObject:
    definition = f"{azure.world.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    return {
        "properties": {
            "roleDefinitionId": f"{definition}/{role}",
            "principalId": principal,
            "principalType": "ServicePrincipal",
            **more,
        }
    }


def assign(azure: LocalAzure, scope: str, body: JsonObject, *, name: str = "") -> Answer:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name or uuid.uuid4()}"
    return azure.arm("PUT", path, body, api_version="2022-04-01")


def roles_of(azure: LocalAzure, principal: str) -> set[str]:
    """Names of the roles of a principal, at any scope."""
    answer = azure.arm(
        "GET",
        f"{azure.world.subscription}/providers/Microsoft.Authorization/roleAssignments",
        api_version="2022-04-01",
        query={"$filter": f"principalId eq '{principal}'"},
    )
    names: set[str] = set()
    for one in items(answer.body, "value"):
        definition = azure.arm("GET", text(one, "properties", "roleDefinitionId"))
        names.add(text(definition.body, "properties", "roleName"))
    return names


def test_without_a_token_arm_says_where_to_get_one(azure: LocalAzure) -> None:
    answer = azure.client().get(
        "https://management.azure.com/subscriptions", params={"api-version": "2022-12-01"}
    )
    assert answer.status_code == 401
    assert "login.microsoftonline.com" in answer.headers["WWW-Authenticate"]


def test_a_token_for_something_else_is_not_for_arm(azure: LocalAzure) -> None:
    token = azure.token(scope="ml.azure.com")
    answer = azure.client().get(
        "https://management.azure.com/subscriptions",
        params={"api-version": "2022-12-01"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_a_stranger_may_not_even_look(azure: LocalAzure) -> None:
    stranger = azure.an_application()
    answer = azure.arm("GET", azure.workspace, who=stranger)
    assert (answer.status, answer.code) == (403, "AuthorizationFailed")
    assert stranger.object_id in answer.message
    assert "Microsoft.MachineLearningServices/workspaces/read" in answer.message


def test_a_contributor_makes_endpoints_but_no_role_assignments(azure: LocalAzure) -> None:
    contributor = azure.an_application()
    azure.grant(contributor.object_id, "Contributor", azure.world.group)
    endpoint = azure.endpoint_id("by-contributor")
    made = azure.arm("PUT", endpoint, an_endpoint(), who=contributor)
    assert azure.done(made, who=contributor).status == 200
    path = f"{azure.workspace}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    body = an_assignment(azure, contributor.object_id, SECRETS_READER)
    answer = azure.arm("PUT", path, body, who=contributor)
    assert answer.code == "AuthorizationFailed"
    assert "Microsoft.Authorization/roleAssignments/write" in answer.message
    azure.must("DELETE", endpoint)


def test_a_reader_may_not_see_secrets(azure: LocalAzure) -> None:
    """Rule connection-secrets."""
    reader = azure.an_application()
    azure.grant(reader.object_id, "Reader", azure.workspace)
    connection = f"{azure.workspace}/connections/open_ai_connection"
    shown = azure.arm("GET", connection, who=reader)
    assert shown.status == 200
    assert azure.world.openai_key not in str(shown.body)
    assert azure.arm("POST", f"{connection}/listsecrets", who=reader).status == 403
    azure.grant(reader.object_id, SECRETS_READER, azure.workspace)
    secret = azure.arm("POST", f"{connection}/listsecrets", who=reader)
    assert text(secret.body, "properties", "credentials", "key") == azure.world.openai_key
    assert azure.arm("GET", azure.world.group, who=reader).status == 403


def test_a_system_assigned_identity_has_its_roles_by_itself(azure: LocalAzure) -> None:
    """Rule automatic-roles, role-exists."""
    endpoint = azure.endpoint_id("with-roles")
    shown = azure.must("PUT", endpoint, an_endpoint())
    principal = text(shown, "identity", "principalId")
    assert roles_of(azure, principal) == {
        "AcrPull",
        "Storage Blob Data Reader",
        "AzureML Metrics Writer (preview)",
    }
    storage = text(azure.arm("GET", azure.workspace).body, "properties", "storageAccount")
    reader = an_assignment(azure, principal, "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1")
    again = assign(azure, storage, reader)
    assert (again.status, again.code) == (409, "RoleAssignmentExists")
    azure.must("DELETE", endpoint)
    assert roles_of(azure, principal) == set()


def test_the_flag_brings_the_secrets_reader(azure: LocalAzure) -> None:
    """Rule automatic-roles."""
    endpoint = azure.endpoint_id("with-flag")
    shown = azure.must("PUT", endpoint, an_endpoint(properties={FLAG: "enabled"}))
    given = roles_of(azure, text(shown, "identity", "principalId"))
    assert "Azure Machine Learning Workspace Connection Secrets Reader" in given
    azure.must("DELETE", endpoint)


def test_the_flag_is_void_when_its_user_cannot_list_secrets(azure: LocalAzure) -> None:
    """Rule automatic-roles, roles."""
    limited = azure.an_application()
    role = f"{azure.world.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    custom = str(uuid.uuid4())
    permission: JsonObject = {
        "actions": ["Microsoft.MachineLearningServices/*"],
        "notActions": ["Microsoft.MachineLearningServices/workspaces/connections/listsecrets/*"],
    }
    body: JsonObject = {"roleName": "endpoints only", "permissions": [permission]}
    azure.must("PUT", f"{role}/{custom}", {"properties": body})
    azure.grant(limited.object_id, "endpoints only", azure.workspace)
    endpoint = azure.endpoint_id("void-flag")
    made = azure.arm("PUT", endpoint, an_endpoint(properties={FLAG: "enabled"}), who=limited)
    azure.done(made, who=limited)
    shown = azure.arm("GET", endpoint).body
    given = roles_of(azure, text(shown, "identity", "principalId"))
    assert not any("Secrets" in name for name in given)
    azure.must("DELETE", endpoint)


def test_a_role_takes_effect_after_a_while(azure: LocalAzure) -> None:
    """Rule role-delay."""
    late = azure.an_application()
    azure.set(role_propagation_seconds=600)
    azure.grant(late.object_id, "Reader", azure.workspace)
    azure.set(role_propagation_seconds=0)
    assert azure.arm("GET", azure.workspace, who=late).status == 403


def test_a_fresh_principal_needs_its_type_stated(azure: LocalAzure) -> None:
    """Rule principal-type."""
    fresh = azure.an_application()
    azure.set(principal_replication_seconds=600)
    untyped = an_assignment(azure, fresh.object_id, SECRETS_READER)
    section(untyped, "properties").pop("principalType")
    assert assign(azure, azure.workspace, untyped).code == "PrincipalNotFound"
    typed = an_assignment(azure, fresh.object_id, SECRETS_READER)
    assert assign(azure, azure.workspace, typed).status == 201
    azure.set(principal_replication_seconds=0)


def test_an_assignment_cannot_be_given_to_somebody_else(azure: LocalAzure) -> None:
    """Rule role-fixed."""
    one, other, name = azure.an_application(), azure.an_application(), str(uuid.uuid4())
    body = an_assignment(azure, one.object_id, SECRETS_READER)
    assert assign(azure, azure.workspace, body, name=name).status == 201
    body = an_assignment(azure, other.object_id, SECRETS_READER)
    answer = assign(azure, azure.workspace, body, name=name)
    assert answer.code == "RoleAssignmentUpdateNotPermitted"


def test_a_role_is_found_by_its_name(azure: LocalAzure) -> None:
    answer = azure.arm(
        "GET",
        f"{azure.workspace}/providers/Microsoft.Authorization/roleDefinitions",
        query={"$filter": "roleName eq 'AcrPull'"},
    )
    assert [text(one, "properties", "roleName") for one in items(answer.body, "value")] == [
        "AcrPull"
    ]


def test_a_data_scientist_reads_the_workspace_and_neither_changes_nor_deletes_it(
    azure: LocalAzure,
) -> None:
    """Rule roles: what a built-in role takes back, its wildcard gave."""
    scientist = azure.an_application()
    azure.grant(scientist.object_id, "AzureML Data Scientist", azure.workspace)

    assert azure.arm("GET", azure.workspace, who=scientist).status == 200
    assert azure.arm("GET", f"{azure.workspace}/onlineEndpoints", who=scientist).status == 200
    assert azure.arm("DELETE", azure.workspace, who=scientist).status == 403
    assert azure.arm("PATCH", azure.workspace, {"tags": {"a": "b"}}, who=scientist).status == 403
