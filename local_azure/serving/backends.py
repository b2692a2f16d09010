"""What is ready to score, per deployment, and what was counted there.

Written by the placement, read by the router at each request. Keys are ARM ids in any case.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .data_collector import Collector
from .placement import ComputeType

_GROWTH = math.log(1.05)
_MINUTES = 24 * 60


class Target:
    """One instance that listens."""

    __slots__ = ("in_flight", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        """http://host:port, without a slash at the end."""
        self.in_flight = 0


@dataclass(kw_only=True)
class Minute:
    """What was counted in one minute (`start`: Unix seconds)."""

    start: int
    statuses: Counter[int] = field(default_factory=Counter[int])
    """Requests by the status that the caller saw."""
    model_statuses: Counter[int] = field(default_factory=Counter[int])
    """Requests by the status that the model gave, where it answered."""
    latencies: Counter[int] = field(default_factory=Counter[int])
    """Requests by the logarithm (base 1.05) of their milliseconds."""
    total_ms: float = 0.0


@dataclass(frozen=True, kw_only=True)
class DeploymentMetrics:
    """Sums over a span of time. Latencies in milliseconds, exact to 3 %."""

    requests: int
    errors: int
    """Answers of 400 and above."""
    statuses: Mapping[int, int]
    model_statuses: Mapping[int, int]
    average: float
    p50: float
    p90: float
    p95: float
    p99: float


class Counters:
    """Requests of one deployment by the minute, for a day. Survives its generations."""

    def __init__(self) -> None:
        self.minutes: deque[Minute] = deque(maxlen=_MINUTES)

    def count(self, status: int, seconds: float, *, model_status: int | None = None) -> None:
        """One request that ended now with `status` after `seconds`."""
        start = int(time.time()) // 60 * 60
        if not self.minutes or self.minutes[-1].start != start:
            self.minutes.append(Minute(start=start))
        minute = self.minutes[-1]
        milliseconds = seconds * 1000
        minute.statuses[status] += 1
        if model_status is not None:
            minute.model_statuses[model_status] += 1
        minute.latencies[round(math.log(max(milliseconds, 0.01)) / _GROWTH)] += 1
        minute.total_ms += milliseconds

    def metrics(self, *, since: float = 0.0, until: float = math.inf) -> DeploymentMetrics:
        """Sums over the minutes that begin in [since, until), in Unix seconds."""
        chosen = [m for m in self.minutes if since <= m.start < until]
        statuses = sum((m.statuses for m in chosen), Counter[int]())
        latencies = sum((m.latencies for m in chosen), Counter[int]())
        requests = sum(statuses.values())
        ranks = [_percentile(latencies, p) for p in (0.5, 0.9, 0.95, 0.99)]
        return DeploymentMetrics(
            requests=requests,
            errors=sum(n for status, n in statuses.items() if status >= 400),
            statuses=dict(statuses),
            model_statuses=dict(sum((m.model_statuses for m in chosen), Counter[int]())),
            average=sum(m.total_ms for m in chosen) / requests if requests else 0.0,
            p50=ranks[0],
            p90=ranks[1],
            p95=ranks[2],
            p99=ranks[3],
        )


def _percentile(latencies: Counter[int], share: float) -> float:
    wanted = math.ceil(sum(latencies.values()) * share)
    seen = 0
    for bucket in sorted(latencies):
        seen += latencies[bucket]
        if seen >= wanted:
            return math.exp(bucket * _GROWTH)
    return 0.0


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


class Backends:
    """All deployments that run."""

    def __init__(self) -> None:
        self._backends: dict[str, Backend] = {}
        self._counters: dict[str, Counters] = {}

    def of(self, arm_id: str) -> Backend | None:
        """The generation that serves; None before the first is ready."""
        return self._backends.get(arm_id.lower())

    def counters(self, arm_id: str) -> Counters:
        """Of the deployment, kept until `forget`."""
        return self._counters.setdefault(arm_id.lower(), Counters())

    def metrics(
        self, arm_id: str, *, since: float = 0.0, until: float = math.inf
    ) -> DeploymentMetrics | None:
        """Sums over [since, until) in Unix seconds; None for what never ran."""
        counters = self._counters.get(arm_id.lower())
        return counters and counters.metrics(since=since, until=until)

    def minutes(self, arm_id: str) -> Sequence[Minute]:
        """The minutes in which requests ended, for a time series."""
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
        """Drop the counts."""
        self._counters.pop(arm_id.lower(), None)
