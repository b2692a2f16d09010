"""Refusals that need nothing to run, on the engine alone. Each names its rule and the section of
the facts that it rests on."""

from __future__ import annotations

import uuid

import pytest

from local_azure.arm.shape import JsonObject, JsonValue, items, section, text
from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import Answer, a_deployment, an_endpoint


def refused(answer: Answer, code: str = "BadRequest", *, status: int = 400) -> str:
    assert (answer.status, answer.code) == (status, code), answer
    return answer.message


def on(cluster: str, **properties: str) -> JsonObject:
    """The body of a Kubernetes endpoint."""
    return an_endpoint(compute=cluster, **properties)


def a_kubernetes_deployment(**properties: object) -> JsonObject:
    body = a_deployment(endpointComputeType="Kubernetes")
    held = section(body, "properties")
    held.pop("instanceType")
    held.update(properties)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return body


def test_endpoints_of_a_region_are_counted(engine: EngineWorld) -> None:
    """Section 1. Rule endpoint-limit."""
    engine.set(max_endpoints=1)
    engine.must("PUT", engine.endpoint_id("first"), an_endpoint())
    assert "limit is 1" in refused(
        engine.arm("PUT", engine.endpoint_id("second"), an_endpoint()), "QuotaExceeded"
    )
    elsewhere = {**an_endpoint(), "location": "North Europe"}
    assert engine.arm("PUT", engine.endpoint_id("second"), elsewhere).status == 201


@pytest.mark.parametrize("limit", ["max_deployments", "max_deployments_per_endpoint"])
def test_deployments_are_counted(engine: EngineWorld, limit: str) -> None:
    """Section 1. Rule deployment-limit."""
    endpoint = engine.endpoint_id("counted")
    engine.must("PUT", endpoint, an_endpoint())
    engine.set(**{limit: 1})
    blue = engine.must("PUT", f"{endpoint}/deployments/blue", a_deployment())
    refused(engine.arm("PUT", f"{endpoint}/deployments/green", a_deployment()), "QuotaExceeded")
    assert engine.arm("PUT", text(blue, "id"), a_deployment()).status == 200


@pytest.mark.parametrize("instances", [0, 51])
def test_a_deployment_has_1_to_50_instances(engine: EngineWorld, instances: int) -> None:
    """Section 1. Rule deployment-limit."""
    endpoint = engine.endpoint_id("sized")
    engine.must("PUT", endpoint, an_endpoint())
    sku: JsonObject = {"name": "Default", "capacity": instances}
    body: JsonObject = {**a_deployment(), "sku": sku}
    assert "1 to 50" in refused(engine.arm("PUT", f"{endpoint}/deployments/blue", body))


@pytest.mark.parametrize("name", ["ab", "x" * 33, "1abc", "abc-"])
def test_deployment_names(engine: EngineWorld, name: str) -> None:
    """Section 1. Rule deployment-name."""
    endpoint = engine.endpoint_id("named")
    engine.must("PUT", endpoint, an_endpoint())
    assert name in refused(engine.arm("PUT", f"{endpoint}/deployments/{name}", a_deployment()))


def test_a_deployment_lies_where_its_endpoint_does(engine: EngineWorld) -> None:
    """Section 6. Rules deployment-place, endpoint-fixed."""
    endpoint = engine.endpoint_id("placed")
    engine.must("PUT", endpoint, an_endpoint())
    elsewhere = {**a_deployment(), "location": "northeurope"}
    assert "westeurope" in refused(engine.arm("PUT", f"{endpoint}/deployments/blue", elsewhere))
    moved = {**an_endpoint(), "location": "northeurope"}
    assert "cannot change" in refused(engine.arm("PUT", endpoint, moved))


