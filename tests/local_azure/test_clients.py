"""The unmodified azure-ai-ml client, as users and our own providers call it."""
# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# pyright: reportIndexIssue=false, reportOptionalSubscript=false
# (the SDK annotates unions of all that a call may ever return)

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.local_azure.world import LocalAzure

with warnings.catch_warnings():  # marshmallow's, at import
    warnings.simplefilter("ignore")
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import (
        AzureOpenAIConnection,
        Environment,
        ManagedOnlineDeployment,
        ManagedOnlineEndpoint,
        Model,
    )

pytestmark = [pytest.mark.local, pytest.mark.filterwarnings("ignore")]


def a_flow(folder: Path) -> Path:
    flow = folder / "their-flow"
    flow.mkdir()
    (flow / "flow.dag.yaml").write_text("inputs: {}\n")
    (flow / "prompt.jinja2").write_text("system: be brief\n")
    return flow


def test_the_workspace_names_its_neighbours(ml: MLClient) -> None:
    workspace = ml.workspaces.get()
    for identifier in (
        workspace.storage_account,
        workspace.container_registry,
        workspace.application_insights,
        workspace.key_vault,
    ):
        assert identifier.startswith(f"/subscriptions/{ml.subscription_id}/resourceGroups/")


def test_a_model_folder_is_uploaded_once(ml: MLClient, tmp_path: Path) -> None:
    flow = a_flow(tmp_path)
    first = ml.models.create_or_update(
        Model(name="uploaded", version="1", path=str(flow), properties={"mode": "chat"})
    )
    second = ml.models.create_or_update(Model(name="uploaded", version="2", path=str(flow)))
    assert first.path == second.path
    assert first.path.endswith("/their-flow")
    assert ml.models.get("uploaded", "1").properties == {"mode": "chat"}
    assert [one.version for one in ml.models.list(name="uploaded")] == ["1", "2"]
    assert ml.models.get("uploaded", label="latest").version == "2"


def test_an_unknown_model_is_not_found(ml: MLClient) -> None:
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        ml.models.get("unheard-of", "1")


def test_environments_keep_their_routes(ml: MLClient) -> None:
    route = {"port": 8080, "path": "/health"}
    ml.environments.create_or_update(
        Environment(
            name="runtime",
            version="1",
            image="mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest",
            inference_config={
                "liveness_route": route,
                "readiness_route": route,
                "scoring_route": {"port": 8080, "path": "/score"},
            },
        )
    )
    kept = ml.environments.get("runtime", "1")
    assert kept.inference_config.scoring_route.path == "/score"
    assert "runtime" in [one.name for one in ml.environments.list()]


def test_connections_show_no_key_unless_asked(ml: MLClient) -> None:
    ml.connections.create_or_update(
        AzureOpenAIConnection(
            name="another",
            azure_endpoint="https://local-openai.openai.azure.com/",
            api_key="a-planted-key",
            api_version="2024-02-01",
        )
    )
    assert not ml.connections.get("another").credentials.key
    assert ml.connections.get("another", populate_secrets=True).credentials.key == "a-planted-key"
    assert {"another", "open_ai_connection"} <= {one.name for one in ml.connections.list()}
    ml.connections.delete("another")
    assert "another" not in {one.name for one in ml.connections.list()}


def test_datastores(ml: MLClient, azure: LocalAzure) -> None:
    assert ml.datastores.get_default().account_name == azure.world.storage_account
    assert "workspaceblobstore" in [one.name for one in ml.datastores.list()]


def test_usages_and_sizes(ml: MLClient) -> None:
    usages = {one.name["value"]: one for one in ml.compute.list_usage(location="westeurope")}
    assert usages["standardDSv2Family"].limit == 100
    assert any(vars(one)["vCPUs"] == 4 for one in ml.compute.list_sizes(location="westeurope"))


def test_an_endpoint_from_its_keys_to_its_end(ml: MLClient) -> None:
    name = "from-keys"
    made = ml.online_endpoints.begin_create_or_update(
        ManagedOnlineEndpoint(name=name, auth_mode="key", tags={"a": "b"})
    ).result()
    assert made.scoring_uri.endswith(f"/{name}/score")
    assert made.identity.principal_id
    before = ml.online_endpoints.get_keys(name)
    ml.online_endpoints.begin_regenerate_keys(name, key_type="primary").result()
    after = ml.online_endpoints.get_keys(name)
    assert before.primary_key != after.primary_key
    assert before.secondary_key == after.secondary_key
    assert name in [one.name for one in ml.online_endpoints.list()]
    ml.online_endpoints.begin_delete(name).result()
    with pytest.raises(ResourceNotFoundError):
        ml.online_endpoints.get(name)


def test_an_endpoint_with_tokens_gives_a_token_and_no_keys(ml: MLClient) -> None:
    name = "with-token"
    ml.online_endpoints.begin_create_or_update(
        ManagedOnlineEndpoint(name=name, auth_mode="aml_token")
    ).result()
    assert ml.online_endpoints.get_keys(name).access_token
    ml.online_endpoints.begin_delete(name).result()


def test_a_deployment_that_cannot_start_fails_with_the_services_code(ml: MLClient) -> None:
    """Without an environment there is nothing to run: quick, and no runtime is needed."""
    name = "cannot-start"
    ml.online_endpoints.begin_create_or_update(
        ManagedOnlineEndpoint(name=name, auth_mode="key")
    ).result()
    blue = ManagedOnlineDeployment(
        name="blue", endpoint_name=name, instance_type="Standard_DS2_v2", instance_count=1
    )
    with pytest.raises(HttpResponseError) as failed:
        ml.online_deployments.begin_create_or_update(blue).result()
    assert failed.value.error.code == "BadArgument"
    assert ml.online_deployments.get("blue", name).provisioning_state == "Failed"
    assert "BadArgument" in ml.online_deployments.get_logs("blue", name, lines=50)
    assert [one.name for one in ml.online_deployments.list(name)] == ["blue"]
    ml.online_deployments.begin_delete("blue", name).result()
    ml.online_endpoints.begin_delete(name).result()
