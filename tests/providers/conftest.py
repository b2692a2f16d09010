"""Provider tests: what providers decide, against an ARM in memory and a clock of our own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from components.providers import (
    connection,
    container_logs,
    permissions,
    registered_asset,
    revival,
    role_age,
    role_assignment,
    scoring,
    smoke_request,
    traffic,
)
from tests.providers.fake_arm import Clock, FakeArm

MODULES = (
    connection,
    container_logs,
    registered_asset,
    revival,
    role_age,
    role_assignment,
    scoring,
    permissions,
    smoke_request,
    traffic,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time without waiting."""
    clock = Clock()
    monkeypatch.setattr(smoke_request, "time", clock)
    monkeypatch.setattr(traffic, "time", clock)
    monkeypatch.setattr(revival, "time", clock)
    monkeypatch.setattr(role_assignment, "time", clock)
    return clock


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Callable[[FakeArm], FakeArm]:
    """Makes the providers speak to an ARM in memory."""

    def use(arm: FakeArm) -> FakeArm:
        for module in MODULES:
            monkeypatch.setattr(module, "arm", lambda: arm)
        return arm

    return use
