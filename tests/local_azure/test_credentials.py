"""Keys and tokens, as callers of endpoints and of Azure OpenAI present them (section 4).

An endpoint without deployments answers 404 to whoever may score and 401 to everybody else, so
nothing has to run here.
"""

from __future__ import annotations

import time
import uuid

import httpx
import pytest

from local_azure.arm.shape import JsonObject, items, number, text
from tests.local_azure.world import LocalAzure, an_endpoint

pytestmark = pytest.mark.local
ALLOWED, DENIED = 404, 401
SCORE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"


def score(azure: LocalAzure, endpoint: str, credential: str) -> int:
    """The status of a scoring request."""
    url = f"{azure.url}/{endpoint.rsplit('/', 1)[-1]}/score"
    header = {"Authorization": f"Bearer {credential}"}
    return httpx.post(url, headers=header, json={}, trust_env=False).status_code


def test_both_keys_open_an_endpoint_until_they_are_regenerated(azure: LocalAzure) -> None:
    endpoint = azure.endpoint_id("with-keys")
    azure.must("PUT", endpoint, an_endpoint())
    keys = azure.arm("POST", f"{endpoint}/listKeys").body
    primary, secondary = text(keys, "primaryKey"), text(keys, "secondaryKey")
    assert [score(azure, endpoint, key) for key in (primary, secondary)] == [ALLOWED, ALLOWED]
    assert score(azure, endpoint, "guessed") == DENIED
    azure.arm(
        "POST", f"{endpoint}/regenerateKeys", {"keyType": "Secondary", "keyValue": "mine-now"}
    )
    assert [score(azure, endpoint, key) for key in (secondary, "mine-now")] == [DENIED, ALLOWED]
    assert azure.arm("POST", f"{endpoint}/regenerateKeys", {"keyType": "Third"}).status == 400
    assert azure.arm("POST", f"{endpoint}/token").status == 400
    azure.must("DELETE", endpoint)


def test_an_aml_token_opens_its_own_endpoint_until_it_expires(azure: LocalAzure) -> None:
    mine, other = azure.endpoint_id("aml-mine"), azure.endpoint_id("aml-other")
    for endpoint in (mine, other):
        azure.must("PUT", endpoint, an_endpoint(authMode="AMLToken"))
    given = azure.arm("POST", f"{mine}/token").body
    token = text(given, "accessToken")
    assert number(given, "expiryTimeUtc") > number(given, "refreshAfterTimeUtc") > time.time()
    assert (score(azure, mine, token), score(azure, other, token)) == (ALLOWED, DENIED)
    assert azure.arm("POST", f"{mine}/listKeys").status == 400
    assert score(azure, mine, azure.token()) == DENIED
    azure.set(token_seconds=1)
    short = text(azure.arm("POST", f"{mine}/token").body, "accessToken")
    azure.set(token_seconds=3600)
    deadline = time.monotonic() + 5
    while score(azure, mine, short) == ALLOWED and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (score(azure, mine, short), score(azure, mine, token)) == (DENIED, ALLOWED)
    for endpoint in (mine, other):
        azure.must("DELETE", endpoint)


def test_an_aad_token_needs_the_score_action(azure: LocalAzure) -> None:
    endpoint = azure.endpoint_id("aad")
    azure.must("PUT", endpoint, an_endpoint(authMode="AADToken"))
    caller = azure.an_application()
    token = azure.token(caller, scope="ml.azure.com")
    assert score(azure, endpoint, token) == DENIED
    azure.grant(caller.object_id, "Reader", azure.workspace)
    assert score(azure, endpoint, token) == DENIED
    role = f"{azure.world.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    permission: JsonObject = {"actions": [SCORE]}
    body: JsonObject = {"roleName": "only score", "permissions": [permission]}
    azure.must("PUT", f"{role}/{uuid.uuid4()}", {"properties": body})
    azure.grant(caller.object_id, "only score", endpoint)
    assert score(azure, endpoint, token) == ALLOWED
    assert score(azure, endpoint, azure.token(caller)) == DENIED  # for ARM, not for scoring
    azure.must("DELETE", endpoint)


