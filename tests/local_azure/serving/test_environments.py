"""Environments with packages of their own, on the real base."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from local_azure.serving.environments import Environments
from local_azure.serving.placement import EnvironmentSpec, PlacementError
from tests.local_azure.serving.builders import IMAGE, APlatform

CONTEXT = "https://stlocal.blob.core.windows.net/contexts/1"


def a_context(platform: APlatform, folder: Path, **files: str) -> EnvironmentSpec:
    for name, text in files.items():
        path = folder / name.replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    platform.folders[CONTEXT] = folder
    return EnvironmentSpec(name="own", version="1", build_context=CONTEXT)


def imported(python: Path, code: str) -> str:
    return subprocess.run(
        [python, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


async def test_a_build_context_adds_to_the_runtime(
    environments: Environments, platform: APlatform, tmp_path: Path
) -> None:
    spec = a_context(
        platform,
        tmp_path / "context",
        Dockerfile=f"FROM {IMAGE}\nENV GREETING=hello\nCOPY . .\nRUN pip install -r deps.txt",
        deps_txt=f"iniconfig==2.1.0  # {uuid.uuid4()}: no other run has built it",
    )
    log: list[str] = []
    prepared = await environments.prepare(spec, fetch=platform.download, log=log.append)
    try:
        assert prepared.variables == {"GREETING": "hello"}
        code = "import iniconfig, promptflow.core; print(iniconfig.__name__)"
        assert await asyncio.to_thread(imported, prepared.python, code) == "iniconfig"
        again = await environments.prepare(spec, fetch=platform.download, log=log.append)
        assert again.python == prepared.python
        assert log.count("pip install -r ./deps.txt") == 1
    finally:
        await asyncio.to_thread(shutil.rmtree, prepared.python.parent.parent)


@pytest.mark.parametrize("through", ["context", "conda"])
async def test_a_failing_pip_is_told_with_its_output(
    environments: Environments, platform: APlatform, tmp_path: Path, through: str
) -> None:
    bad = "this is no requirement"
    if through == "conda":
        conda = f"dependencies:\n  - python=3.9\n  - pip:\n      - {bad}\n"
        spec = EnvironmentSpec(name="own", version="2", image=IMAGE, conda_file=conda)
    else:
        docker = f"FROM {IMAGE}\nCOPY requirements.txt .\nRUN pip install -r requirements.txt"
        spec = a_context(platform, tmp_path / "c", Dockerfile=docker, requirements_txt=bad)
    log: list[str] = []
    with pytest.raises(PlacementError) as failure:
        await environments.prepare(spec, fetch=platform.download, log=log.append)
    assert failure.value.code == "ImageBuildFailure"
    assert f"own:{spec.version}" in failure.value.message
    assert any("requirement" in line for line in log)
    assert any("python=3.9" in line for line in log) is (through == "conda")


async def test_other_images_are_refused_by_name(
    environments: Environments, platform: APlatform, tmp_path: Path
) -> None:
    image = "docker.io/vllm/vllm-openai:latest"
    spec = EnvironmentSpec(name="own", version="3", image=image)
    with pytest.raises(PlacementError, match="vllm-openai:latest") as refused:
        await environments.prepare(spec, fetch=platform.download, log=print)
    assert refused.value.code == "BadArgument"
    spec = a_context(platform, tmp_path / "c", Dockerfile=f"FROM {image}")
    with pytest.raises(PlacementError, match="vllm-openai:latest"):
        await environments.prepare(spec, fetch=platform.download, log=print)
    spec = a_context(platform, tmp_path / "d", other="x")
    with pytest.raises(PlacementError, match="no Dockerfile"):
        await environments.prepare(spec, fetch=platform.download, log=print)