@pytest.mark.parametrize(
    ("path", "code"), [("workspaces/a", "ValidationError"), ("connections/.x", "ValidationError")]
)
def test_other_names(engine: EngineWorld, path: str, code: str) -> None:
    """Section 1. Rules workspace-name, connection-name."""
    parent = engine.workspace.rsplit("/", 2)[0] if "workspaces" in path else engine.workspace
    body: JsonObject = {
        "properties": {"authType": "None", "category": "Git", "target": "x"}
        if "connections" in path
        else {}
    }
    refused(engine.arm("PUT", f"{parent}/{path}", body), code)


def test_an_environment_has_one_source(engine: EngineWorld) -> None:
    """Section 6. Rule environment-source."""
    path = f"{engine.workspace}/environments/two/versions/1"
    both: JsonObject = {"image": "x", "build": {"contextUri": "https://x/y"}}
    refused(engine.arm("PUT", path, {"properties": both}), "ValidationError")
    refused(engine.arm("PUT", path, {"properties": {}}), "ValidationError")


def test_deleting_an_endpoint_deletes_what_hangs_on_it(engine: EngineWorld) -> None:
    """Section 4. Rule children-go."""
    endpoint = engine.endpoint_id("parent")
    shown = engine.must("PUT", endpoint, an_endpoint())
    engine.must("PUT", f"{endpoint}/deployments/blue", a_deployment())
    engine.must("DELETE", endpoint)
    assert not engine.placement.placed
    assert engine.azure.directory.get(text(shown, "identity", "principalId")) is None
    engine.must("PUT", endpoint, an_endpoint())
    assert engine.arm("GET", f"{endpoint}/deployments").body == {"value": []}


def test_deleting_a_group_deletes_its_content(engine: EngineWorld) -> None:
    """Rule group-delete."""
    group = f"{engine.azure.world.subscription}/resourceGroups/rg-other"
    engine.must("PUT", group, {"location": "westeurope"})
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/v"
    engine.must("PUT", vault, {"location": "westeurope", "properties": {}})
    engine.must("DELETE", group)
    assert engine.azure.store.get(vault) is None


@pytest.mark.parametrize("scope", ["workspace", "group"])
def test_what_is_under_way_ends_with_its_workspace(engine: EngineWorld, scope: str) -> None:
    """Rule group-delete: nothing comes back without its parent."""
    group = f"{engine.azure.world.subscription}/resourceGroups/rg-busy"
    workspace = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-busy"
    engine.must("PUT", group, {"location": "westeurope"})
    engine.must("PUT", workspace, {"location": "westeurope", "properties": {}})
    engine.set(endpoint_seconds=60)
    endpoint = f"{workspace}/onlineEndpoints/late"
    operation = engine.accepted("PUT", endpoint, an_endpoint())
    engine.must("DELETE", workspace if scope == "workspace" else group)
    assert operation.status == "Canceled"
    assert not [one for one in engine.azure.store.all() if "rg-busy/prov" in one.id]


@pytest.mark.parametrize("name", ["livenessProbe", "readinessProbe"])
def test_probe_times_are_durations(engine: EngineWorld, name: str) -> None:
    endpoint = engine.endpoint_id("probed")
    engine.must("PUT", endpoint, an_endpoint())
    wrong: JsonObject = {"period": "10s"}
    answer = engine.arm("PUT", f"{endpoint}/deployments/blue", a_deployment(**{name: wrong}))
    assert f"{name}.period" in refused(answer)


def test_a_deployments_properties_are_add_only(engine: EngineWorld) -> None:
    """Section 4, and what learn.microsoft.com says of EndpointDeploymentPropertiesBase.properties:
    added, but not removed or altered. Rule deployment-bag."""
    endpoint = engine.endpoint_id("bagged")
    engine.must("PUT", endpoint, an_endpoint())
    blue = f"{endpoint}/deployments/blue"
    for bag in ({"kept": "1"}, {"added": "2"}, {}):
        shown = engine.must("PUT", blue, a_deployment(properties=dict[str, JsonValue](bag)))
    assert section(shown, "properties", "properties") == {"kept": "1", "added": "2"}
    changed: JsonObject = {"kept": "3"}
    assert "add-only" in refused(engine.arm("PUT", blue, a_deployment(properties=changed)))


