"""What a deployment may name in a registry, and what ARM says of registries. Nothing runs."""

from __future__ import annotations

import asyncio

import pytest

from local_azure.arm.shape import JsonObject, items, section, text
from local_azure.registry_sites import renamed
from local_azure.resume import resume
from local_azure.services.machinelearning.registry_names import SYSTEM_ID
from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import Answer, a_deployment, an_endpoint

RUNTIME = "azureml://registries/azureml/environments/promptflow-runtime"
CODE = "azureml://registries/azureml/codes/c/versions/1"
FILES = "https://theirs.blob.core.windows.net/container/flow"


@pytest.fixture
def endpoint(engine: EngineWorld) -> str:
    """ARM id of an endpoint."""
    identifier = engine.endpoint_id("from-registries")
    engine.must("PUT", identifier, an_endpoint())
    return identifier


def registry_id(engine: EngineWorld, name: str = "theirs") -> str:
    return (
        f"{engine.azure.world.group}/providers/Microsoft.MachineLearningServices/registries/{name}"
    )


def a_registry(engine: EngineWorld, name: str = "theirs") -> str:
    """ARM id of a registry that they have made."""
    identifier = registry_id(engine, name)
    body: JsonObject = {"location": "westeurope", "properties": {}}
    assert text(engine.must("PUT", identifier, body), "properties", "provisioningState")
    return identifier


def a_model(engine: EngineWorld, version: str, **properties: str) -> str:
    """A reference to a model in that registry."""
    body: JsonObject = {"properties": {"modelUri": FILES, "properties": {**properties}}}
    engine.must("PUT", f"{registry_id(engine)}/models/flow/versions/{version}", body)
    return f"azureml://registries/Theirs/models/flow/versions/{version}"


def deployed(engine: EngineWorld, endpoint: str, **properties: object) -> Answer:
    body = a_deployment(**properties)  # pyright: ignore[reportArgumentType] - JSON by the callers
    return engine.arm("PUT", f"{endpoint}/deployments/blue", body)


def test_model_and_environment_come_from_registries(engine: EngineWorld, endpoint: str) -> None:
    """Sent as written, by azure-ai-ml too. Rule references."""
    a_registry(engine)
    model = a_model(engine, "1")
    answer = deployed(engine, endpoint, model=model, environmentId=f"{RUNTIME}/versions/1")
    assert answer.status == 201, answer
    assert text(answer.body, "properties", "model") == model
    (spec,) = engine.placement.placed.values()
    assert (spec.model_name, spec.model_version, spec.model_uri) == ("flow", "1", FILES)
    assert spec.environment is not None
    assert spec.environment.image is not None
    assert spec.environment.image.endswith("/promptflow-runtime:latest")
    assert spec.environment.inference_config


def test_a_label_stands_for_the_newest_version(engine: EngineWorld, endpoint: str) -> None:
    """Rule registry-reference."""
    a_registry(engine)
    a_model(engine, "7")
    a_model(engine, "3")
    model = "azureml://registries/theirs/models/flow/labels/latest"
    assert deployed(engine, endpoint, model=model).status == 201
    (spec,) = engine.placement.placed.values()
    assert spec.model_version == "3"


@pytest.mark.parametrize(
    ("properties", "why", "detail"),
    [
        ({"model": f"{RUNTIME}/versions/1"}, "names no model version of a registry", "Invalid"),
        ({"environmentId": RUNTIME}, "names no environment version", "InvalidRegistryReference"),
        (
            {"environmentId": f"{RUNTIME}/versions/2"},
            "The environment promptflow-runtime:2 was not found in registry azureml",
            "EnvironmentNotFound",
        ),
        (
            {"environmentId": f"{RUNTIME}x/labels/latest"},
            "The environment promptflow-runtimex@latest was not found",
            "EnvironmentNotFound",
        ),
        ({"environmentId": f"{RUNTIME}/labels/stable"}, "label stable", "InvalidRegistry"),
        (
            {"model": "azureml://registries/nowhere/models/flow/versions/1"},
            "The registry nowhere",
            "RegistryNotFound",
        ),
        (
            {"codeConfiguration": {"codeId": CODE, "scoringScript": "score.py"}},
            "The code c:1 was not found in registry azureml",
            "CodeNotFound",
        ),
    ],
)
def test_a_reference_that_names_nothing_is_refused(
    engine: EngineWorld, endpoint: str, properties: JsonObject, why: str, detail: str
) -> None:
    """Rule registry-reference."""
    answer = deployed(engine, endpoint, **properties)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert why in answer.message
    (nested,) = items(answer.body, "error", "details")
    assert text(nested, "code").startswith(detail)


