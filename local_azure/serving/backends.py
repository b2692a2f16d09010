"""What is ready to score, per deployment, and what was counted there.

Written by the placement, read by the router at each request. Keys are ARM ids in any case.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from .counters import Counters, DeploymentMetrics, Minute
from .data_collector import Collector
from .placement import ComputeType


class Target:
    """One instance that listens."""

    __slots__ = ("in_flight", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        """http://host:port, without a slash at the end."""
        self.in_flight = 0


@dataclass(kw_only=True)
class Backend:
    """One generation of a deployment: its ready instances and its limits."""

    deployment: str
    limit: int
    """Requests in flight above which the service answers 429."""
    request_timeout: float
    """Seconds."""
    compute: ComputeType
    score_path: str
    health_path: str
    counters: Counters
    cores: int = 1
    """Of one instance, as its type has them."""
    collector: Collector | None = None
    targets: list[Target] = field(default_factory=list[Target])
    in_flight: int = 0

    def pick(self) -> Target | None:
        """The instance with the fewest requests in flight; None when none is ready."""
        return min(self.targets, key=lambda t: t.in_flight, default=None)

    def add(self, target: Target) -> None:
        """An instance is ready."""
        self.targets.append(target)

    def discard(self, target: Target) -> None:
        """An instance is gone or going."""
        if target in self.targets:
            self.targets.remove(target)

    async def drained(self, seconds: float) -> None:
        """Wait until nothing is in flight, at most `seconds`."""
        deadline = time.monotonic() + seconds
        while self.in_flight and time.monotonic() < deadline:  # noqa: ASYNC110  rare, and short
            await asyncio.sleep(0.02)


class Connections:
    """The clients of one endpoint since the last look."""

    def __init__(self) -> None:
        self._open: set[asyncio.BaseTransport] = set()
        self._new = 0
        self._bytes = 0

    def asks(self, client: asyncio.BaseTransport | None) -> None:
        """A request over a client's connection."""
        if client is not None and client not in self._open:
            self._open.add(client)
            self._new += 1

    def answered(self, size: int) -> None:
        """An answer with a body of `size` bytes."""
        self._bytes += size

    def look(self) -> tuple[int, int, int]:
        """Connections that are open, those new since the last look, and bytes served since."""
        self._open = {one for one in self._open if not one.is_closing()}
        seen = len(self._open), self._new, self._bytes
        self._new = self._bytes = 0
        return seen


class Backends:
    """All deployments that run, and what was counted of them and of their endpoints."""

    def __init__(self) -> None:
        self._backends: dict[str, Backend] = {}
        self._counters: dict[str, Counters] = {}
        self._connections: dict[str, Connections] = {}
        self.on_forget: Callable[[str], None] = lambda _: None
        """Called with the ARM id of what is forgotten."""

    def of(self, arm_id: str) -> Backend | None:
        """The generation that serves; None before the first is ready."""
        return self._backends.get(arm_id.lower())

    def counters(self, arm_id: str) -> Counters:
        """Of a deployment or an endpoint, kept until `forget`."""
        return self._counters.setdefault(arm_id.lower(), Counters())

    def counted(self) -> Iterable[tuple[str, Counters]]:
        """All counters, by ARM id in lower case."""
        return tuple(self._counters.items())

    def connections(self, arm_id: str) -> Connections:
        """Of an endpoint, kept until `forget`."""
        return self._connections.setdefault(arm_id.lower(), Connections())

    def connected(self) -> Iterable[tuple[str, Connections]]:
        """The connections of all endpoints that were ever asked, by ARM id in lower case."""
        return tuple(self._connections.items())

    def metrics(
        self, arm_id: str, *, since: float = 0.0, until: float = math.inf
    ) -> DeploymentMetrics | None:
        """Sums over [since, until) in Unix seconds; None for what never ran."""
        counters = self._counters.get(arm_id.lower())
        return counters and counters.metrics(since=since, until=until)

    def minutes(self, arm_id: str) -> Sequence[Minute]:
        """The minutes in which something was counted, for a time series."""
        counters = self._counters.get(arm_id.lower())
        return tuple(counters.minutes) if counters else ()

    def serve(self, arm_id: str, backend: Backend) -> Backend | None:
        """New requests go to `backend` from now on; returns what served before."""
        before = self._backends.get(arm_id.lower())
        self._backends[arm_id.lower()] = backend
        return before

    def withdraw(self, arm_id: str) -> Backend | None:
        """Nothing serves the deployment any more; returns what did."""
        return self._backends.pop(arm_id.lower(), None)

    def forget(self, arm_id: str) -> None:
        """Drop the counts of a deployment or an endpoint."""
        self._counters.pop(arm_id.lower(), None)
        self._connections.pop(arm_id.lower(), None)
        self.on_forget(arm_id)