def test_keys_are_for_those_who_may_list_them(azure: LocalAzure) -> None:
    endpoint = azure.endpoint_id("guarded")
    azure.must("PUT", endpoint, an_endpoint())
    reader = azure.an_application()
    azure.grant(reader.object_id, "Reader", azure.world.group)
    assert azure.arm("GET", endpoint, who=reader).status == 200
    for action in ("listKeys", "regenerateKeys"):
        answer = azure.arm("POST", f"{endpoint}/{action}", {"keyType": "Primary"}, who=reader)
        assert answer.code == "AuthorizationFailed"
        assert f"onlineEndpoints/{action}/action" in answer.message
    for method in ("PUT", "DELETE"):
        assert azure.arm(method, endpoint, an_endpoint(), who=reader).status == 403
    azure.must("DELETE", endpoint)


def test_azure_openai_takes_its_key_or_a_token_with_the_role(azure: LocalAzure) -> None:
    """What a connection without a key rests on: the role on the account, nothing else."""
    account = (
        f"{azure.world.group}/providers/Microsoft.CognitiveServices/accounts/"
        f"{azure.world.openai_account}"
    )

    def ask(**headers: str) -> httpx.Response:
        return azure.client().post(
            "https://local-openai.openai.azure.com/openai/deployments/gpt-4o/chat/completions",
            params={"api-version": "2024-02-01"},
            headers=headers,
            json={"messages": [{"role": "user", "content": "hi"}]},
        )

    caller = azure.an_application()
    bearer = f"Bearer {azure.token(caller, scope='cognitiveservices.azure.com')}"
    assert ask(**{"api-key": azure.world.openai_key}).status_code == 200
    assert ask(**{"api-key": "guessed"}).status_code == 401
    refused = ask(Authorization=bearer)
    assert refused.json()["error"]["code"] == "PermissionDenied"
    azure.grant(caller.object_id, "Cognitive Services OpenAI User", account)
    assert ask(Authorization=bearer).status_code == 200
    assert ask(Authorization=f"Bearer {azure.token(caller)}").status_code == 401


def test_a_keyless_connection_has_no_credentials_to_list(azure: LocalAzure) -> None:
    connection = f"{azure.workspace}/connections/keyless"
    properties: JsonObject = {
        "authType": "AAD",
        "category": "AzureOpenAI",
        "target": "https://local-openai.openai.azure.com/",
        "metadata": {"ApiType": "azure", "ApiVersion": "2024-02-01"},
    }
    azure.must("PUT", connection, {"properties": properties})
    listed = azure.arm("POST", f"{connection}/listsecrets")
    assert text(listed.body, "properties", "authType") == "AAD"
    assert not text(listed.body, "properties", "credentials", "key")
    azure.must("DELETE", connection)


def test_a_user_assigned_identity_gets_no_role_and_must_be_assignable(azure: LocalAzure) -> None:
    """Rule identity-exists: also that the caller may assign it."""
    provider = "Microsoft.ManagedIdentity/userAssignedIdentities"
    identity = f"{azure.world.group}/providers/{provider}/id-credentials"
    shown = azure.must("PUT", identity, {"location": "westeurope"})
    body: JsonObject = {
        **an_endpoint(),
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
    }
    scientist = azure.an_application()
    azure.grant(scientist.object_id, "AzureML Data Scientist", azure.workspace)
    endpoint = azure.endpoint_id("user-assigned")
    refused = azure.arm("PUT", endpoint, body, who=scientist)
    assert (refused.status, refused.code) == (403, "LinkedAuthorizationFailed")
    made = azure.must("PUT", endpoint, body)
    principal = text(shown, "properties", "principalId")
    assert principal in str(made["identity"])
    roles = azure.arm(
        "GET",
        f"{azure.world.subscription}/providers/Microsoft.Authorization/roleAssignments",
        query={"$filter": f"principalId eq '{principal}'"},
    )
    assert items(roles.body, "value") == []
    azure.must("DELETE", endpoint)
