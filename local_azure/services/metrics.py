"""Microsoft.Insights/metrics: what Azure Monitor tells of endpoints and deployments."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import product
from typing import NoReturn

from local_azure.arm import errors
from local_azure.arm.ids import name_of
from local_azure.arm.resource_type import Call, Reply, ResourceType, Rule
from local_azure.arm.shape import JsonObject, JsonValue
from local_azure.arm.store import Resource
from local_azure.services import metric_catalogue as catalogue
from local_azure.services import metric_series as series
from local_azure.services.machinelearning.durations import seconds
from local_azure.services.machinelearning.workspaces import DEPLOYMENTS, ENDPOINTS
from local_azure.serving.counters import Minute

_EQUALS = re.compile(r"(\w+)\s+eq\s+'([^']*)'", re.IGNORECASE)
_STEPS = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D")
_LONGEST = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class _Span:
    start: int
    end: int
    step: int
    interval: str


class _OfResource(ResourceType):
    """An extension of endpoints and deployments that is computed."""

    verbs = ("LIST",)
    anywhere = True
    computed = True

    def permission(self, verb: str) -> str | None:
        del verb
        return f"{self.type}/read"

    def resource(self, call: Call) -> Resource:
        """The endpoint or deployment that is asked about."""
        held = self.azure.store.get(call.path.scope)
        if held is None or held.type not in (ENDPOINTS, DEPLOYMENTS):
            raise errors.bad_request(
                f"The local Azure has metrics of {ENDPOINTS} and {DEPLOYMENTS} only, and "
                f"'{call.path.scope}' is none that exists.",
                code="ResourceNotFound",
            )
        return held


class MetricDefinitions(_OfResource):
    """Which metrics there are."""

    type = "Microsoft.Insights/metricDefinitions"

    def listing(self, call: Call) -> list[JsonObject]:
        resource = self.resource(call)
        return [_definition(resource, metric) for metric in _known(resource)]


def _known(resource: Resource) -> tuple[series.Metric, ...]:
    return catalogue.OF_ENDPOINT if resource.type == ENDPOINTS else catalogue.OF_DEPLOYMENT


def _dimensions(resource: Resource, metric: series.Metric) -> list[str]:
    of_endpoint = resource.type == ENDPOINTS and metric.by_deployment
    return [*(["deployment"] if of_endpoint else []), *metric.dimensions]


def _definition(resource: Resource, metric: series.Metric) -> JsonObject:
    grains: list[JsonValue] = [{"timeGrain": step, "retention": "P1D"} for step in _STEPS]
    return {
        "id": f"{resource.id}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": resource.id,
        "namespace": resource.type,
        "name": _name(metric.name),
        "displayDescription": metric.about,
        "unit": metric.unit,
        "primaryAggregationType": "Average",
        "supportedAggregationTypes": list(metric.aggregations),
        "isDimensionRequired": False,
        "dimensions": [_name(one) for one in _dimensions(resource, metric)],
        "metricAvailabilities": grains,
    }


class Metrics(_OfResource):
    """Values over time."""

    type = "Microsoft.Insights/metrics"
    rules = (
        Rule(id="metric-names", text="metrics and dimensions are those of metricDefinitions"),
        Rule(
            id="metric-span",
            text="a day is kept, over restarts too, and no longer than what it was counted of",
        ),
    )

    def collection_reply(self, call: Call) -> Reply:
        resource = self.resource(call)
        span = _span(call)
        wanted = _wanted(call, _known(resource))
        shown: list[JsonValue] = [self._metric(call, resource, one, span=span) for one in wanted]
        return Reply(
            body={
                "cost": 0,
                "timespan": f"{_iso(span.start)}/{_iso(span.end)}",
                "interval": span.interval,
                "namespace": resource.type,
                "resourceregion": resource.body.get("location"),
                "value": shown,
            }
        )

    def _metric(
        self, call: Call, resource: Resource, metric: series.Metric, *, span: _Span
    ) -> JsonObject:
        asked = call.query.get("aggregation", "") or series.DEFAULT_AGGREGATION
        kinds = [one.strip().lower() for one in asked.split(",")]
        if unknown := [one for one in kinds if one not in series.AGGREGATIONS]:
            _refuse(f"Aggregation '{unknown[0]}' is unknown: {', '.join(series.AGGREGATIONS)}.")
        lines: list[JsonValue] = []
        for shown, labels, minutes in self._split(call, resource, metric):
            data: list[JsonValue] = [
                {"timeStamp": _iso(int(at["at"])), **{k: at[k] for k in kinds if k in at}}
                for at in series.points(
                    metric, minutes, start=span.start, end=span.end, step=span.step, labels=labels
                )
            ]
            metadata: list[JsonValue] = [{"name": _name(k), "value": v} for k, v in shown.items()]
            lines.append({"metadatavalues": metadata, "data": data})
        return {
            "id": f"{resource.id}/providers/Microsoft.Insights/metrics/{metric.name}",
            "type": self.type,
            "name": _name(metric.name),
            "displayDescription": metric.about,
            "unit": metric.unit,
            "timeseries": lines,
            "errorCode": "Success",
        }

    def _split(
        self, call: Call, resource: Resource, metric: series.Metric
    ) -> Iterator[tuple[dict[str, str], dict[str, str], list[Minute]]]:
        """Each series: all its labels, those that choose within a minute, and its minutes."""
        asked = _filters(call, metric, _dimensions(resource, metric))
        names = asked.pop("deployment", None)
        if len(asked) > 1 and isinstance(metric, series.Requests):
            _refuse("The local Azure splits requests by one status dimension at a time.")
        for chosen, counted in self._counted(resource, metric, names):
            minutes = [minute for one in counted for minute in self.azure.minutes(one.id)]
            for labels in self._labels(metric, minutes, asked):
                yield {**chosen, **labels}, labels, minutes

    @staticmethod
    def _labels(
        metric: series.Metric, minutes: list[Minute], asked: dict[str, list[str]]
    ) -> list[dict[str, str]]:
        """`a eq '1' or a eq '2'` are two series."""
        several = [
            metric.splits(minutes, dict(zip(asked, values, strict=True)))
            for values in product(*asked.values())
        ]
        return [labels for one in several for labels in one] or [{}]

    def _counted(
        self, resource: Resource, metric: series.Metric, names: list[str] | None
    ) -> list[tuple[dict[str, str], list[Resource]]]:
        """Where a metric is counted: in one sum, or by deployment."""
        if resource.type == DEPLOYMENTS or not metric.by_deployment:
            return [({}, [resource])]
        deployments = self.azure.store.children(resource.id, DEPLOYMENTS)
        if names is None:
            return [({}, deployments)]
        known = [one for one in deployments if "*" in names or one.name in names]
        return [({"deployment": one.name}, [one]) for one in known]


def _filters(call: Call, metric: series.Metric, dimensions: list[str]) -> dict[str, list[str]]:
    """Dimension -> the values that are asked for."""
    found: dict[str, list[str]] = {}
    for name, value in _EQUALS.findall(call.query.get("$filter", "")):
        known = next((one for one in dimensions if one.lower() == name.lower()), None)
        if known is None:
            _refuse(
                f"Metric {metric.name} has no dimension '{name}'. "
                f"It has: {', '.join(dimensions) or 'none'}."
            )
        found.setdefault(known, []).append(value)
    return found


def _wanted(call: Call, metrics: tuple[series.Metric, ...]) -> list[series.Metric]:
    known = {metric.name.lower(): metric for metric in metrics}
    asked = call.query.get("metricnames", "") or catalogue.REQUESTS
    found: list[series.Metric] = []
    for name in asked.split(","):
        metric = known.get(name.strip().lower())
        if metric is None:
            names = ",".join(one.name for one in metrics)
            _refuse(
                f"Failed to find metric configuration for provider, resource Type, metric: "
                f"{name}. Valid metrics: {names}"
            )
        found.append(metric)
    return found


def _span(call: Call) -> _Span:
    interval = call.query.get("interval", "") or "PT1M"
    if interval.upper() not in (*_STEPS, "FULL"):
        _refuse(f"interval is '{interval}': use one of {', '.join(_STEPS)} or FULL.")
    start, end = time.time() - 3600, time.time()
    if timespan := call.query.get("timespan", ""):
        try:
            start, end = (_unix(one) for one in timespan.split("/"))
        except ValueError:
            _refuse(f"timespan is '{timespan}': two times with a slash between them.")
    first, last = int(start) // 60 * 60, -int(-end) // 60 * 60 + 60
    step = last - first if interval.upper() == "FULL" else int(seconds(interval) or 60)
    if not 0 < last - first <= 31 * _LONGEST:
        _refuse("timespan must end after its start, and not be longer than a month.")
    return _Span(start=first, end=last, step=step, interval=interval)


def _unix(text: str) -> float:
    found = datetime.fromisoformat(text.strip().replace(" ", "+").replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat().replace("+00:00", "Z")


def _name(value: str) -> JsonObject:
    return {"value": value, "localizedValue": name_of(value)}


def _refuse(message: str) -> NoReturn:
    raise errors.bad_request(message)


TYPES: tuple[type[ResourceType], ...] = (Metrics, MetricDefinitions)
