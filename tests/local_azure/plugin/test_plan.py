"""What is decided before anything is sent: defaults, differences, previews."""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2

from local_azure.plugin.values import UNKNOWN
from tests.local_azure.plugin.driver import (
    DEPLOYMENT,
    ENDPOINT,
    ROLE,
    Plugin,
    a_deployment,
    a_role,
    an_endpoint,
)
from tests.local_azure.plugin.fake_arm import FakeArm

ENVIRONMENT = "machinelearningservices:EnvironmentVersion"


def test_check_adds_location_and_api_version(plugin: Plugin) -> None:
    inputs = plugin.check(ENDPOINT, an_endpoint())
    assert inputs["location"] == "westeurope"
    assert inputs["azureApiVersion"] == "2025-12-01"


def test_the_location_defaults_to_that_of_the_resource_group(arm: FakeArm, plugin: Plugin) -> None:
    arm.resources["/subscriptions/sub/resourcegroups/rg"] = {"location": "swedencentral"}
    plugin.configure({})
    assert plugin.check(ENDPOINT, an_endpoint())["location"] == "swedencentral"


def test_a_missing_location_is_told_with_the_command_that_sets_it(plugin: Plugin) -> None:
    plugin.configure({})
    [reason] = plugin.failures(ENDPOINT, an_endpoint())
    assert "pulumi config set azure-native:location" in reason


def test_names_are_made_as_the_published_plugin_makes_them(plugin: Plugin) -> None:
    endpoint, deployment = an_endpoint(), a_deployment()
    del endpoint["endpointName"], deployment["deploymentName"]
    named = plugin.check(ENDPOINT, endpoint, name="chat")
    assert str(named["endpointName"]).startswith("chat")
    assert len(str(named["endpointName"])) == len("chat") + 8
    assert plugin.check(ENDPOINT, endpoint, name="chat") == named  # same seed, same name
    assert plugin.check(ENDPOINT, endpoint, old=named, name="chat") == named
    assert plugin.check(DEPLOYMENT, deployment, name="blue")["deploymentName"] == "blue"
    role = str(plugin.check(ROLE, a_role())["roleAssignmentName"])
    assert [len(part) for part in role.split("-")] == [8, 4, 4, 4, 12]


def test_equal_inputs_are_no_difference(plugin: Plugin) -> None:
    old = plugin.check(ENDPOINT, an_endpoint())
    new = {**old, "location": "West Europe"}
    assert plugin.diff(ENDPOINT, old, new).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_changed_property_is_an_update(plugin: Plugin) -> None:
    old = plugin.check(DEPLOYMENT, a_deployment(environmentVariables={"A.B": "1", "C": "1"}))
    new = plugin.check(DEPLOYMENT, a_deployment(environmentVariables={"A.B": "2"}))
    diff = plugin.diff(DEPLOYMENT, old, new)
    assert list(diff.diffs) == ["properties"]
    assert not diff.replaces
    assert {path: change.kind for path, change in diff.detailedDiff.items()} == {
        'properties.environmentVariables["A.B"]': provider_pb2.PropertyDiff.UPDATE,
        "properties.environmentVariables.C": provider_pb2.PropertyDiff.DELETE,
    }


def test_a_changed_name_replaces_and_deletes_first(plugin: Plugin) -> None:
    old = plugin.check(DEPLOYMENT, a_deployment("blue"))
    diff = plugin.diff(DEPLOYMENT, old, plugin.check(DEPLOYMENT, a_deployment("green")))
    assert list(diff.replaces) == ["deploymentName"]
    assert diff.deleteBeforeReplace


def test_with_a_generated_name_the_successor_is_made_first(plugin: Plugin) -> None:
    old = plugin.check(ROLE, a_role())
    new = plugin.check(ROLE, a_role(principalId="another"), old=old)
    diff = plugin.diff(ROLE, old, new)
    assert list(diff.replaces) == ["principalId"]
    assert not diff.deleteBeforeReplace


def test_an_environment_version_cannot_change_its_image(plugin: Plugin) -> None:
    names = {"resourceGroupName": "rg", "workspaceName": "ws", "name": "env", "version": "1"}
    build = {"contextUri": "https://a", "dockerfilePath": "Dockerfile"}
    old = plugin.check(ENVIRONMENT, {**names, "properties": {"build": build, "description": "a"}})
    moved = {"contextUri": "https://b", "dockerfilePath": "Dockerfile"}
    new = plugin.check(ENVIRONMENT, {**names, "properties": {"build": moved, "description": "b"}})
    kinds = plugin.diff(ENVIRONMENT, old, new).detailedDiff
    assert kinds["properties.build.contextUri"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert kinds["properties.description"].kind == provider_pb2.PropertyDiff.UPDATE


def test_a_preview_knows_inputs_and_nothing_that_arm_decides(arm: FakeArm, plugin: Plugin) -> None:
    outputs = plugin.preview(ENDPOINT, an_endpoint())
    assert outputs["properties"] == {
        "authMode": "Key",
        "provisioningState": UNKNOWN,
        "scoringUri": UNKNOWN,
        "swaggerUri": UNKNOWN,
    }
    assert outputs["identity"] == {
        "type": "SystemAssigned",
        "principalId": UNKNOWN,
        "tenantId": UNKNOWN,
    }
    assert outputs["name"] == UNKNOWN
    assert arm.requests == []


def test_the_preview_of_an_update_keeps_name_and_location(plugin: Plugin) -> None:
    held = plugin.create(ENDPOINT, an_endpoint())
    outputs = plugin.update(ENDPOINT, held, an_endpoint(description="x"), preview=True).outputs
    assert (outputs["name"], outputs["location"]) == ("ep", "westeurope")


def test_unknown_inputs_stay_unknown(plugin: Plugin) -> None:
    outputs = plugin.preview(ROLE, a_role(principalId=UNKNOWN))
    assert outputs["principalId"] == UNKNOWN
    assert outputs["principalType"] == "ServicePrincipal"
