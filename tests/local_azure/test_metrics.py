"""Azure Monitor's view of what was scored."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from local_azure.arm.shape import JsonObject, items, number, section, text
from local_azure.serving.counters import ACTIVE, CAPACITY, CPU, Counters, Minute, Sampled
from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import a_deployment, an_endpoint

METRICS = "providers/microsoft.insights/metrics"


@pytest.fixture
def endpoint(engine: EngineWorld) -> str:
    """An endpoint whose `blue` answered 98 requests fast and two slowly, one of these with 429;
    `green` answered ten, all of them with 424 for its model's 500."""
    identifier = engine.endpoint_id("measured")
    engine.must("PUT", identifier, an_endpoint())
    counted = {"blue": Counters(), "green": Counters()}
    for name in counted:
        engine.must("PUT", f"{identifier}/deployments/{name}", a_deployment())
    for seconds in [0.01] * 98 + [1.0]:
        counted["blue"].count(200, seconds, model_status=200)
    counted["blue"].count(429, 1.0)
    for _ in range(10):
        counted["green"].count(424, 0.1, model_status=500)

    for instance, used in (("a", 20), ("b", 60)):
        counted["blue"].observe(Sampled(metric=CPU, instance=instance), used)
        counted["blue"].observe(Sampled(metric=CPU, instance=instance), used + 20)
        state = "Ready" if instance == "a" else "NotReady"
        counted["blue"].observe(Sampled(metric=CAPACITY, instance=instance, state=state), 1)
    counted["blue"].observe(Sampled(metric=CAPACITY), 2)
    counted["measured"] = Counters()
    counted["measured"].observe(Sampled(metric=ACTIVE), 3)

    def minutes(arm_id: str) -> Sequence[Minute]:
        return tuple(counted[arm_id.rsplit("/", 1)[-1]].minutes)

    engine.azure.minutes = minutes
    return identifier


def series(engine: EngineWorld, resource: str, **query: str) -> list[tuple[JsonObject, JsonObject]]:
    """Labels and the one point with a value of each series of the first metric."""
    renamed = {("$filter" if name == "only" else name): value for name, value in query.items()}
    answer = engine.arm("GET", f"{resource}/{METRICS}", query={"interval": "FULL", **renamed})
    assert answer.status == 200, answer
    found: list[tuple[JsonObject, JsonObject]] = []
    for one in items(items(answer.body, "value")[0], "timeseries"):
        labels: JsonObject = {
            text(label, "name", "value"): text(label, "value")
            for label in items(one, "metadatavalues")
        }
        points = [point for point in items(one, "data") if len(section(point)) > 1]
        found.append((labels, section(points[0]) if points else {}))
    return found


def test_requests_of_an_endpoint_and_of_a_deployment(engine: EngineWorld, endpoint: str) -> None:
    total = {"metricnames": "RequestsPerMinute", "aggregation": "Total"}
    ((_, whole),) = series(engine, endpoint, **total)
    assert number(whole, "total") == 110
    ((_, blue),) = series(engine, f"{endpoint}/deployments/blue", **total)
    assert number(blue, "total") == 100


def test_errors_by_status_code(engine: EngineWorld, endpoint: str) -> None:
    wanted = {"metricnames": "RequestsPerMinute", "aggregation": "Total"}
    split = series(engine, endpoint, **wanted, only="statusCode eq '*'")
    counts = {text(labels, "statusCode"): number(point, "total") for labels, point in split}
    assert counts == {"200": 99, "424": 10, "429": 1}
    split = series(
        engine, endpoint, **wanted, only="deployment eq '*' and statusCodeClass eq '4xx'"
    )
    counts = {text(labels, "deployment"): number(point, "total") for labels, point in split}
    assert counts == {"blue": 1, "green": 10}
    ((_, model),) = series(engine, endpoint, **wanted, only="modelStatusCode eq '500'")
    assert number(model, "total") == 10


@pytest.mark.parametrize(
    ("name", "milliseconds"),
    [("_P50", 10), ("_P90", 10), ("_P95", 10), ("_P99", 1000), ("", 29.8)],
)
def test_latencies(engine: EngineWorld, endpoint: str, name: str, milliseconds: float) -> None:
    named, only_blue = f"RequestLatency{name}", "deployment eq 'blue'"
    ((_, blue),) = series(engine, endpoint, metricnames=named, only=only_blue)
    assert number(blue, "average") == pytest.approx(milliseconds, rel=0.03)
    ((_, green),) = series(engine, endpoint, metricnames=named, only="deployment eq 'green'")
    assert number(green, "average") == pytest.approx(100, rel=0.03)
    if name:
        ((_, same),) = series(engine, f"{endpoint}/deployments/blue", metricnames=named)
        assert number(same, "average") == number(blue, "average")


