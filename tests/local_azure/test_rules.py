"""What the cloud refuses is refused here; each test names the section of the facts it rests on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_azure.arm.shape import JsonObject, items, number, section, text
from tests.local_azure.world import Answer, LocalAzure, a_deployment, an_endpoint

pytestmark = pytest.mark.local
FLAG = "enforce_access_to_default_secret_stores"


@pytest.fixture(scope="module")
def endpoint(azure: LocalAzure) -> Iterator[str]:
    """An endpoint with one deployment, `blue`, that could not start: rules do not care."""
    identifier = azure.endpoint_id("ruled")
    azure.must("PUT", identifier, an_endpoint())
    azure.done(azure.arm("PUT", f"{identifier}/deployments/blue", a_deployment()))
    yield identifier
    azure.must("DELETE", identifier)


def refused(answer: Answer, *, status: int, code: str) -> str:
    assert (answer.status, answer.code) == (status, code), answer
    return answer.message


@pytest.mark.parametrize("name", ["ab", "a" * 33, "1abc", "abc-", "a_b_c", "with.dot"])
def test_names_have_3_to_32_letters_digits_and_hyphens(azure: LocalAzure, name: str) -> None:
    """Section 1. Rule endpoint-name."""
    answer = azure.arm("PUT", azure.endpoint_id(name), an_endpoint())
    assert name in refused(answer, status=400, code="BadRequest")


def test_an_endpoint_name_is_unique_in_its_region(azure: LocalAzure, endpoint: str) -> None:
    """Section 1, whatever the case. Rule endpoint-name-region."""
    again = azure.arm("PUT", endpoint.replace("ruled", "RULED"), an_endpoint())
    assert azure.done(again).status == 200
    other = azure.workspace.replace("mlw-local", "mlw-other")
    azure.must("PUT", other, {"location": "westeurope", "properties": {}})
    answer = azure.arm("PUT", f"{other}/onlineEndpoints/ruled", an_endpoint())
    refused(answer, status=409, code="EndpointNameNotAvailable")
    azure.must("DELETE", other)


def test_a_deleted_name_stays_taken_for_a_while(azure: LocalAzure) -> None:
    """Section 8. Rule endpoint-name-reserved."""
    identifier = azure.endpoint_id("short-lived")
    azure.must("PUT", identifier, an_endpoint())
    azure.set(name_reserved_seconds=600)
    azure.must("DELETE", identifier)
    azure.set(name_reserved_seconds=0)
    answer = azure.arm("PUT", identifier, an_endpoint())
    refused(answer, status=409, code="EndpointNameNotAvailable")


@pytest.mark.parametrize(
    ("traffic", "mirror", "why"),
    [
        ({"blue": 50}, {}, "total 0 or 100"),
        ({"blue": 60, "green": 40}, {}, "green"),
        ({"blue": 101, "BLUE": -1}, {}, "between 0 and 100"),
        ({}, {"blue": 51}, "At most 50"),
        ({"blue": 100}, {"blue": 10}, "live traffic"),
    ],
)
def test_impossible_traffic_is_refused(
    azure: LocalAzure,
    endpoint: str,
    traffic: dict[str, int],
    mirror: dict[str, int],
    why: str,
) -> None:
    """Section 3. Rule traffic-total, traffic-unknown, mirror."""
    body = an_endpoint(traffic={**traffic}, mirrorTraffic={**mirror})
    assert why in refused(azure.arm("PUT", endpoint, body), status=400, code="BadRequest")


def test_traffic_cannot_be_set_at_creation(azure: LocalAzure) -> None:
    """Section 3. Rule traffic-at-creation."""
    body = an_endpoint(traffic={"blue": 100})
    answer = azure.arm("PUT", azure.endpoint_id("too-early"), body)
    assert "created" in refused(answer, status=400, code="BadRequest")


def test_a_put_without_traffic_resets_it(azure: LocalAzure, endpoint: str) -> None:
    """Section 3: a property of the endpoint, and PUT is full-body. Rule traffic-reset."""
    shown = azure.must("PUT", endpoint, an_endpoint(traffic={"BLUE": 100}))
    assert section(shown, "properties", "traffic") == {"blue": 100}
    shown = azure.must("PUT", endpoint, an_endpoint())
    assert section(shown, "properties", "traffic") == {}


def test_a_deployment_with_traffic_is_not_deleted(azure: LocalAzure, endpoint: str) -> None:
    """Section 3: take traffic off a deployment before deleting it. Rule traffic-delete."""
    azure.must("PUT", endpoint, an_endpoint(traffic={"blue": 100}))
    answer = azure.arm("DELETE", f"{endpoint}/deployments/blue")
    assert "100 percent" in refused(answer, status=400, code="BadRequest")
    azure.must("PUT", endpoint, an_endpoint())


def test_property_bags_are_add_only(azure: LocalAzure, endpoint: str) -> None:
    """Section 4. Rule bag-add-only."""
    azure.must("PUT", endpoint, an_endpoint(properties={"kept": "1"}))
    shown = azure.must("PUT", endpoint, an_endpoint(properties={"added": "2"}))
    assert section(shown, "properties", "properties") == {"kept": "1", "added": "2"}
    answer = azure.arm("PUT", endpoint, an_endpoint(properties={"kept": "3"}))
    assert "add-only" in refused(answer, status=400, code="BadRequest")


def test_the_flag_is_not_for_user_assigned_identities(azure: LocalAzure) -> None:
    """Section 4. Rule flag-system-only."""
    identity = a_user_assigned_identity(azure, "id-flag")
    body = an_endpoint(properties={FLAG: "enabled"})
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    answer = azure.arm("PUT", azure.endpoint_id("flagged"), body)
    assert FLAG in refused(answer, status=400, code="BadRequest")


def test_a_user_assigned_identity_must_exist(azure: LocalAzure) -> None:
    """Section 4. Rule identity-exists."""
    missing = f"{azure.world.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/no"
    body = an_endpoint()
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {missing: {}}}
    answer = azure.arm("PUT", azure.endpoint_id("identified"), body)
    refused(answer, status=400, code="FailedIdentityOperation")


def test_the_identity_of_an_endpoint_cannot_change(azure: LocalAzure, endpoint: str) -> None:
    """Rule endpoint-fixed."""
    identity = a_user_assigned_identity(azure, "id-late")
    body = an_endpoint()
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    answer = azure.arm("PUT", endpoint, body)
    assert "cannot change" in refused(answer, status=400, code="BadRequest")


def a_user_assigned_identity(azure: LocalAzure, name: str) -> str:
    group = azure.world.group
    identifier = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    shown = azure.must("PUT", identifier, {"location": "westeurope"})
    assert text(shown, "properties", "principalId")
    return identifier


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"requestSettings": {"requestTimeout": "PT3M1S"}}, "at most 180 s"),
        ({"requestSettings": {"requestTimeout": "PT0S"}}, "no duration"),
        ({"requestSettings": {"requestTimeout": "soon"}}, "no duration"),
        ({"instanceType": "Standard_Z99"}, "not supported"),
        ({"endpointComputeType": "Kubernetes"}, "must be Managed"),
        ({"model": "azureml:name:1"}, "no ARM id"),
        ({"model": "azureml://registries/azureml/models/a/versions/1"}, "The model a:1 was not"),
    ],
)
def test_impossible_deployments_are_refused(
    azure: LocalAzure, endpoint: str, properties: JsonObject, why: str
) -> None:
    """Sections 1 and 2. Rule timeout, vm-size, references."""
    answer = azure.arm("PUT", f"{endpoint}/deployments/green", a_deployment(**properties))
    assert why in refused(answer, status=400, code="BadRequest")


def test_a_flow_model_may_take_five_minutes(azure: LocalAzure, endpoint: str) -> None:
    """Section 1: only when the model has the property. Rule timeout."""
    model = f"{azure.workspace}/models/slow/versions/1"
    uri = f"https://{azure.world.storage_account}.blob.core.windows.net/azureml/none"
    flow: JsonObject = {"azureml.promptflow.source_flow_id": "slow"}
    azure.must("PUT", model, {"properties": {"modelUri": uri, "properties": flow}})
    body = a_deployment(model=model, requestSettings={"requestTimeout": "PT5M"})
    green = f"{endpoint}/deployments/green"
    end = azure.done(azure.arm("PUT", green, body))
    assert text(end.body, "error", "code") == "BadArgument"  # accepted; it has no environment
    azure.must("DELETE", green)


def test_quota_counts_a_reserve_of_one_instance_in_five(azure: LocalAzure, endpoint: str) -> None:
    """Section 2: ten Standard_DS3_v2 take 48 cores. Rule quota."""
    ten = a_deployment(instanceType="Standard_DS3_v2")
    ten["sku"] = {"name": "Default", "capacity": 10}
    green = f"{endpoint}/deployments/green"
    azure.set(quota_by_family="standardDSv2Family=51")
    answer = azure.arm("PUT", green, ten)
    message = refused(answer, status=400, code="OutOfQuota")
    assert "usage/limit: 4/51. Additional needed: 48" in message
    azure.set(quota_by_family="standardDSv2Family=52")
    azure.done(azure.arm("PUT", green, ten))
    usages = f"{azure.world.subscription}/providers/Microsoft.MachineLearningServices"
    answer = azure.arm("GET", f"{usages}/locations/westeurope/usages")
    used = {text(one, "name", "value"): one for one in items(answer.body, "value")}
    family = used["standardDSv2Family"]
    assert (number(family, "currentValue"), number(family, "limit")) == (52, 52)
    azure.must("DELETE", green)
    azure.set(quota_by_family="")


def test_one_operation_at_a_time_on_an_endpoint(azure: LocalAzure, endpoint: str) -> None:
    """Section 8: concurrent operations on one endpoint conflict. Rule one-operation."""
    azure.set(deployment_seconds=0.5)
    green, red = f"{endpoint}/deployments/green", f"{endpoint}/deployments/red"
    first = azure.arm("PUT", green, a_deployment())
    assert text(first.body, "properties", "provisioningState") == "Creating"
    for other in (azure.arm("PUT", red, a_deployment()), azure.arm("PUT", endpoint, an_endpoint())):
        assert "Wait" in refused(other, status=409, code="Conflict")
    azure.set(deployment_seconds=0)
    azure.done(first)
    azure.must("DELETE", green)


def test_a_new_deployment_may_stay_out_of_sight(azure: LocalAzure, endpoint: str) -> None:
    """Section 3: just-created deployments may answer 404 for a while. Rule new-invisible."""
    green = f"{endpoint}/deployments/green"
    azure.set(visible_after_seconds=60)
    azure.done(azure.arm("PUT", green, a_deployment()))
    assert azure.arm("GET", green).code == "ResourceNotFound"
    azure.set(visible_after_seconds=0)
    assert azure.arm("GET", green).status == 200
    azure.must("DELETE", green)


def test_an_asset_version_cannot_change(azure: LocalAzure) -> None:
    """Rule version-fixed."""
    environment = f"{azure.workspace}/environments/fixed/versions/1"
    azure.must("PUT", environment, {"properties": {"image": "one"}})
    azure.must("PUT", environment, {"properties": {"image": "one", "description": "same"}})
    answer = azure.arm("PUT", environment, {"properties": {"image": "two"}})
    refused(answer, status=409, code="Conflict")
