"""Microsoft.Insights/metrics: what Azure Monitor tells of endpoints and deployments."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import NoReturn

from local_azure.arm import errors
from local_azure.arm.ids import name_of
from local_azure.arm.resource_type import Call, Reply, ResourceType, Rule
from local_azure.arm.shape import JsonObject, JsonValue
from local_azure.arm.store import Resource
from local_azure.services import metric_series as series
from local_azure.services.machinelearning.durations import seconds
from local_azure.services.machinelearning.online_endpoints import DEPLOYMENTS, TYPE
from local_azure.serving.backends import Minute

_EQUALS = re.compile(r"(\w+)\s+eq\s+'([^']*)'", re.IGNORECASE)
_STEPS = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D")
_STATUS = {
    "statuscode": "statusCode",
    "statuscodeclass": "statusCodeClass",
    "modelstatuscode": "modelStatusCode",
}
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
        if held is None or held.type not in (TYPE, DEPLOYMENTS):
            raise errors.bad_request(
                f"The local Azure has metrics of {TYPE} and {DEPLOYMENTS} only, and "
                f"'{call.path.scope}' is none that exists.",
                code="ResourceNotFound",
            )
        return held


class MetricDefinitions(_OfResource):
    """Which metrics there are."""

    type = "Microsoft.Insights/metricDefinitions"

    def listing(self, call: Call) -> list[JsonObject]:
        resource = self.resource(call)
        return [_definition(resource, metric) for metric in series.METRICS]


def _definition(resource: Resource, metric: series.Metric) -> JsonObject:
    dimensions = ["deployment"] if resource.type == TYPE else []
    dimensions += _STATUS.values() if metric.split else []
    grains: list[JsonValue] = [{"timeGrain": step, "retention": "P1D"} for step in _STEPS]
    return {
        "id": f"{resource.id}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": resource.id,
        "namespace": resource.type,
        "name": _name(metric.name),
        "displayDescription": metric.about,
        "unit": metric.unit,
        "primaryAggregationType": "Average",
        "supportedAggregationTypes": [one.title() for one in series.AGGREGATIONS],
        "isDimensionRequired": False,
        "dimensions": [_name(one) for one in dimensions],
        "metricAvailabilities": grains,
    }


class Metrics(_OfResource):
    """Values over time."""

    type = "Microsoft.Insights/metrics"
    rules = (
        Rule(id="metric-names", text="metrics and dimensions are those of metricDefinitions"),
        Rule(id="metric-span", text="a day is kept, and a restart of the service forgets it"),
    )

    def collection_reply(self, call: Call) -> Reply:
        resource = self.resource(call)
        span = _span(call)
        wanted = _wanted(call)
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
        for labels, minutes, pick in self._split(call, resource, metric):
            data: list[JsonValue] = [
                {"timeStamp": _iso(int(at["at"])), **{k: at[k] for k in kinds if k in at}}
                for at in series.points(
                    metric, minutes, start=span.start, end=span.end, step=span.step, pick=pick
                )
            ]
            metadata: list[JsonValue] = [{"name": _name(k), "value": v} for k, v in labels.items()]
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
    ) -> Iterator[tuple[dict[str, str], list[Minute], series.Pick]]:
        """Each series: its labels, the minutes it is made of, and what counts of them."""
        equals = [(name.lower(), value) for name, value in _filters(call)]
        deployments = self._deployments(resource)
        names = [value for name, value in equals if name == "deployment"]
        groups: list[tuple[dict[str, str], list[Resource]]] = [({}, deployments)]
        if names and resource.type == TYPE:
            known = [one for one in deployments if "*" in names or one.name in names]
            groups = [({"deployment": one.name}, [one]) for one in known]
        status = [(name, value) for name, value in equals if name != "deployment"]
        if any(name not in _STATUS for name, _ in status) or (status and not metric.split):
            _refuse(f"Metric {metric.name} has no dimension '{status[0][0]}'.")
        if len({name for name, _ in status}) > 1:
            _refuse("The local Azure splits by one status dimension at a time.")
        for labels, chosen in groups:
            minutes = [minute for one in chosen for minute in self.azure.minutes(one.id)]
            for value in _values(status, minutes) or [""]:
                if not value:
                    yield labels, minutes, series.all_requests
                    continue
                name = status[0][0]
                model = name == "modelstatuscode"
                pick = series.with_model_status(value) if model else series.with_status(value)
                yield {**labels, _STATUS[name]: value}, minutes, pick

    def _deployments(self, resource: Resource) -> list[Resource]:
        if resource.type == DEPLOYMENTS:
            return [resource]
        return self.azure.store.children(resource.id, DEPLOYMENTS)


def _values(status: list[tuple[str, str]], minutes: list[Minute]) -> list[str]:
    """The values of the status dimension that are asked for; `*` is all that occurred."""
    if not any(value == "*" for _, value in status):
        return [value for _, value in status]
    model = status[0][0] == "modelstatuscode"
    seen = {code for one in minutes for code in (one.model_statuses if model else one.statuses)}
    if status[0][0] == "statuscodeclass":
        return sorted({f"{code // 100}xx" for code in seen})
    return [str(code) for code in sorted(seen)]


def _filters(call: Call) -> list[tuple[str, str]]:
    return [(name, value) for name, value in _EQUALS.findall(call.query.get("$filter", ""))]


def _wanted(call: Call) -> list[series.Metric]:
    known = {metric.name.lower(): metric for metric in series.METRICS}
    asked = call.query.get("metricnames", "") or series.REQUESTS.name
    found: list[series.Metric] = []
    for name in asked.split(","):
        metric = known.get(name.strip().lower())
        if metric is None:
            names = ",".join(one.name for one in series.METRICS)
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
