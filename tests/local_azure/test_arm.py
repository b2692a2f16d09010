"""ARM's envelopes and errors, generic over types."""

from __future__ import annotations

import pytest

from local_azure.arm.shape import JsonValue, items, section, text
from tests.local_azure.world import LocalAzure, a_deployment, an_endpoint

pytestmark = pytest.mark.local


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "named"),
    [
        ("GET", "{ws}/nonsense/x", 404, "InvalidResourceType", "workspaces/nonsense"),
        ("GET", "{rg}/providers/Microsoft.Compute/disks/d", 404, "InvalidResourceNamespace", "Co"),
        ("PUT", "{ws}/onlineEndpoints/e/deployments/d/skus/s", 405, "HttpMethodNotSupported", "/s"),
        ("POST", "{ws}/explode", 404, "InvalidResourceType", "explode"),
        ("GET", "{ws}/models/none/versions/1", 404, "ResourceNotFound", "models/none/versions/1"),
        ("GET", "{ws}x/models", 404, "ParentResourceNotFound", "mlw-localx"),
        ("PUT", "{ws}/onlineEndpoints/ep0/deployments/d", 404, "ParentResourceNotFound", "ep0"),
        ("GET", "{sub}/resourceGroups/none", 404, "ResourceNotFound", "none"),
        ("GET", "{rg}0/providers/{ml}/workspaces/x", 404, "ResourceGroupNotFound", "rg-local0"),
        ("GET", "/subscriptions/other/resourceGroups", 404, "SubscriptionNotFound", "other"),
        ("GET", "/nothing", 404, "InvalidRequestUri", "/nothing"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(
    azure: LocalAzure, method: str, path: str, status: int, code: str, named: str
) -> None:
    world = azure.world
    url = path.format(
        ws=azure.workspace,
        rg=world.group,
        sub=world.subscription,
        ml="Microsoft.MachineLearningServices",
    )
    answer = azure.arm(method, url, a_deployment() if method == "PUT" else None)
    assert (answer.status, answer.code) == (status, code), answer
    assert named in answer.message


def test_an_api_version_is_required(azure: LocalAzure) -> None:
    answer = azure.arm("GET", f"{azure.workspace}?api-version=")
    assert answer.code == "MissingApiVersionParameter"


@pytest.mark.parametrize("version", ["2022-02-01-preview", "2023-04-01-preview", "2025-12-01"])
def test_any_api_version_sees_the_same_resource(azure: LocalAzure, version: str) -> None:
    assert azure.arm("GET", azure.workspace, api_version=version).status == 200


def test_ids_do_not_care_for_case_and_keep_their_spelling(azure: LocalAzure) -> None:
    azure.must("PUT", azure.endpoint_id("Spelled"), an_endpoint())
    lowered = azure.endpoint_id("Spelled").lower().replace("onlineendpoints", "ONLINEENDPOINTS")
    shown = azure.arm("GET", lowered).body
    assert shown["id"] == azure.endpoint_id("Spelled")
    assert text(shown, "systemData", "createdBy") == azure.deployer.client_id
    azure.must("DELETE", azure.endpoint_id("Spelled"))


def test_bodies_are_checked_and_take_azures_spelling(azure: LocalAzure) -> None:
    identifier = azure.endpoint_id("checked")
    body = an_endpoint(authMode="aadtoken", publicnetworkaccess="enabled")
    shown = azure.must("PUT", identifier, body)
    assert text(shown, "properties", "authMode") == "AADToken"
    assert "publicNetworkAccess" in section(shown, "properties")
    answer = azure.arm("PUT", identifier, an_endpoint(colour="blue"))
    assert (answer.status, answer.code) == (400, "InvalidRequestContent")
    assert "'colour' (properties.colour)" in answer.message
    deployment = a_deployment(endpointComputeType="Quantum")
    answer = azure.arm("PUT", f"{identifier}/deployments/blue", deployment)
    assert "one of: Kubernetes, Managed" in answer.message
    azure.must("DELETE", identifier)


def test_what_was_read_can_be_written_back(azure: LocalAzure) -> None:
    identifier = azure.endpoint_id("read-back")
    shown = azure.must("PUT", identifier, an_endpoint(description="as it was"))
    again = azure.must("PUT", identifier, shown)
    times = ("systemData",)
    assert {k: v for k, v in shown.items() if k not in times} == {
        k: v for k, v in again.items() if k not in times
    }
    azure.must("DELETE", identifier)


def test_a_patch_merges_tags_and_refuses_the_rest(azure: LocalAzure) -> None:
    identifier = azure.endpoint_id("patched")
    azure.must("PUT", identifier, {**an_endpoint(), "tags": {"keep": "1", "drop": "2"}})
    patch: dict[str, JsonValue] = {"tags": {"drop": None, "add": "3"}}
    shown = azure.must("PATCH", identifier, patch)
    assert shown["tags"] == {"keep": "1", "add": "3"}
    answer = azure.arm("PATCH", identifier, {"properties": {"traffic": {}}})
    assert (answer.status, answer.code) == (400, "BadRequest")
    azure.must("DELETE", identifier)


def test_an_operation_is_polled_to_its_end(azure: LocalAzure) -> None:
    identifier = azure.endpoint_id("polled")
    azure.set(endpoint_seconds=0.3, retry_after=2)
    accepted = azure.arm("PUT", identifier, an_endpoint())
    azure.set(endpoint_seconds=0, retry_after=0.1)
    assert accepted.status == 201
    assert accepted.headers["Retry-After"] == "2"
    assert accepted.headers["Azure-AsyncOperation"].startswith("https://management.azure.com/")
    assert text(accepted.body, "properties", "provisioningState") == "Creating"
    assert text(azure.done(accepted).body, "status") == "Succeeded"
    accepted = azure.arm("DELETE", identifier)
    assert accepted.status == 202
    assert text(azure.done(accepted).body, "status") == "Succeeded"
    assert azure.arm("GET", accepted.headers["Location"]).status == 204
    assert azure.arm("DELETE", identifier).status == 204


def test_long_lists_come_in_pages(azure: LocalAzure) -> None:
    for number in range(103):
        version = f"{azure.workspace}/environments/many/versions/{number}"
        azure.arm("PUT", version, {"properties": {"image": "x"}})
    first = azure.arm("GET", f"{azure.workspace}/environments/many/versions")
    assert len(items(first.body, "value")) == 100
    second = azure.arm("GET", text(first.body, "nextLink"))
    assert len(items(second.body, "value")) == 3
    assert "nextLink" not in second.body
    newest = azure.arm(
        "GET",
        f"{azure.workspace}/environments/many/versions",
        query={"$top": "1", "$orderBy": "createdtime desc"},
    )
    assert [text(one, "name") for one in items(newest.body, "value")] == ["102"]


def test_no_secret_is_in_the_logs(azure: LocalAzure) -> None:
    token = azure.token()
    connection = f"{azure.workspace}/connections/open_ai_connection"
    azure.arm("POST", f"{connection}/listsecrets")
    azure.client().get(
        f"https://{azure.world.storage_account}.blob.core.windows.net/x?sig=a-signature"
    )
    written = "".join(path.read_text() for path in azure.home.glob("*.log"))
    assert f"POST management.azure.com{connection}/listsecrets" in written
    for secret in (*azure.world.secret_values(), token, "a-signature"):
        assert secret not in written
