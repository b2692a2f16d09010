"""The metrics that Azure Monitor has of endpoints and deployments, as far as they are measured.

Names, units, aggregations and dimensions: learn.microsoft.com/azure/azure-monitor/reference/
supported-metrics/microsoft-machinelearningservices-workspaces-onlineendpoints-metrics, and
-onlineendpoints-deployments-metrics. Unsure there and here: the values of `State`, whether the
bytes are those of answers only, and what `envoy_response_code` is of a request that never reached
its deployment.
"""

from __future__ import annotations

from collections.abc import Callable

from local_azure.services.metric_series import (
    ONLY_AVERAGE,
    Latency,
    Metric,
    Requests,
    Samples,
)
from local_azure.serving.counters import (
    ACTIVE,
    BYTES,
    CAPACITY,
    CPU,
    MEMORY,
    NEW,
    DeploymentMetrics,
)

_EXTREMES = ("Minimum", "Maximum", "Average")


def _percentile(end: str, shown: Callable[[DeploymentMetrics], float]) -> Latency:
    return Latency(
        name=f"RequestLatency_P{end}",
        unit="Milliseconds",
        about=f"Time within which {end} % of the requests ended",
        shown=shown,
    )


REQUESTS = "RequestsPerMinute"
_REQUESTS = "Requests within a minute"
_PERCENTILES: tuple[Metric, ...] = (
    _percentile("50", lambda m: m.p50),
    _percentile("90", lambda m: m.p90),
    _percentile("95", lambda m: m.p95),
    _percentile("99", lambda m: m.p99),
)


def _samples(
    name: str,
    unit: str,
    about: str,
    *,
    dimensions: tuple[str, ...] = (),
) -> Samples:
    return Samples(
        name=name,
        unit=unit,
        about=about,
        dimensions=dimensions,
        aggregations=_EXTREMES if dimensions else ONLY_AVERAGE,
        by_deployment=bool(dimensions),
    )


OF_ENDPOINT: tuple[Metric, ...] = (
    Requests(
        name=REQUESTS,
        unit="Count",
        about=_REQUESTS,
        dimensions=("statusCode", "statusCodeClass", "modelStatusCode"),
    ),
    Latency(
        name="RequestLatency",
        unit="Milliseconds",
        about="Average time of a request",
        shown=lambda m: m.average,
    ),
    *_PERCENTILES,
    _samples(ACTIVE, "Count", "Open connections of clients that asked this endpoint"),
    _samples(NEW, "CountPerSecond", "Connections over which this endpoint was asked first"),
    _samples(BYTES, "BytesPerSecond", "Bytes of the answers' bodies"),
)
OF_DEPLOYMENT: tuple[Metric, ...] = (
    Requests(name=REQUESTS, unit="Count", about=_REQUESTS, dimensions=("envoy_response_code",)),
    *_PERCENTILES,
    _samples(
        CPU,
        "Percent",
        "Of the cores that the instance type has, at most 100",
        dimensions=("instanceId",),
    ),
    _samples(MEMORY, "Percent", "Of the memory of this machine", dimensions=("instanceId",)),
    _samples(
        CAPACITY, "Count", "Instances that have a process", dimensions=("instanceId", "State")
    ),
)
