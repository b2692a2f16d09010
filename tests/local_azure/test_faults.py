"""Faults on demand, as clients meet them; and the recording that shows what clients did."""
# pyright: reportUnknownMemberType=false
# (azure-ai-ml annotates its keyword arguments so)

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator

import httpx
import pytest
from azure.identity import EnvironmentCredential

from local_azure import control
from local_azure.arm.shape import JsonObject, items, number, text
from local_azure.faults import Faults, fault_of
from tests.local_azure.world import LocalAzure, an_endpoint

with warnings.catch_warnings():  # marshmallow's, at import
    warnings.simplefilter("ignore")
    from azure.ai.ml import MLClient

pytestmark = pytest.mark.local
POLLS = "*/mfeOperationsStatus/*"


@pytest.fixture(autouse=True)
def no_faults_afterwards(azure: LocalAzure) -> Iterator[None]:
    yield
    control.ask(azure.home, "DELETE", "/_local/faults")


def fault(azure: LocalAzure, kind: str, **more: object) -> str:
    """Add a fault; its id."""
    body = {"kind": kind, **{name: str(value) for name, value in more.items()}}
    return text(control.ask(azure.home, "POST", "/_local/faults", body=body), "id")


def hits(azure: LocalAzure, identifier: str) -> int:
    listed = items(control.ask(azure.home, "GET", "/_local/faults"), "faults")
    return next(int(number(one, "hits")) for one in listed if text(one, "id") == identifier)


def recorded(azure: LocalAzure, path: str) -> list[JsonObject]:
    seen = items(control.ask(azure.home, "GET", "/_local/requests"), "requests")
    return [one for one in seen if isinstance(one, dict) and text(one, "path").endswith(path)]


def test_too_many_requests_says_when_to_come_back(azure: LocalAzure) -> None:
    fault(azure, "status", status=429, retry_after=7, path="*/workspaces/mlw-local")
    answer = azure.arm("GET", azure.workspace)
    assert (answer.status, answer.code) == (429, "TooManyRequests")
    assert answer.headers["Retry-After"] == "7"
    assert azure.arm("GET", azure.workspace).status == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_have_arms_shape(azure: LocalAzure, status: int) -> None:
    fault(azure, "status", status=status, message="a bad day", method="GET", path="*/mlw-local")
    answer = azure.arm("GET", azure.workspace)
    assert (answer.status, answer.message) == (status, "a bad day")


def test_the_unmodified_client_retries_what_can_be_retried(azure: LocalAzure) -> None:
    """Two refusals and a dropped connection are over before its user hears of them."""
    path = "*/workspaces/mlw-local/connections/open_ai_connection"
    busy = fault(azure, "status", status=429, retry_after=0.05, times=2, path=path)
    gone = fault(azure, "drop", path=path)
    with azure.entered():
        ml = MLClient(
            EnvironmentCredential(),
            azure.world.subscription_id,
            azure.world.resource_group,
            azure.world.workspace,
        )
        assert ml.connections.get("open_ai_connection").name == "open_ai_connection"
    assert (hits(azure, busy), hits(azure, gone)) == (2, 1)


def test_a_dropped_connection_has_no_answer_and_no_effect(azure: LocalAzure) -> None:
    path = f"{azure.workspace}/environments/dropped/versions/1"
    fault(azure, "drop", method="PUT", path=path)
    with pytest.raises(httpx.TransportError):
        azure.arm("PUT", path, {"properties": {"image": "x"}})
    assert azure.arm("GET", path).status == 404
    assert [int(number(one, "status")) for one in recorded(azure, "/dropped/versions/1")] == [
        0,
        404,
    ]


def test_half_an_answer_comes_after_the_whole_effect(azure: LocalAzure) -> None:
    path = f"{azure.workspace}/environments/half/versions/1"
    fault(azure, "half", method="PUT", path=path)
    with pytest.raises(httpx.RemoteProtocolError):
        azure.arm("PUT", path, {"properties": {"image": "x"}})
    assert azure.arm("GET", path).status == 200


def test_a_slow_answer_is_a_whole_one(azure: LocalAzure) -> None:
    fault(azure, "slow", seconds=0.3, path="*/mlw-local")
    assert azure.arm("GET", azure.workspace).status == 200
    assert number(recorded(azure, "/workspaces/mlw-local")[-1], "seconds") >= 0.3


def test_scoring_and_openai_fail_in_their_own_words(azure: LocalAzure) -> None:
    fault(azure, "status", status=503, host="127.0.0.1", path="/any/score", message="later")
    scored = httpx.post(f"{azure.url}/any/score", trust_env=False)
    assert (scored.status_code, scored.text) == (503, "later")
    fault(azure, "status", status=429, retry_after=0.5, host="*.openai.azure.com")
    url = "https://local-openai.openai.azure.com/openai/deployments/gpt-4o/chat/completions"
    question: JsonObject = {"messages": [{"role": "user", "content": "hi"}]}
    key = {"api-key": azure.world.openai_key}
    version = {"api-version": "2024-02-01"}
    answer = azure.client().post(url, params=version, headers=key, json=question)
    assert (answer.status_code, answer.headers["retry-after-ms"]) == (429, "500")
    fault(azure, "half", host="*.openai.azure.com")
    with pytest.raises(httpx.RemoteProtocolError):
        azure.client().post(url, params=version, headers=key, json={**question, "stream": True})
    fault(azure, "status", status=503, host="login.microsoftonline.com")
    refused = azure.client().post(f"https://login.microsoftonline.com/{azure.world.tenant_id}/x")
    assert refused.json()["error"] == "temporarily_unavailable"