def test_a_flow_from_a_registry_may_take_five_minutes(engine: EngineWorld, endpoint: str) -> None:
    """Rule timeout."""
    a_registry(engine)
    slow: JsonObject = {"requestTimeout": "PT5M"}
    plain = a_model(engine, "1")
    answer = deployed(engine, endpoint, model=plain, requestSettings=slow)
    assert "at most 180 s" in answer.message
    flow = a_model(engine, "2", **{"azureml.promptflow.source_flow_id": "flow"})
    assert deployed(engine, endpoint, model=flow, requestSettings=slow).status == 201


def test_a_registry_name_is_unique_in_the_tenant(engine: EngineWorld) -> None:
    """In any case and any group. Rule registry-name."""
    a_registry(engine)
    group = f"{engine.azure.world.subscription}/resourceGroups/another"
    engine.must("PUT", group, {"location": "westeurope"})
    kind = "Microsoft.MachineLearningServices/registries"
    for name, code in (("THEIRS", "Conflict"), ("azureml", "Conflict"), ("a", "ValidationError")):
        answer = engine.arm("PUT", f"{group}/providers/{kind}/{name}", {"properties": {}})
        assert answer.code == code, answer
    a_registry(engine)  # one's own may be put again


def test_a_registrys_assets_obey_the_schemas_of_a_workspaces(engine: EngineWorld) -> None:
    """And they go with it."""
    registry = a_registry(engine)
    bad: JsonObject = {"properties": {"modelUrl": FILES}}
    answer = engine.arm("PUT", f"{registry}/models/flow/versions/1", bad)
    assert (answer.status, answer.code) == (400, "InvalidRequestContent")
    a_model(engine, "1")
    shown = engine.arm("GET", f"{registry}/models/flow").body
    assert (
        section(shown, "properties").items() >= {"latestVersion": "1", "nextVersion": "2"}.items()
    )
    engine.must("DELETE", registry)
    assert engine.arm("GET", f"{registry}/models/flow/versions/1").code == "ParentResourceNotFound"


def test_nobody_may_write_to_the_system_registry(engine: EngineWorld) -> None:
    """Not even the owner of the subscription. Rule registry-access."""
    version = f"{SYSTEM_ID}/environments/promptflow-runtime/versions/1"
    assert engine.arm("GET", version).status == 200
    body: JsonObject = {"properties": {"image": "another"}}
    for method, path in (("PUT", version), ("DELETE", version), ("DELETE", SYSTEM_ID)):
        answer = engine.arm(method, path, body if method == "PUT" else None)
        assert (answer.status, answer.code) == (403, "AuthorizationFailed")


def test_a_share_must_say_where_the_asset_is(engine: EngineWorld) -> None:
    """Rule registry-share."""
    registry = a_registry(engine)
    answer = engine.arm("POST", f"{registry}/import", {"properties": {"sourceAssetId": "flow:1"}})
    assert "must be azureml://locations/LOCATION/workspaces/" in answer.message


def test_a_pending_upload_is_a_temporary_blob(engine: EngineWorld) -> None:
    path = f"{engine.workspace}/codes/c/versions/1/startPendingUpload"
    answer = engine.arm("POST", path, {"pendingUploadType": "Forever"})
    assert (answer.status, answer.code) == (400, "BadRequest")


def test_the_data_plane_has_names_of_its_own(engine: EngineWorld) -> None:
    """For one resource, for a list, and for its next page."""
    version = f"{SYSTEM_ID}/environments/promptflow-runtime/versions/1"
    listed: JsonObject = {
        "value": [{"id": version}],
        "nextLink": f"https://management.azure.com{SYSTEM_ID}/environments?api-version=1",
    }
    shown = renamed(listed, "https://cert-x.experiments.azureml.net/mferp/managementfrontend")
    assert shown == {
        "value": [{"id": f"{RUNTIME}/versions/1"}],
        "nextLink": "https://cert-x.experiments.azureml.net/mferp/managementfrontend"
        f"{SYSTEM_ID}/environments?api-version=1",
    }
    workspace: JsonObject = {"id": engine.workspace}
    assert renamed(workspace, "https://x") == workspace


def test_a_kill_leaves_nothing_half_made_in_a_registry(engine: EngineWorld) -> None:
    registry = a_registry(engine)
    a_model(engine, "1")
    store = engine.azure.store
    made = [store.get(registry), store.get(f"{registry}/models/flow/versions/1")]
    store.remove(f"{registry}/models/flow")
    for one in made:
        assert one is not None
        one.properties["provisioningState"] = "Creating"
        store.put(one)
    asyncio.run(resume(engine.engine))
    for identifier in (registry, f"{registry}/models/flow", f"{registry}/models/flow/versions/1"):
        shown = engine.arm("GET", identifier).body
        assert text(shown, "properties", "provisioningState") == "Succeeded", identifier
