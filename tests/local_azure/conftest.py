"""One local Azure for all tests of a session; tests keep apart by the names they use."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.identity import EnvironmentCredential

from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import LocalAzure

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    """A running local Azure with default settings."""
    with LocalAzure(tmp_path_factory.mktemp("azure")) as running:
        yield running


@pytest.fixture(scope="module")
def ml(azure: LocalAzure) -> Iterator[MLClient]:
    """The unmodified azure-ai-ml client, signed in as the deployer of the workspace."""
    with warnings.catch_warnings():  # marshmallow's, at import
        warnings.simplefilter("ignore")
        from azure.ai.ml import MLClient
    with azure.entered():
        yield MLClient(
            EnvironmentCredential(),
            subscription_id=azure.world.subscription_id,
            resource_group_name=azure.world.resource_group,
            workspace_name=azure.world.workspace,
        )


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineWorld]:
    """ARM alone, in this process: for rules, where nothing has to run."""
    made = EngineWorld(tmp_path)
    yield made
    made.close()