def test_a_patch_is_polled_by_its_location_too(engine: EngineWorld) -> None:
    endpoint = engine.endpoint_id("patched")
    engine.must("PUT", endpoint, an_endpoint())
    answer = engine.arm("PATCH", endpoint, {"tags": {"a": "b"}})
    url = answer.headers["Location"].removeprefix("https://management.azure.com")
    result = engine.arm("GET", url.partition("?")[0])
    assert (result.status, result.body["tags"]) == (200, {"a": "b"})


def test_a_kubernetes_endpoint_needs_an_attached_cluster(engine: EngineWorld) -> None:
    """Section 6. Rules compute-exists, kubernetes-cluster."""
    missing = f"{engine.workspace}/computes/none"
    assert "none" in refused(engine.arm("PUT", engine.endpoint_id("lost"), on(missing)))
    vm: JsonObject = {"computeType": "ComputeInstance"}
    engine.must("PUT", missing, {"properties": vm})
    message = refused(engine.arm("PUT", engine.endpoint_id("lost"), on(missing)))
    assert "ComputeInstance" in message
    bad: JsonObject = {"computeType": "Kubernetes", "resourceId": "/subscriptions/x"}
    assert "no Kubernetes cluster" in refused(
        engine.arm("PUT", f"{engine.workspace}/computes/bad", {"properties": bad})
    )


def test_aad_token_is_for_managed_endpoints(engine: EngineWorld) -> None:
    """Section 4. Rule aad-managed."""
    body = on(engine.a_cluster(), authMode="AADToken")
    assert "managed" in refused(engine.arm("PUT", engine.endpoint_id("tokens"), body))


def test_no_mirror_traffic_on_kubernetes(engine: EngineWorld) -> None:
    """Section 3. Rule mirror."""
    cluster, endpoint = engine.a_cluster(), engine.endpoint_id("mirror-k8s")
    engine.must("PUT", endpoint, on(cluster))
    engine.must("PUT", f"{endpoint}/deployments/blue", a_kubernetes_deployment())
    mirrored = an_endpoint(compute=cluster, mirrorTraffic={"blue": 10})
    assert "managed" in refused(engine.arm("PUT", endpoint, mirrored))


def test_kubernetes_names_are_counted_together(engine: EngineWorld) -> None:
    """Section 1. Rule kubernetes-names."""
    endpoint = engine.endpoint_id("e" * 32)
    engine.must("PUT", endpoint, on(engine.a_cluster()))
    path = f"{endpoint}/deployments/{'d' * 31}"
    assert "63 characters" in refused(engine.arm("PUT", path, a_kubernetes_deployment()))
    assert engine.arm("PUT", path[:-1], a_kubernetes_deployment()).status == 201


def test_kubernetes_instance_types_are_the_clusters(engine: EngineWorld) -> None:
    """Sections 1, 6 and 8. Rules kubernetes-instance-type, kubernetes-type-fixed, timeout."""
    cluster = engine.a_cluster(large={"resources": {"limits": {"cpu": "3500m", "memory": "8Gi"}}})
    endpoint = engine.endpoint_id("typed")
    engine.must("PUT", endpoint, on(cluster))
    blue = f"{endpoint}/deployments/blue"
    small = a_kubernetes_deployment(instanceType="small")
    assert "large" in refused(engine.arm("PUT", blue, small))
    slow: JsonObject = {"requestTimeout": "PT5M"}
    large = a_kubernetes_deployment(instanceType="Large", requestSettings=slow)
    engine.must("PUT", blue, large)
    assert engine.placement.placed[blue.lower()].cores == 4
    assert engine.placement.placed[blue.lower()].compute == "Kubernetes"
    other = a_kubernetes_deployment(instanceType="defaultinstancetype")
    assert "cannot change" in refused(engine.arm("PUT", blue, other))
    managed = a_deployment()
    assert "must be Kubernetes" in refused(
        engine.arm("PUT", f"{endpoint}/deployments/red", managed)
    )


