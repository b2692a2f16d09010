"""The life of a resource, as the published plugin lives it."""

from __future__ import annotations

import threading

import pytest

from local_azure.plugin.values import from_struct
from tests.local_azure.plugin.driver import (
    DEPLOYMENT,
    ENDPOINT,
    ROLE,
    WORKSPACE,
    Plugin,
    RefusedError,
    Stated,
    a_deployment,
    a_role,
    an_endpoint,
)
from tests.local_azure.plugin.fake_arm import FakeArm, Reply

BLUE = WORKSPACE + "/onlineEndpoints/ep/deployments/blue"
CRASHED = {
    "code": "ResourceNotReady",
    "message": "User container has crashed",
    "details": [{"code": "ImageBuildFailure", "message": "pip found no such package"}],
}


def test_create_looks_first_puts_waits_and_reads_again(arm: FakeArm, plugin: Plugin) -> None:
    held = plugin.create(ENDPOINT, an_endpoint())
    methods = [seen.method for seen in arm.requests if seen.path.endswith("/onlineEndpoints/ep")]
    assert methods == ["GET", "PUT", "GET"]
    assert list(arm.polls.values()) == [2]
    assert held.id == WORKSPACE + "/onlineEndpoints/ep"
    assert held.outputs["properties"] == {
        "authMode": "Key",
        "scoringUri": "https://ep/score",
        "traffic": {},
    }
    assert "id" not in held.outputs


def test_the_body_is_what_arm_expects(arm: FakeArm, plugin: Plugin) -> None:
    plugin.create(DEPLOYMENT, a_deployment(environmentVariables={"A": "1"}))
    [put] = arm.sent("PUT")
    assert put.query == {"api-version": ["2025-12-01"]}
    assert put.authorization.startswith("Bearer ")
    assert put.body == {
        "location": "westeurope",
        "sku": {"name": "Default", "capacity": 1},
        "properties": {"endpointComputeType": "Managed", "environmentVariables": {"A": "1"}},
    }


def test_a_flattened_type_is_sent_below_properties(arm: FakeArm, plugin: Plugin) -> None:
    held = plugin.create(ROLE, a_role())
    [put] = arm.sent("PUT")
    assert put.path.startswith(WORKSPACE + "/providers/Microsoft.Authorization/roleAssignments/")
    assert put.body["properties"]["principalId"] == "principal"
    assert held.outputs["principalId"] == "principal"
    assert "properties" not in held.outputs


