"""One local Azure for all tests of a session; tests keep apart by the names they use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import LocalAzure


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    """A running local Azure with default settings."""
    with LocalAzure(tmp_path_factory.mktemp("azure")) as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineWorld]:
    """ARM alone, in this process: for rules, where nothing has to run."""
    made = EngineWorld(tmp_path)
    yield made
    made.close()
