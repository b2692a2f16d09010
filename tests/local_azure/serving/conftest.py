"""The real runtime in environments from the ordinary cache, and a router before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from local_azure.serving.environments import Environments
from local_azure.serving.runtime import ProcessPlacement
from tests.local_azure.serving.builders import AnEndpoint, APlatform
from tests.local_azure.serving.flows import FLOWS, write_model


@pytest.fixture
def platform(tmp_path: Path) -> APlatform:
    made = APlatform()
    for flow in FLOWS:
        folder = write_model(flow, tmp_path / "models" / flow)
        made.folders[f"https://stlocal.blob.core.windows.net/models/{flow}"] = folder
    return made


@pytest.fixture(scope="session")
def environments() -> Environments:
    """The ordinary cache: what `make up` built is used, and the other way round."""
    made = Environments()
    asyncio.run(made.warm(print))
    return made


@pytest.fixture
async def placement(
    tmp_path: Path, platform: APlatform, environments: Environments
) -> AsyncIterator[ProcessPlacement]:
    made = ProcessPlacement(
        tmp_path / "home",
        platform=platform,
        identity_url="http://127.0.0.1:1/msi/token",
        egress={"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1,localhost"},
        environments=environments,
    )
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def endpoint(placement: ProcessPlacement, platform: APlatform) -> AsyncIterator[AnEndpoint]:
    made = AnEndpoint(placement, platform)
    runner = web.AppRunner(made.app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/echo"
    yield made
    await made.router.close()
    await runner.cleanup()
