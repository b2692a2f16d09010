"""A fake ARM and a plugin that speaks to it, new for every test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.local_azure.plugin.driver import Plugin
from tests.local_azure.plugin.fake_arm import FakeArm, FakeArmServer


@pytest.fixture
def arm(tmp_path: Path) -> Iterator[FakeArm]:
    with FakeArmServer(tmp_path / "home") as served:
        yield served


@pytest.fixture
def plugin(arm: FakeArm) -> Iterator[Plugin]:
    with closing(Plugin(arm)) as configured:
        yield configured
