"""The real prompt flow runtime behind the real router."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
import psutil
import pytest

from local_azure.serving.counters import DeploymentMetrics
from local_azure.serving.deployment_folders import temporary_root
from local_azure.serving.environments import Environments
from local_azure.serving.placement import PlacementError
from local_azure.serving.runtime import ProcessPlacement
from tests.local_azure.serving.builders import AnEndpoint, APlatform, a_deployment

KEY = {"Authorization": "Bearer second-key"}


async def ask(
    endpoint: AnEndpoint, text: str, *, delay: float = 0
) -> tuple[int, dict[str, object], Mapping[str, str]]:
    """Status, JSON body and headers of one request to the shouting flow."""
    async with (
        aiohttp.ClientSession(headers=KEY) as client,
        client.post(f"{endpoint.url}/score", json={"text": text, "delay": delay}) as answer,
    ):
        document: dict[str, object] = {}
        if answer.content_type == "application/json":
            document = await answer.json()
        return answer.status, document, answer.headers


def processes_below(home: Path) -> list[psutil.Process]:
    """Processes of deployments whose home is below `home`."""
    return [p for p in psutil.process_iter() if _home_of(p).startswith(str(home))]


def _home_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("HOME", "")
    except psutil.Error:
        return ""


async def test_a_flow_is_served_with_nothing_of_the_deployer_in_it(
    endpoint: AnEndpoint, platform: APlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "the deployer's")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "the deployer's")
    platform.connections["search"] = {"credentials": {"key": "of the connection"}, "target": "t"}
    spec = a_deployment()
    reference = "${{azureml://connections/search/credentials/key}}"
    spec = replace(
        spec, environment_variables={**spec.environment_variables, "SEARCH_KEY": reference}
    )
    await endpoint.place(spec)

    status, answer, headers = await ask(endpoint, "hello")
    assert (status, answer) == (200, {"answer": "HELLO"})
    assert headers["azureml-model-deployment"] == "blue"
    assert headers["x-ms-request-id"]

    async def variable(name: str) -> object:
        return (await ask(endpoint, f"env {name}"))[1]["answer"]

    assert await variable("AZURE_CLIENT_SECRET") == "(unset)"
    assert await variable("PULUMI_CONFIG_PASSPHRASE") == "(unset)"
    assert await variable("SEARCH_KEY") == "of the connection"
    assert str(await variable("HOME")).startswith(str(tmp_path))
    temporary = Path(str(await variable("TMPDIR")))
    assert temporary.parent == temporary_root(tmp_path / "home")
    left = os.listdir(temporary)  # noqa: PTH208  of prompt flow's telemetry, in each process
    assert [name for name in left if name.startswith("Microsoft-AzureMonitor-")]
    assert str(await variable("AZUREML_MODEL_DIR")).endswith("1/azureml-models/shouting/1")

    log = endpoint.placement.logs(spec.arm_id, "InferenceServer", tail=500)
    assert "UserContainerStart: Succeeded" in log
    assert "Booting worker" in log
    assert "Downloaded 2 files" in endpoint.placement.logs(spec.arm_id, "StorageInitializer")

    await endpoint.placement.remove(spec.arm_id.upper())
    assert processes_below(tmp_path) == []
    assert not os.path.exists(temporary)  # noqa: PTH110, ASYNC240
    assert endpoint.placement.logs(spec.arm_id, "InferenceServer") == ""


async def test_what_the_model_says_comes_through_as_on_azure(endpoint: AnEndpoint) -> None:
    await endpoint.place(a_deployment(request_timeout=1.0, max_concurrent_requests=2))

    status, answer, headers = await ask(endpoint, "fail")
    assert status == 424
    assert headers["ms-azureml-model-error-statuscode"] == "400"
    assert "I was told to fail" in json.dumps(answer)

    status, _, _ = await ask(endpoint, "slow", delay=3)
    assert status == 408
    await asyncio.sleep(2.2)  # the runtime knows nothing of the timeout and ends its sleep

    many = await asyncio.gather(*(ask(endpoint, "busy", delay=0.5) for _ in range(6)))
    refused = [headers for status, _, headers in many if status == 429]
    assert len(refused) == 2
    assert refused[0]["ms-azureml-model-error-reason"] == "too_many_pending_request"

    metrics = endpoint.placement.backends.metrics(endpoint.deployments["blue"])
    assert isinstance(metrics, DeploymentMetrics)
    assert metrics.statuses == {200: 4, 408: 1, 424: 1, 429: 2}
    assert metrics.errors == 4
    assert 300 < metrics.p90 < 1500


@pytest.mark.parametrize("engine", ["flask", "fastapi"])
async def test_a_stream_is_not_buffered(endpoint: AnEndpoint, engine: str) -> None:
    spec = a_deployment(flow="counting")
    variables = {**spec.environment_variables, "PROMPTFLOW_SERVING_ENGINE": engine}
    await endpoint.place(replace(spec, environment_variables=variables))
    arrivals: list[float] = []
    text = ""
    async with (
        aiohttp.ClientSession() as client,
        client.post(
            f"{endpoint.url}/score",
            json={"upto": 5, "pause": 0.2},
            headers={**KEY, "Accept": "text/event-stream"},
        ) as answer,
    ):
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        async for chunk in answer.content.iter_any():
            arrivals.append(time.monotonic())
            text += chunk.decode()
    assert [json.loads(e[6:])["output"] for e in text.split("\n\n") if e] == [
        f"{n} " for n in range(5)
    ]
    assert arrivals[-1] - arrivals[0] > 0.5


async def test_a_new_generation_takes_over_without_a_gap(
    endpoint: AnEndpoint, platform: APlatform, tmp_path: Path
) -> None:
    spec = a_deployment(instance_count=2)
    await endpoint.place(spec)
    before = {p.pid for p in processes_below(tmp_path)}
    (flow,) = (tmp_path / "models" / "shouting").iterdir()
    code = flow / "shout.py"
    code.write_text(code.read_text().replace("text.upper()", 'text.upper() + "!"'))

    answers: list[tuple[int, object]] = []
    placed = asyncio.ensure_future(endpoint.placement.place(spec))
    while not placed.done():
        status, answer, _ = await ask(endpoint, "hello", delay=0.05)
        answers.append((status, answer.get("answer")))
    await placed
    assert {status for status, _ in answers} == {200}
    assert (await ask(endpoint, "hello"))[1] == {"answer": "HELLO!"}
    assert not before & {p.pid for p in processes_below(tmp_path)}

    code.write_text("import a_package_that_nobody_installed\n" + code.read_text())
    with pytest.raises(PlacementError) as failure:
        await endpoint.placement.place(replace(spec, instance_count=1))
    assert failure.value.code == "ResourceNotReady"
    assert "No module named 'a_package_that_nobody_installed'" in failure.value.message
    assert "a_package_that_nobody_installed" in endpoint.placement.logs(
        spec.arm_id, "InferenceServer", tail=100
    )
    assert (await ask(endpoint, "hello"))[1] == {"answer": "HELLO!"}
    assert (
        len([d for d in (tmp_path / "home/deployments/echo/blue").iterdir() if d.name.isdigit()])
        == 1
    )


async def test_what_ends_is_started_again_and_what_is_left_over_is_ended(
    endpoint: AnEndpoint, platform: APlatform, environments: Environments, tmp_path: Path
) -> None:
    await endpoint.place(a_deployment())
    status, _, headers = await ask(endpoint, "die")
    assert status == 424
    assert headers["ms-azureml-model-error-statuscode"] == "502"

    record = tmp_path / "home" / "deployments" / "processes.json"
    (leader,) = json.loads(record.read_text())
    psutil.Process(int(leader)).kill()
    for _ in range(300):
        status, _, _ = await ask(endpoint, "hello")
        if status == 200 and leader not in json.loads(record.read_text()):
            break
        await asyncio.sleep(0.1)
    assert status == 200

    (second,) = json.loads(record.read_text())
    later = ProcessPlacement(
        tmp_path / "home", platform=platform, identity_url="", egress={}, environments=environments
    )
    assert await later.open() == 1
    assert int(second) not in {process.pid for process in processes_below(tmp_path)}
    await endpoint.placement.close()
    assert processes_below(tmp_path) == []
