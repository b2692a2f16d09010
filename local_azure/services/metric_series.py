"""Time series out of what is counted by the minute. Pure; knows nothing of ARM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from local_azure.serving.counters import Counters, DeploymentMetrics, Gauge, Minute, Sampled

Labels = Mapping[str, str]
"""Dimension -> value; a dimension that is not there is summed over."""
Values = Mapping[str, float]
"""Aggregation -> value, of one step of time; empty when nothing was counted in it."""
DEFAULT_AGGREGATION = "average"
AGGREGATIONS = ("average", "minimum", "maximum", "total", "count")
ONLY_AVERAGE = ("Average",)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric as Azure Monitor names it."""

    name: str
    unit: str
    about: str
    dimensions: tuple[str, ...] = ()
    """Beside `deployment`, which those of endpoints that are summed up from deployments have."""
    aggregations: tuple[str, ...] = ONLY_AVERAGE
    by_deployment: bool = True
    """Whether it is counted at the deployments; else at the endpoint itself."""

    def splits(self, minutes: Iterable[Minute], asked: Labels) -> list[dict[str, str]]:
        """The labels of each series that is asked for; `*` stands for all values that occurred."""
        del minutes, asked
        return [{}]

    def values(self, minutes: Sequence[Minute], labels: Labels) -> Values:
        """All aggregations over one step."""
        raise NotImplementedError


class Requests(Metric):
    """How many requests ended within a minute."""

    def splits(self, minutes: Iterable[Minute], asked: Labels) -> list[dict[str, str]]:
        if not asked:
            return [{}]
        ((dimension, value),) = asked.items()
        if value != "*":
            return [{dimension: value}]
        seen = {code for one in minutes for code in _of(one, dimension)}
        if dimension == "statusCodeClass":
            return [{dimension: one} for one in sorted({f"{code // 100}xx" for code in seen})]
        return [{dimension: str(code)} for code in sorted(seen)]

    def values(self, minutes: Sequence[Minute], labels: Labels) -> Values:
        held: Counter[int] = Counter()
        for minute in minutes:
            held[minute.start] += _requests(minute, labels)
        return _aggregated([float(n) for n in held.values() if n])


def _of(minute: Minute, dimension: str) -> Counter[int]:
    return minute.model_statuses if dimension == "modelStatusCode" else minute.statuses


def _requests(minute: Minute, labels: Labels) -> int:
    """How many of a minute's requests have the labels: `200`, or a class of statuses: `2xx`."""
    if not labels:
        return sum(minute.statuses.values())
    ((dimension, wanted),) = labels.items()
    counted = _of(minute, dimension)
    if wanted.lower().endswith("xx"):
        return sum(held for status, held in counted.items() if str(status)[0] == wanted[0])
    return counted[int(wanted)] if wanted.isdecimal() else 0


@dataclass(frozen=True, kw_only=True)
class Latency(Metric):
    """How long they took."""

    shown: Callable[[DeploymentMetrics], float]

    def values(self, minutes: Sequence[Minute], labels: Labels) -> Values:
        del labels
        held: dict[int, list[Minute]] = {}
        for minute in minutes:
            if minute.statuses:
                held.setdefault(minute.start, []).append(minute)
        each = [self.shown(_merged(same)) for same in held.values()]
        if not each:
            return {}
        whole = self.shown(_merged([one for same in held.values() for one in same]))
        return {**_aggregated(each), "average": whole}


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


class Samples(Metric):
    """What was looked at from time to time."""

    def splits(self, minutes: Iterable[Minute], asked: Labels) -> list[dict[str, str]]:
        if not asked:
            return [{}]
        found: dict[tuple[str, ...], dict[str, str]] = {}
        for minute in minutes:
            for key in minute.gauges:
                labels = {name: _value(key, name) for name in asked}
                right = all(wanted in ("*", labels[name]) for name, wanted in asked.items())
                if right and key.metric == self.name and key.instance:
                    found[tuple(labels.values())] = labels
        return [found[one] for one in sorted(found)]

    def values(self, minutes: Sequence[Minute], labels: Labels) -> Values:
        total = Gauge()
        for minute in minutes:
            mine = {key: held for key, held in minute.gauges.items() if key.metric == self.name}
            whole = mine.get(Sampled(metric=self.name))
            if whole is not None and not labels:
                total.merge(whole)
                continue
            for key, held in mine.items():
                if all(_value(key, name) == wanted for name, wanted in labels.items()):
                    total.merge(held)
        if not total.count:
            return {}
        return {
            "average": total.total / total.count,
            "minimum": total.low,
            "maximum": total.high,
            "total": total.total,
            "count": float(total.count),
        }


def _value(key: Sampled, dimension: str) -> str:
    return key.instance if dimension == "instanceId" else key.state


def _aggregated(each: Sequence[float]) -> Values:
    if not each:
        return {}
    return {
        "average": sum(each) / len(each),
        "minimum": min(each),
        "maximum": max(each),
        "total": sum(each),
        "count": float(len(each)),
    }


def points(
    metric: Metric,
    minutes: Iterable[Minute],
    *,
    start: int,
    end: int,
    step: int,
    labels: Labels,
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
        held = by_step.get(at)
        found.append({"at": at, **(metric.values(held, labels) if held else {})})
    return found
