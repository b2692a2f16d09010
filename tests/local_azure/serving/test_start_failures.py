"""Starts that fail as they do in the cloud: code, reason, stage, and both logs afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from local_azure.serving import storage_initializer as initializer
from local_azure.serving.placement import EnvironmentSpec, PlacementError, PlacementSpec, Probe
from local_azure.serving.runtime import ProcessPlacement
from local_azure.serving.start_gate import StartGate
from tests.local_azure.serving.builders import IMAGE, PRINCIPAL, APlatform, a_deployment

OWN_IMAGE = EnvironmentSpec(name="e", version="1", image="crlocal.azurecr.io/promptflow-runtime:1")


async def failure(placement: ProcessPlacement, spec: PlacementSpec) -> PlacementError:
    with pytest.raises(PlacementError) as caught:
        await placement.place(spec)
    assert placement.backends.of(spec.arm_id) is None
    return caught.value


def logs(placement: ProcessPlacement, spec: PlacementSpec) -> tuple[str, str]:
    """Of the storage initializer and of the inference server."""
    return (
        placement.logs(spec.arm_id, "StorageInitializer", tail=100),
        placement.logs(spec.arm_id, "InferenceServer", tail=200),
    )


def changed(platform: APlatform, before: str, after: str) -> None:
    """Another line in the flow's code."""
    code = platform.folders[a_deployment().model_uri or ""] / "shouting" / "shout.py"
    code.write_text(code.read_text().replace(before, after))


async def test_the_image_may_not_be_pulled(
    placement: ProcessPlacement, platform: APlatform
) -> None:
    platform.forbidden.add(initializer.PULL)
    spec = a_deployment(environment=OWN_IMAGE)
    error = await failure(placement, spec)
    assert error.code == "BadArgument"
    assert "AcrPull" in error.message
    storage, server = logs(placement, spec)
    assert "Failed to pull image from crlocal.azurecr.io: 403 Forbidden" in storage
    assert "UserContainerImagePull: Failed" in server
    assert "ModelDownload" not in server


async def test_the_model_may_not_be_read(placement: ProcessPlacement, platform: APlatform) -> None:
    platform.forbidden.add(initializer.READ_BLOB)
    spec = a_deployment()
    error = await failure(placement, spec)
    assert error.code == "BadArgument"
    assert "Storage Blob Data Reader" in error.message
    storage, server = logs(placement, spec)
    assert f"AuthorizationPermissionMismatch (403): {PRINCIPAL}" in storage
    assert "UserContainerImagePull: Succeeded\nModelDownload: Failed" in server
    assert "UserContainerStart" not in server


async def test_a_package_is_missing(placement: ProcessPlacement, platform: APlatform) -> None:
    changed(platform, "import os\n", "import os\nimport nltk_that_nobody_installed\n")
    spec = a_deployment()
    error = await failure(placement, spec)
    assert error.code == "ResourceNotReady"
    assert "No module named 'nltk_that_nobody_installed'" in error.message
    storage, server = logs(placement, spec)
    assert "Downloaded 2 files" in storage
    assert "ModelDownload: Succeeded\nUserContainerStart: Failed" in server
    assert "ModuleNotFoundError" in server


async def test_the_code_crashes_when_it_is_imported(
    placement: ProcessPlacement, platform: APlatform
) -> None:
    changed(platform, "import os\n", "import os\nos.environ['NOBODY_SET_THIS']\n")
    spec = a_deployment()
    error = await failure(placement, spec)
    assert error.code == "ResourceNotReady"
    assert "User container has crashed or terminated" in error.message
    assert "NOBODY_SET_THIS" in error.message.splitlines()[0]
    assert "Traceback" in logs(placement, spec)[1]


async def test_the_process_ends_without_a_word(
    placement: ProcessPlacement, platform: APlatform
) -> None:
    changed(platform, "import os\n", "import os\nos._exit(3)\n")
    error = await failure(placement, a_deployment())
    assert error.code == "ResourceNotReady"
    assert "crashed or terminated" in error.message


async def test_the_readiness_probe_is_never_good(placement: ProcessPlacement) -> None:
    route = {"path": "/ready", "port": 8080}
    config = {"readinessRoute": route, "livenessRoute": route, "scoringRoute": {"path": "/score"}}
    environment = EnvironmentSpec(name="e", version="1", image=IMAGE, inference_config=config)
    probe = Probe(failure_threshold=3)
    spec = a_deployment(environment=environment, readiness=probe)
    error = await failure(placement, spec)
    assert error.code == "ResourceNotReady"
    assert "the readiness probe GET /ready was answered with 404 3 times" in error.message
    server = logs(placement, spec)[1]
    assert "UserContainerStart: Failed" in server
    assert "Listening at" in server


async def test_a_failed_start_can_be_tried_again(
    placement: ProcessPlacement, platform: APlatform, tmp_path: Path
) -> None:
    platform.forbidden.add(initializer.READ_BLOB)
    await failure(placement, a_deployment())
    platform.forbidden.clear()
    await placement.place(a_deployment())
    server = logs(placement, a_deployment())[1]
    assert "UserContainerStart: Succeeded" in server.partition("Container logs")[0]
    platform.forbidden.add(initializer.READ_BLOB)
    with pytest.raises(PlacementError):
        await placement.place(replace(a_deployment(), request_timeout=7))
    stages = logs(placement, a_deployment())[1].partition("Container logs")[0]
    assert "UserContainerStart" not in stages  # nothing is left of the start before
    assert placement.backends.of(a_deployment().arm_id) is not None


async def test_only_so_many_start_at_once() -> None:
    gate = StartGate(2, longest=0.2)
    inside: list[int] = []
    most = 0

    async def start(number: int, seconds: float) -> None:
        nonlocal most
        async with gate.slot():
            inside.append(number)
            most = max(most, len(inside))
            try:
                await asyncio.sleep(seconds)
            finally:
                inside.remove(number)

    await asyncio.gather(*(start(number, 0.02) for number in range(8)))
    assert most == 2
    stuck = [asyncio.create_task(start(number, 30)) for number in range(2)]
    await asyncio.wait_for(start(9, 0), 5)  # who never gets ready does not hold up the others
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)
    await asyncio.gather(*(start(number, 0.02) for number in range(4)))
    assert most == 3  # the two that were stuck, and the one behind them