def test_a_cluster_holds_so_many_endpoints_and_deployments(engine: EngineWorld) -> None:
    """Section 1. Rule kubernetes-limit."""
    engine.set(max_kubernetes_endpoints=1, max_kubernetes_deployments=1)
    cluster, endpoint = engine.a_cluster(), engine.endpoint_id("only")
    engine.must("PUT", endpoint, on(cluster))
    again = engine.a_cluster("same-cluster-again")
    refused(engine.arm("PUT", engine.endpoint_id("more"), on(again)), "QuotaExceeded")
    engine.must("PUT", f"{endpoint}/deployments/blue", a_kubernetes_deployment())
    path = f"{endpoint}/deployments/green"
    refused(engine.arm("PUT", path, a_kubernetes_deployment()), "QuotaExceeded")


def test_managed_sizes_take_no_part_of_kubernetes_quota(engine: EngineWorld) -> None:
    """Section 2. Rule quota: a family without cores left, but clusters have none of it."""
    engine.set(quota_cores=0)
    endpoint = engine.endpoint_id("no-quota")
    engine.must("PUT", endpoint, on(engine.a_cluster()))
    engine.must("PUT", f"{endpoint}/deployments/blue", a_kubernetes_deployment())


def test_a_float_sampling_rate_is_a_number(engine: EngineWorld) -> None:
    """Section 6: azure-ai-ml sends floats, and any spelling of enumerated values."""
    endpoint = engine.endpoint_id("sampled")
    engine.must("PUT", endpoint, an_endpoint(authMode="KEY"))
    collector: JsonObject = {
        "collections": {"model_inputs": {"dataCollectionMode": "ENABLED", "samplingRate": 0.5}}
    }
    shown = engine.must(
        "PUT", f"{endpoint}/deployments/blue", a_deployment(dataCollector=collector)
    )
    kept = section(shown, "properties", "dataCollector", "collections", "model_inputs")
    assert kept == {"dataCollectionMode": "Enabled", "samplingRate": 0.5}


def test_a_model_may_name_deployment_templates(engine: EngineWorld) -> None:
    """Section 6."""
    template: JsonObject = {"assetId": "azureml://registries/r/deploymenttemplates/t/versions/1"}
    body: JsonObject = {
        "modelUri": "https://x/y",
        "defaultDeploymentTemplate": template,
        "allowedDeploymentTemplates": [template],
    }
    path = f"{engine.workspace}/models/templated/versions/1"
    shown = engine.must("PUT", path, {"properties": body})
    assert section(shown, "properties", "defaultDeploymentTemplate") == template


def test_role_definitions_have_guids_and_names_of_their_own(engine: EngineWorld) -> None:
    """Section 4. Rule roles."""
    folder = f"{engine.azure.world.group}/providers/Microsoft.Authorization/roleDefinitions"
    keeper: JsonObject = {"properties": {"roleName": "Keeper", "permissions": []}}
    first = f"{folder}/{uuid.uuid4()}"
    engine.must("PUT", first, keeper)
    engine.must("PUT", first, keeper)
    again = engine.arm("PUT", f"{folder}/{uuid.uuid4()}", keeper)
    refused(again, "RoleDefinitionWithSameNameExists", status=409)
    refused(engine.arm("PUT", f"{folder}/keeper", keeper), "InvalidRoleDefinitionId")
    answer = engine.arm("GET", folder, query={"$filter": "type eq 'CustomRole'"})
    assert [text(one, "properties", "roleName") for one in items(answer.body, "value")] == [
        "Keeper"
    ]
