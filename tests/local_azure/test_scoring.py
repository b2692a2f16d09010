"""A flow deployed, invoked and measured by the unmodified clients, with the real runtime; and
promptflow's own code that reads connections."""
# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# (the SDK annotates unions of all that a call may ever return)

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import warnings
from pathlib import Path

import httpx
import pytest
from azure.identity import EnvironmentCredential

from local_azure import control
from local_azure.arm.shape import JsonObject, items, number, text
from local_azure.serving.environments import Environments
from tests.local_azure.serving.builders import IMAGE
from tests.local_azure.serving.flows import write_model
from tests.local_azure.world import LocalAzure

with warnings.catch_warnings():  # marshmallow's, at import
    warnings.simplefilter("ignore")
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import (
        Environment,
        ManagedOnlineDeployment,
        ManagedOnlineEndpoint,
        Model,
        OnlineRequestSettings,
    )

pytestmark = [pytest.mark.local, pytest.mark.filterwarnings("ignore")]
READ_CONNECTION = """
import json, sys
from promptflow.core._connection_provider._connection_provider import ConnectionProvider
provider = ConnectionProvider.init_from_provider_config(sys.argv[1])
for name in sys.argv[2:]:
    found = provider.get(name)
    print(json.dumps([type(found).__name__, found.api_base, found.auth_mode, bool(found.api_key)]))
"""


@pytest.fixture(scope="module")
def runtime() -> Path:
    """The Python of the prompt flow runtime, from the ordinary cache."""
    return asyncio.run(Environments().warm(print))


def test_a_flow_from_upload_to_answer(azure: LocalAzure, runtime: Path, tmp_path: Path) -> None:
    name = "scored"
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"text": "hello"}))
    with azure.entered():
        world = azure.world
        ml = MLClient(
            EnvironmentCredential(), world.subscription_id, world.resource_group, world.workspace
        )
        ml.online_endpoints.begin_create_or_update(
            ManagedOnlineEndpoint(name=name, auth_mode="key")
        ).result()
        blue = ManagedOnlineDeployment(
            name="blue",
            endpoint_name=name,
            model=Model(name=name, version="1", path=str(write_model("shouting", tmp_path / "m"))),
            environment=Environment(name="pf", version="1", image=IMAGE),
            instance_type="Standard_DS2_v2",
            instance_count=1,
            environment_variables={
                "PROMPTFLOW_RUN_MODE": "serving",
                "PROMPTFLOW_WORKER_NUM": "1",
                "PROMPTFLOW_PROJECT_PATH": "/var/azureml-app/azureml-models/scored/1/m/shouting",
                "PRT_CONFIG_OVERRIDE": (
                    f"deployment.subscription_id={world.subscription_id},"
                    f"deployment.resource_group={world.resource_group},"
                    f"deployment.workspace_name={world.workspace},"
                    f"deployment.endpoint_name={name},deployment.deployment_name=blue"
                ),
            },
            request_settings=OnlineRequestSettings(request_timeout_ms=60000),
        )
        made = ml.online_deployments.begin_create_or_update(blue).result()
        assert made.provisioning_state == "Succeeded"
        assert "gunicorn" in ml.online_deployments.get_logs("blue", name, lines=200)
        endpoint = ml.online_endpoints.get(name)
        endpoint.traffic = {"blue": 100}
        assert ml.online_endpoints.begin_create_or_update(endpoint).result().traffic == {
            "blue": 100
        }
        answer = ml.online_endpoints.invoke(name, request_file=str(request))
        assert json.loads(answer) == {"answer": "HELLO"}
    _half_an_answer(azure, name)
    path = f"{azure.endpoint_id(name)}/providers/microsoft.insights/metrics"
    found = azure.arm("GET", path, query={"aggregation": "total", "interval": "FULL"})
    series = items(items(found.body, "value")[0], "timeseries")[0]
    assert number(items(series, "data")[-1], "total") >= 1
    _measured(azure, name)
    azure.must("DELETE", azure.endpoint_id(name))
    assert azure.arm("GET", f"{azure.endpoint_id(name)}/deployments/blue").status == 404


def _measured(azure: LocalAzure, name: str) -> None:
    """One instance, which needs memory and is at work."""
    azure.set(metrics_seconds=0.5)
    names = ("CpuUtilizationPercentage", "CpuMemoryUtilizationPercentage", "DeploymentCapacity")
    query = {"metricnames": ",".join(names), "interval": "FULL", "aggregation": "Maximum"}
    path = f"{azure.endpoint_id(name)}/deployments/blue/providers/microsoft.insights/metrics"
    key = text(azure.arm("POST", f"{azure.endpoint_id(name)}/listKeys").body, "primaryKey")
    headers = {"Authorization": f"Bearer {key}"}
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        url = f"{azure.url}/{name}/score"
        httpx.post(url, headers=headers, json={"text": "hello"}, trust_env=False)
        found = azure.arm("GET", path, query=query)
        points = [items(items(one, "timeseries")[0], "data") for one in items(found.body, "value")]
        cpu, memory, capacity = (number(held[-1], "maximum") for held in points)
        if cpu and memory:
            break
    azure.set(metrics_seconds=10)
    assert 0 < cpu <= 100
    assert 0.1 < memory < 50
    assert capacity == 1


def _half_an_answer(azure: LocalAzure, name: str) -> None:
    """Scoring is spoilt on its way back, whether it is streamed or not."""
    key = text(azure.arm("POST", f"{azure.endpoint_id(name)}/listKeys").body, "primaryKey")
    for accept in ("application/json", "text/event-stream"):
        fault = {"kind": "half", "host": "127.0.0.1", "path": f"/{name}/score"}
        control.ask(azure.home, "POST", "/_local/faults", body=fault)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(
                f"{azure.url}/{name}/score",
                headers={"Authorization": f"Bearer {key}", "Accept": accept},
                json={"text": "hello"},
                trust_env=False,
                timeout=30,
            )


def test_promptflow_reads_connections_with_and_without_a_key(
    azure: LocalAzure, runtime: Path, tmp_path: Path
) -> None:
    account = f"https://{azure.world.openai_account}.openai.azure.com/"
    keyless: JsonObject = {
        "authType": "AAD",
        "category": "AzureOpenAI",
        "target": account,
        "metadata": {"ApiType": "azure", "ApiVersion": "2024-02-01"},
    }
    azure.must("PUT", f"{azure.workspace}/connections/without-key", {"properties": keyless})
    done = subprocess.run(
        [
            *(str(runtime), "-c", READ_CONNECTION, f"azureml:/{azure.workspace}"),
            *("open_ai_connection", "without-key"),
        ],
        env={**azure.environment(), "HOME": str(tmp_path), "PF_DISABLE_TRACING": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        ["AzureOpenAIConnection", account, "key", True],
        ["AzureOpenAIConnection", account, "meid_token", False],
    ]
    assert azure.world.openai_key not in done.stderr
    azure.must("DELETE", f"{azure.workspace}/connections/without-key")
    assert text(azure.arm("GET", f"{azure.workspace}/connections/without-key").body, "id") == ""