def test_user_assigned_identities_are_a_list_in_the_sdk(arm: FakeArm, plugin: Plugin) -> None:
    inputs = an_endpoint()
    inputs["identity"] = {"type": "UserAssigned", "userAssignedIdentities": ["/id/one"]}
    plugin.create(ENDPOINT, inputs)
    [put] = arm.sent("PUT")
    assert put.body["identity"]["userAssignedIdentities"] == {"/id/one": {}}
    inputs["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {"/id/one": {}}}
    [reason] = plugin.failures(ENDPOINT, inputs)
    assert "identity.userAssignedIdentities" in reason


def test_what_exists_is_not_created(plugin: Plugin) -> None:
    plugin.create(ENDPOINT, an_endpoint())
    with pytest.raises(RefusedError, match="cannot create already existing resource") as refused:
        plugin.create(ENDPOINT, an_endpoint())
    assert refused.value.left is None


def test_a_refused_put_leaves_nothing_and_says_why(arm: FakeArm, plugin: Plugin) -> None:
    error = {"error": {"code": "InvalidName", "message": "no such name"}}
    arm.script("PUT", "/blue", Reply(400, error))
    with pytest.raises(RefusedError) as refused:
        plugin.create(DEPLOYMENT, a_deployment())
    assert str(refused.value) == 'Status=400 Code="InvalidName" Message="no such name"'
    assert refused.value.left is None


def test_a_failed_operation_leaves_the_resource_in_the_state(arm: FakeArm, plugin: Plugin) -> None:
    arm.fail_operation("/blue", CRASHED)
    with pytest.raises(RefusedError) as refused:
        plugin.create(DEPLOYMENT, a_deployment())
    assert str(refused.value) == (
        'Status=200 Code="ResourceNotReady" Message="User container has crashed"\n'
        '  Code="ImageBuildFailure" Message="pip found no such package"'
    )
    left = refused.value.left
    assert left is not None
    assert left.id == BLUE
    assert left.inputs["deploymentName"] == "blue"
    assert left.properties["name"] == "blue"


def test_an_update_puts_the_whole_resource(arm: FakeArm, plugin: Plugin) -> None:
    held = plugin.create(DEPLOYMENT, a_deployment(instanceType="Standard_DS3_v2"))
    plugin.update(DEPLOYMENT, held, a_deployment(instanceType="Standard_F4s_v2"))
    first, second = arm.sent("PUT")
    assert second.body["properties"]["instanceType"] == "Standard_F4s_v2"
    assert second.body.keys() == first.body.keys()


def test_a_failed_update_keeps_the_new_inputs(arm: FakeArm, plugin: Plugin) -> None:
    held = plugin.create(DEPLOYMENT, a_deployment())
    arm.fail_operation("/blue", CRASHED)
    with pytest.raises(RefusedError) as refused:
        plugin.update(DEPLOYMENT, held, a_deployment(description="new"))
    assert refused.value.left is not None
    kept = from_struct(refused.value.left.inputs)
    assert kept["properties"] == {"endpointComputeType": "Managed", "description": "new"}


def test_delete_waits_and_forgives_what_is_gone(arm: FakeArm, plugin: Plugin) -> None:
    held = plugin.create(DEPLOYMENT, a_deployment())
    plugin.delete(DEPLOYMENT, held)
    plugin.delete(DEPLOYMENT, held)
    arm.script("DELETE", "/blue", Reply(404, {"error": {"code": "ResourceNotFound"}}))
    plugin.delete(DEPLOYMENT, held)
    assert arm.resources == {}


def test_cancelling_ends_the_wait_and_keeps_what_was_made(arm: FakeArm, plugin: Plugin) -> None:
    arm.endless |= {"/blue", "op0"}
    threading.Timer(0.3, plugin.cancel).start()
    with pytest.raises(RefusedError, match="cancelled") as refused:
        plugin.create(DEPLOYMENT, a_deployment())
    assert refused.value.left is not None
    assert refused.value.left.id == BLUE


def test_a_custom_timeout_ends_the_wait(arm: FakeArm, plugin: Plugin) -> None:
    arm.endless |= {"/blue", "op0"}
    with pytest.raises(RefusedError, match="timed out") as refused:
        plugin.create(DEPLOYMENT, a_deployment(), timeout=0.2)
    assert refused.value.left is not None


def test_a_busy_service_is_asked_again(arm: FakeArm, plugin: Plugin) -> None:
    busy = Reply(429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0"})
    conflict = Reply(409, {"error": {"code": "AnotherOperationInProgress"}}, {"Retry-After": "0"})
    arm.script("PUT", "/blue", busy, conflict)
    plugin.create(DEPLOYMENT, a_deployment())
    assert len(arm.sent("PUT")) == 3


def test_an_operation_without_its_own_address_is_polled_at_the_resource(
    arm: FakeArm, plugin: Plugin
) -> None:
    path = WORKSPACE + "/environments/env/versions/1"

    def state(name: str) -> Reply:
        body = {"id": path, "name": "1", "properties": {"provisioningState": name}}
        return Reply(200, body, {"Retry-After": "0"})

    arm.script("PUT", "/versions/1", state("Creating"))
    arm.script("GET", "/versions/1", Reply(404), state("Creating"), state("Succeeded"))
    arm.script("GET", "/versions/1", state("Succeeded"))
    names = {"resourceGroupName": "rg", "workspaceName": "ws", "name": "env", "version": "1"}
    kind = "machinelearningservices:EnvironmentVersion"
    held = plugin.create(kind, {**names, "properties": {"image": "i"}})
    assert held.outputs["properties"] == {"provisioningState": "Succeeded"}


def test_drift_shows_in_the_inputs_and_defaults_of_the_service_do_not(
    arm: FakeArm, plugin: Plugin
) -> None:
    held = plugin.create(ENDPOINT, an_endpoint())
    assert plugin.read(ENDPOINT, held) == held
    live = arm.resource("/onlineEndpoints/ep")
    live["properties"] |= {"traffic": {"blue": 90, "green": 10}, "provisioningState": "Updating"}
    read = plugin.read(ENDPOINT, held)
    assert read.inputs["properties"] == {
        "authMode": "Key",
        "traffic": {"blue": 90, "green": 10},
    }


def test_what_is_gone_reads_as_gone(arm: FakeArm, plugin: Plugin) -> None:
    held = plugin.create(ENDPOINT, an_endpoint())
    arm.resources.clear()
    assert plugin.read(ENDPOINT, held).id == ""


def test_an_import_takes_its_inputs_from_the_live_resource(plugin: Plugin) -> None:
    held = plugin.create(ROLE, a_role())
    read = plugin.read(ROLE, Stated(held.id, {}, {}))
    assert read.inputs == {
        name: value for name, value in held.inputs.items() if not name.startswith("__")
    }
