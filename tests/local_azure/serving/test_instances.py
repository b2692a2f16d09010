"""Several instances of one deployment, on a Kubernetes compute."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from local_azure.serving.environments import Environments
from local_azure.serving.runtime import ProcessPlacement
from tests.local_azure.serving.builders import AnEndpoint, APlatform, a_deployment

KEY = {"Authorization": "Bearer first-key"}


async def test_instances_are_processes_up_to_a_cap(
    endpoint: AnEndpoint, platform: APlatform, environments: Environments, tmp_path: Path
) -> None:
    placement = ProcessPlacement(
        tmp_path / "capped",
        platform=platform,
        identity_url="http://127.0.0.1:1/msi/token",
        egress={},
        environments=environments,
        max_instances=2,
    )
    spec = a_deployment(instance_count=3, max_concurrent_requests=1, compute="Kubernetes")
    await placement.place(spec)
    try:
        assert "note: instance_count is 3; 2 run locally" in placement.logs(
            spec.arm_id, "InferenceServer", tail=500
        )
        backend = placement.backends.of(spec.arm_id)
        assert backend is not None
        assert len({target.url for target in backend.targets}) == 2
        assert backend.limit == 6  # of what was asked for: 2 x concurrency x instances

        endpoint.placement.backends.serve(spec.arm_id, backend)
        endpoint.deployments["blue"] = spec.arm_id
        endpoint.traffic["blue"] = 100
        async with aiohttp.ClientSession(headers=KEY) as client:
            url = f"{endpoint.url}/score"
            slow = {"text": "slow", "delay": 0.5}
            asked = [asyncio.create_task(_status(client, url, slow)) for _ in range(2)]
            while sum(target.in_flight for target in backend.targets) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert [target.in_flight for target in backend.targets] == [1, 1]
            assert await asyncio.gather(*asked) == [200, 200]
            # As the model gave it: only managed endpoints turn it into a 424.
            assert await _status(client, url, {"text": "fail"}) == 400
    finally:
        await placement.close()


async def _status(client: aiohttp.ClientSession, url: str, body: Mapping[str, object]) -> int:
    async with client.post(url, json=body) as answer:
        return answer.status
