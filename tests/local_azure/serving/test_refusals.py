"""Deployments that cannot start: the reason is in the error, and the log stays readable."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from local_azure.serving.placement import EnvironmentSpec, PlacementError, PlacementSpec
from local_azure.serving.runtime import ProcessPlacement
from tests.local_azure.serving.builders import IMAGE, APlatform, a_deployment


async def refused(placement: ProcessPlacement, spec: PlacementSpec) -> PlacementError:
    with pytest.raises(PlacementError) as failure:
        await placement.place(spec)
    assert placement.backends.of(spec.arm_id) is None
    return failure.value


def probing(path: str, port: int) -> EnvironmentSpec:
    route = {"path": path, "port": port}
    routes = {"readinessRoute": route, "livenessRoute": route, "scoringRoute": {"path": "/score"}}
    return EnvironmentSpec(name="e", version="1", image=IMAGE, inference_config=routes)


async def test_a_scoring_script(placement: ProcessPlacement) -> None:
    error = await refused(placement, a_deployment(scoring_script="score.py"))
    assert error.code == "BadArgument"
    assert "score.py" in error.message


async def test_no_environment(placement: ProcessPlacement) -> None:
    assert "no environment" in (await refused(placement, a_deployment(environment=None))).message


async def test_a_model_without_a_folder(
    placement: ProcessPlacement, platform: APlatform, tmp_path: Path
) -> None:
    bare = tmp_path / "models" / "shouting" / "shouting"
    platform.folders[a_deployment().model_uri or ""] = bare
    (bare / "flow.dag.yaml").rename(bare / "only.yaml")
    (bare / "shout.py").unlink()
    error = await refused(placement, a_deployment())
    assert "holds only.yaml" in error.message
    nothing = replace(a_deployment(), model_uri=None)
    assert "no model" in (await refused(placement, nothing)).message


async def test_a_probe_on_another_port(placement: ProcessPlacement) -> None:
    error = await refused(placement, a_deployment(environment=probing("/health", 5001)))
    assert error.code == "ResourceNotReady"
    assert "port 5001" in error.message


async def test_no_word_of_the_workspace(placement: ProcessPlacement) -> None:
    variables = {"PROMPTFLOW_RUN_MODE": "serving", "PROMPTFLOW_WORKER_NUM": "1"}
    error = await refused(placement, a_deployment(environment_variables=variables))
    assert "MissingConnectionProvider" in error.message


async def test_stopping_while_a_deployment_starts(placement: ProcessPlacement) -> None:
    starting = asyncio.ensure_future(placement.place(a_deployment()))
    await asyncio.sleep(0.5)
    await placement.close()
    with pytest.raises(PlacementError):
        await starting
