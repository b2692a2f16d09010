"""The rest of what the unmodified azure-ai-ml client can be asked of what is played here:
updating, archiving, downloading, deleting, and Kubernetes."""
# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# pyright: reportIndexIssue=false, reportOptionalSubscript=false
# (the SDK annotates unions of all that a call may ever return)

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.local_azure.world import LocalAzure

with warnings.catch_warnings():  # marshmallow's, at import
    warnings.simplefilter("ignore")
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import (
        AccountKeyConfiguration,
        ApiKeyConfiguration,
        AzureBlobDatastore,
        AzureOpenAIConnection,
        BuildContext,
        DataCollector,
        DeploymentCollection,
        Environment,
        KubernetesCompute,
        KubernetesOnlineDeployment,
        KubernetesOnlineEndpoint,
        ManagedOnlineDeployment,
        ManagedOnlineEndpoint,
        Model,
        WorkspaceConnection,
    )
    from azure.ai.ml.exceptions import MlException

pytestmark = [pytest.mark.local, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def endpoint(ml: MLClient) -> Iterator[str]:
    name = "operated-on"
    ml.online_endpoints.begin_create_or_update(
        ManagedOnlineEndpoint(name=name, auth_mode="key")
    ).result()
    yield name
    ml.online_endpoints.begin_delete(name).result()


def test_models_are_updated_archived_and_downloaded(ml: MLClient, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "words.txt").write_text("some words")
    ml.models.create_or_update(Model(name="kept", version="1", path=str(folder)))
    model = ml.models.get("kept", "1")
    model.description, model.tags = "said later", {"a": "b"}
    assert ml.models.create_or_update(model).description == "said later"
    assert ml.models.get("kept", "1").tags == {"a": "b"}
    ml.models.archive("kept", "1")
    ml.models.restore("kept", "1")
    assert "kept" in [one.name for one in ml.models.list()]
    ml.models.download("kept", "1", str(tmp_path / "down"))
    found = [path.read_text() for path in (tmp_path / "down").rglob("words.txt")]
    assert found == ["some words"]


def test_an_environment_is_updated_archived_and_built_from_files(
    ml: MLClient, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\n")
    made = ml.environments.create_or_update(
        Environment(name="built", version="1", build=BuildContext(path=str(tmp_path)))
    )
    assert made.build.path.startswith("https://")
    made = ml.environments.get("built", "1")
    made.description = "said later"
    ml.environments.create_or_update(made)
    assert ml.environments.get("built", "1").description == "said later"
    assert ml.environments.get("built", label="latest").version == "1"
    assert [one.version for one in ml.environments.list(name="built")] == ["1"]
    ml.environments.archive("built", "1")
    ml.environments.restore("built", "1")


def test_connections_are_updated_and_listed_by_type(ml: MLClient) -> None:
    for key in ("first-key", "second-key"):
        ml.connections.create_or_update(
            WorkspaceConnection(
                name="changing",
                type="custom",
                target="https://example.com/",
                credentials=ApiKeyConfiguration(key=key),
            )
        )
    assert ml.connections.get("changing", populate_secrets=True).credentials.key == "second-key"
    azure_openai = [one.name for one in ml.connections.list(connection_type="azure_open_ai")]
    assert "open_ai_connection" in azure_openai
    assert "changing" not in azure_openai
    keyless = ml.connections.create_or_update(
        AzureOpenAIConnection(
            name="keyless-sdk", azure_endpoint="https://local-openai.openai.azure.com/"
        )
    )
    assert keyless.credentials.type == "aad"
    for name in ("changing", "keyless-sdk"):
        ml.connections.delete(name)
        with pytest.raises(ResourceNotFoundError):
            ml.connections.get(name)


def test_datastores_come_and_go(ml: MLClient, azure: LocalAzure) -> None:
    ml.datastores.create_or_update(
        AzureBlobDatastore(
            name="theirs",
            account_name=azure.world.storage_account,
            container_name="azureml",
            credentials=AccountKeyConfiguration(account_key=azure.world.storage_key),
        )
    )
    shown = ml.datastores.get("theirs")
    assert (shown.account_name, shown.container_name) == (azure.world.storage_account, "azureml")
    secret = ml.datastores.get("theirs", include_secrets=True).credentials
    assert secret.account_key == azure.world.storage_key
    assert ml.datastores.get_default().name == "workspaceblobstore"
    ml.datastores.delete("theirs")
    with pytest.raises(ResourceNotFoundError):
        ml.datastores.get("theirs")


def test_an_endpoint_is_updated_in_place(ml: MLClient, endpoint: str, tmp_path: Path) -> None:
    before = ml.online_endpoints.get(endpoint)
    changed = ml.online_endpoints.get(endpoint)
    changed.tags, changed.description = {"team": "flows"}, "said later"
    after = ml.online_endpoints.begin_create_or_update(changed).result()
    assert (after.tags, after.description) == ({"team": "flows"}, "said later")
    assert after.identity.principal_id == before.identity.principal_id
    assert ml.online_endpoints.get_keys(endpoint).primary_key
    request = tmp_path / "request.json"
    request.write_text("{}")
    with pytest.raises(MlException, match="no valid deployment"):
        ml.online_endpoints.invoke(endpoint, request_file=str(request))


def test_a_deployment_keeps_what_azure_ai_ml_sends(ml: MLClient, endpoint: str) -> None:
    blue = ManagedOnlineDeployment(
        name="blue",
        endpoint_name=endpoint,
        instance_type="Standard_DS2_v2",
        instance_count=1,
        environment_variables={"A": "1"},
        data_collector=DataCollector(
            collections={"model_inputs": DeploymentCollection(enabled="true")}, sampling_rate=0.5
        ),
    )
    with pytest.raises(HttpResponseError):  # it has no environment, and need not start
        ml.online_deployments.begin_create_or_update(blue).result()
    shown = ml.online_deployments.get("blue", endpoint)
    assert shown.environment_variables == {"A": "1"}
    assert shown.data_collector.sampling_rate == 0.5
    assert ml.data.get("operated-on-blue-model_inputs", version="1")
    shown.instance_count, shown.data_collector = 3, None
    with pytest.raises(HttpResponseError):
        ml.online_deployments.begin_create_or_update(shown).result()
    assert [one.instance_count for one in ml.online_deployments.list(endpoint)] == [3]
    ml.online_deployments.begin_delete("blue", endpoint).result()
    with pytest.raises(ResourceNotFoundError):
        ml.online_deployments.get("blue", endpoint)
    with pytest.raises(ResourceNotFoundError):
        ml.online_deployments.get_logs("blue", endpoint, lines=5)


def test_a_cluster_is_attached_and_carries_an_endpoint(ml: MLClient, azure: LocalAzure) -> None:
    cluster = f"{azure.world.group}/providers/Microsoft.ContainerService/managedClusters/aks"
    ml.compute.begin_create_or_update(
        KubernetesCompute(name="k8s", resource_id=cluster, namespace="flows")
    ).result()
    assert ml.compute.get("k8s").namespace == "flows"
    assert "k8s" in [one.name for one in ml.compute.list()]
    name = "on-cluster"
    made = ml.online_endpoints.begin_create_or_update(
        KubernetesOnlineEndpoint(name=name, compute="k8s", auth_mode="key")
    ).result()
    assert made.compute.endswith("/computes/k8s")
    blue = KubernetesOnlineDeployment(name="blue", endpoint_name=name, instance_count=1)
    with pytest.raises(HttpResponseError) as failed:
        ml.online_deployments.begin_create_or_update(blue).result()
    assert failed.value.error.code == "BadArgument"  # accepted; it has no environment
    assert ml.online_deployments.get("blue", name).type == "Kubernetes"
    ml.online_endpoints.begin_delete(name).result()
    ml.compute.begin_delete("k8s", action="Detach").wait()