def test_blob_storage_can_be_cut_off(azure: LocalAzure) -> None:
    fault(azure, "drop", method="CONNECT", host="*.blob.core.windows.net")
    url = f"https://{azure.world.storage_account}.blob.core.windows.net/"
    with azure.new_client() as client:
        with pytest.raises(httpx.TransportError):
            client.get(url)
        assert client.get(url).status_code in (400, 403)


def test_an_operation_that_fails_leaves_its_words_and_a_failed_resource(azure: LocalAzure) -> None:
    endpoint = azure.endpoint_id("fails")
    fault(azure, "fail", method="PUT", path=endpoint, code="NoCapacity", message="come back")
    end = azure.done(azure.arm("PUT", endpoint, an_endpoint()))
    assert text(end.body, "status") == "Failed"
    assert text(end.body, "error", "code") == "NoCapacity"
    assert text(azure.arm("GET", endpoint).body, "properties", "provisioningState") == "Failed"
    fault(azure, "fail", method="DELETE", path=endpoint)
    assert text(azure.done(azure.arm("DELETE", endpoint)).body, "status") == "Failed"
    azure.must("DELETE", endpoint)


def test_an_operation_that_hangs_can_be_canceled(azure: LocalAzure) -> None:
    endpoint = azure.endpoint_id("hangs")
    fault(azure, "hang", method="PUT", path="re:/onlineEndpoints/hangs$")
    accepted = azure.arm("PUT", endpoint, an_endpoint())
    url = accepted.headers["Azure-AsyncOperation"]
    assert text(azure.arm("GET", url).body, "status") == "InProgress"
    assert azure.arm("PUT", endpoint, an_endpoint()).code == "Conflict"
    assert "Canceled" in azure.command("cancel", endpoint)
    assert text(azure.arm("GET", url).body, "status") == "Canceled"
    assert text(azure.arm("GET", endpoint).body, "properties", "provisioningState") == "Canceled"
    azure.must("DELETE", endpoint)


def test_a_hanging_operation_goes_on_when_its_fault_is_cleared(azure: LocalAzure) -> None:
    endpoint = azure.endpoint_id("waits")
    identifier = fault(azure, "hang", method="PUT", path=endpoint)
    accepted = azure.arm("PUT", endpoint, an_endpoint())
    control.ask(azure.home, "DELETE", "/_local/faults", query={"id": identifier})
    assert text(azure.done(accepted).body, "status") == "Succeeded"
    fault(azure, "cancel", method="DELETE", path=endpoint)
    assert text(azure.done(azure.arm("DELETE", endpoint)).body, "status") == "Canceled"
    azure.must("DELETE", endpoint)


def test_the_command_line_adds_lists_and_clears(azure: LocalAzure) -> None:
    said = azure.command("fault", "add", "slow", "--path", POLLS, "--times", "0")
    identifier = said.split()[-1]
    assert f"{identifier}  slow  * * {POLLS}  0 of all" in azure.command("fault", "list")
    assert azure.command("fault", "clear", identifier).strip() == "cleared 1 faults"
    assert "unknown" in azure.command("fault", "add", "earthquake", fails=True)
    assert "not a number" in azure.command("fault", "add", "slow", "--times", "x", fails=True)
    assert "no operation" in azure.command("cancel", "/subscriptions/x", fails=True)


def test_the_recording_tells_who_sent_what_but_no_secret(azure: LocalAzure) -> None:
    path = f"{azure.workspace}/connections/recorded"
    properties: JsonObject = {
        "authType": "CustomKeys",
        "category": "CustomKeys",
        "target": "_",
        "credentials": {"keys": {"password": "a-planted-secret"}},
        "metadata": {"flavour": "plain", "api_key": "another-planted-secret"},
    }
    azure.must("PUT", path, {"properties": properties})
    azure.must("DELETE", path)
    put = next(one for one in recorded(azure, "/recorded") if text(one, "method") == "PUT")
    assert text(put, "principal") == azure.deployer.object_id
    assert (text(put, "host"), number(put, "status")) == ("management.azure.com", 200)
    sent = json.loads(text(put, "body"))["properties"]
    assert sent["metadata"] == {"flavour": "plain", "api_key": "***"}
    everything = json.dumps(control.ask(azure.home, "GET", "/_local/requests"))
    assert "planted" not in everything
    assert azure.deployer.secret not in everything


def test_patterns_and_counts_without_a_server() -> None:
    faults = Faults()
    late = fault_of({"kind": "drop", "method": "put, delete", "path": "/A/*", "after": "1"})
    faults.add(late)
    ask = ("management.azure.com", "/a/b")
    assert faults.of_request("GET", *ask) is None
    assert faults.of_request("PUT", *ask) is None  # the one it lets pass
    assert faults.of_request("DELETE", *ask) is late
    assert faults.of_request("PUT", *ask) is None  # spent
