"""Time series out of what the router counts by the minute. Pure; knows nothing of ARM.

A deployment keeps its counts for a day, and loses them when the service restarts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from local_azure.serving.backends import Counters, DeploymentMetrics, Minute

Pick = Callable[[Minute], int]
"""How many of a minute's requests count."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric as Azure Monitor names it."""

    name: str
    unit: str
    about: str
    latency: Callable[[DeploymentMetrics], float] | None = None
    """What of the sums it shows; None for the number of requests."""
    split: bool = False
    """Whether it can be split by status."""


REQUESTS = Metric(
    name="RequestsPerMinute", unit="Count", about="Requests within a minute", split=True
)


def _latency(end: str, about: str, shown: Callable[[DeploymentMetrics], float]) -> Metric:
    return Metric(name=f"RequestLatency{end}", unit="Milliseconds", about=about, latency=shown)


METRICS: tuple[Metric, ...] = (
    REQUESTS,
    _latency("", "Average time of a request", lambda m: m.average),
    _latency("_P50", "Time within which half of the requests ended", lambda m: m.p50),
    _latency("_P90", "Time within which 90 % of the requests ended", lambda m: m.p90),
    _latency("_P95", "Time within which 95 % of the requests ended", lambda m: m.p95),
    _latency("_P99", "Time within which 99 % of the requests ended", lambda m: m.p99),
)
DEFAULT_AGGREGATION = "average"
AGGREGATIONS = ("average", "minimum", "maximum", "total", "count")


def all_requests(minute: Minute) -> int:
    """The pick of everything."""
    return sum(minute.statuses.values())


def with_status(wanted: str) -> Pick:
    """Requests that the caller saw end with a status: `200`, or a class: `2xx`."""
    return lambda minute: _of(minute.statuses, wanted)


def with_model_status(wanted: str) -> Pick:
    """Requests that the model ended with a status."""
    return lambda minute: _of(minute.model_statuses, wanted)


def _of(statuses: Counter[int], wanted: str) -> int:
    if wanted.lower().endswith("xx"):
        return sum(held for status, held in statuses.items() if str(status)[0] == wanted[0])
    return statuses[int(wanted)] if wanted.isdigit() else 0


def points(
    metric: Metric, minutes: Iterable[Minute], *, start: int, end: int, step: int, pick: Pick
) -> list[dict[str, float]]:
    """One point per `step` seconds of [start, end); `at` is its beginning in Unix seconds.

    A point in which nothing was counted has nothing but `at`, as in Azure.
    """
    by_step: dict[int, list[Minute]] = {}
    for minute in minutes:
        if start <= minute.start < end:
            by_step.setdefault(start + (minute.start - start) // step * step, []).append(minute)
    found: list[dict[str, float]] = []
    for at in range(start, end, step):
        values = _values(metric, by_step.get(at, ()), pick)
        found.append({"at": at, **values})
    return found


def _values(metric: Metric, minutes: Sequence[Minute], pick: Pick) -> Mapping[str, float]:
    """All aggregations over one step; empty when nothing was counted in it."""
    held: dict[int, list[Minute]] = {}
    for minute in minutes:
        if pick(minute):
            held.setdefault(minute.start, []).append(minute)
    if not held:
        return {}
    if metric.latency is None:
        each = [float(sum(map(pick, same))) for same in held.values()]
        average = sum(each) / len(each)
    else:
        each = [metric.latency(_merged(same)) for same in held.values()]
        average = metric.latency(_merged([one for same in held.values() for one in same]))
    return {
        "average": average,
        "minimum": min(each),
        "maximum": max(each),
        "total": sum(each),
        "count": float(len(each)),
    }


def _merged(minutes: Sequence[Minute]) -> DeploymentMetrics:
    """The sums over minutes of several deployments."""
    total = Minute(start=0)
    for minute in minutes:
        total.statuses += minute.statuses
        total.model_statuses += minute.model_statuses
        total.latencies += minute.latencies
        total.total_ms += minute.total_ms
    counters = Counters()
    counters.minutes.append(total)
    return counters.metrics()
