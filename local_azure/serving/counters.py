"""What is counted and sampled of a deployment or an endpoint, by the minute, for a day."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

_GROWTH = math.log(1.05)
_DAY = 24 * 3600
CPU = "CpuUtilizationPercentage"
MEMORY = "CpuMemoryUtilizationPercentage"
CAPACITY = "DeploymentCapacity"
ACTIVE = "ConnectionsActive"
NEW = "NewConnectionsPerSecond"
BYTES = "NetworkBytes"


@dataclass(kw_only=True)
class Gauge:
    """Samples of one quantity."""

    count: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def add(self, value: float) -> None:
        """One more sample."""
        self.merge(Gauge(count=1, total=value, low=value, high=value))

    def merge(self, other: Gauge) -> None:
        """All samples of another one."""
        self.count += other.count
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Which quantity of what: `instance` and `state` are "" for the whole."""

    metric: str
    instance: str = ""
    state: str = ""


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
    gauges: dict[Sampled, Gauge] = field(default_factory=dict[Sampled, Gauge])


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
    """Of one deployment or endpoint. Survives the generations of a deployment."""

    def __init__(self) -> None:
        self.minutes: deque[Minute] = deque(maxlen=_DAY // 60)
        self.changes = 0
        """Grows with all that is counted: what was written at a smaller one is old."""

    def count(self, status: int, seconds: float, *, model_status: int | None = None) -> None:
        """One request that ended now with `status` after `seconds`."""
        minute = self._minute()
        milliseconds = seconds * 1000
        minute.statuses[status] += 1
        if model_status is not None:
            minute.model_statuses[model_status] += 1
        minute.latencies[round(math.log(max(milliseconds, 0.01)) / _GROWTH)] += 1
        minute.total_ms += milliseconds

    def observe(self, what: Sampled, value: float) -> None:
        """One sample, taken now."""
        self._minute().gauges.setdefault(what, Gauge()).add(value)

    def _minute(self) -> Minute:
        self.changes += 1
        start = int(time.time()) // 60 * 60
        if not self.minutes or self.minutes[-1].start != start:
            self.minutes.append(Minute(start=start))
            while self.minutes[0].start <= start - _DAY:
                self.minutes.popleft()
        return self.minutes[-1]

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