def test_a_deployment_splits_its_requests_by_what_the_ingress_answered(
    engine: EngineWorld, endpoint: str
) -> None:
    wanted = {"metricnames": "RequestsPerMinute", "aggregation": "Total"}
    only = "envoy_response_code eq '200' or envoy_response_code eq '429'"
    split = series(engine, f"{endpoint}/deployments/blue", **wanted, only=only)
    counts = {text(labels, "envoy_response_code"): number(at, "total") for labels, at in split}
    assert counts == {"200": 99, "429": 1}


def test_processors_by_instance(engine: EngineWorld, endpoint: str) -> None:
    wanted = {"metricnames": CPU, "aggregation": "Average,Maximum"}
    blue = f"{endpoint}/deployments/blue"
    ((labels, whole),) = series(engine, blue, **wanted)
    assert (labels, number(whole, "average"), number(whole, "maximum")) == ({}, 50, 80)
    split = series(engine, blue, **wanted, only="instanceId eq '*'")
    shown = {text(labels, "instanceId"): number(at, "average") for labels, at in split}
    assert shown == {"a": 30, "b": 70}


def test_capacity_is_a_number_of_instances_each_with_a_state(
    engine: EngineWorld, endpoint: str
) -> None:
    blue = f"{endpoint}/deployments/blue"
    ((_, whole),) = series(engine, blue, metricnames=CAPACITY)
    assert number(whole, "average") == 2
    only = "instanceId eq '*' and State eq 'NotReady'"
    ((labels, one),) = series(engine, blue, metricnames=CAPACITY, only=only)
    assert labels == {"instanceId": "b", "State": "NotReady"}
    assert number(one, "average") == 1


def test_connections_are_the_endpoints_own(engine: EngineWorld, endpoint: str) -> None:
    ((_, open_),) = series(engine, endpoint, metricnames=ACTIVE)
    assert number(open_, "average") == 3
    answer = engine.arm(
        "GET", f"{endpoint}/deployments/blue/{METRICS}", query={"metricnames": ACTIVE}
    )
    assert "Valid metrics: RequestsPerMinute" in answer.message


def test_a_minute_without_requests_has_no_value(engine: EngineWorld, endpoint: str) -> None:
    now = int(time.time())
    span = "/".join(
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + shift)) for shift in (-7200, -3600)
    )
    path = f"{endpoint}/{METRICS}"
    answer = engine.arm("GET", path, query={"timespan": span, "interval": "PT5M"})
    points = items(items(items(answer.body, "value")[0], "timeseries")[0], "data")
    assert 12 <= len(points) <= 13
    assert all(section(point).keys() == {"timeStamp"} for point in points)


def test_definitions_name_metrics_and_dimensions(engine: EngineWorld, endpoint: str) -> None:
    """Rules metric-names, metric-span."""
    path = f"{endpoint}/providers/Microsoft.Insights/metricDefinitions"
    found = {
        text(one, "name", "value"): one for one in items(engine.arm("GET", path).body, "value")
    }
    assert {"RequestsPerMinute", "RequestLatency", "RequestLatency_P99"} <= found.keys()
    named = [text(one, "value") for one in items(found["RequestsPerMinute"], "dimensions")]
    assert named == ["deployment", "statusCode", "statusCodeClass", "modelStatusCode"]
    path = f"{endpoint}/deployments/blue/providers/Microsoft.Insights/metricDefinitions"
    answer = engine.arm("GET", path)
    of_blue = {text(one, "name", "value"): one for one in items(answer.body, "value")}
    assert "RequestLatency" not in of_blue
    assert text(of_blue[CPU], "unit") == "Percent"
    assert items(of_blue[CPU], "supportedAggregationTypes") == ["Minimum", "Maximum", "Average"]
    assert [text(one, "value") for one in items(of_blue[CPU], "dimensions")] == ["instanceId"]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"metricnames": "Happiness"}, "Valid metrics"),
        ({"interval": "PT2M"}, "interval"),
        ({"timespan": "yesterday"}, "timespan"),
        ({"aggregation": "Median"}, "Aggregation"),
        ({"$filter": "colour eq 'x'"}, "dimension"),
        ({"metricnames": "RequestLatency", "$filter": "statusCode eq '*'"}, "dimension"),
        ({"$filter": "statusCode eq '*' and modelStatusCode eq '*'"}, "one status dimension"),
    ],
)
def test_what_cannot_be_asked(
    engine: EngineWorld, endpoint: str, query: dict[str, str], why: str
) -> None:
    answer = engine.arm("GET", f"{endpoint}/{METRICS}", query=query)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert why in answer.message


def test_other_resources_have_no_metrics(engine: EngineWorld) -> None:
    answer = engine.arm("GET", f"{engine.workspace}/{METRICS}")
    assert answer.code == "ResourceNotFound"
