"""What is kept of requests and answers, where, and in which shape."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import aiohttp

from local_azure.serving.collected_events import Event, folder, from_wire, line
from local_azure.serving.data_collector import Collector
from local_azure.serving.placement import DataCollector
from tests.local_azure.serving.builders import AnEndpoint, APlatform, a_deployment

KEY = {"Authorization": "Bearer first-key"}
NOON = datetime.datetime(2026, 3, 5, 12, 7, tzinfo=datetime.timezone.utc)


def lines(platform: APlatform, collection: str) -> list[dict[str, object]]:
    """The events of one collection, from all of its blobs."""
    start = f"modelDataCollector/echo/blue/{collection}/"
    blobs = platform.blobs.items()
    kept = [text for path, text in blobs if path.startswith(start) and path.endswith(".jsonl")]
    return [json.loads(one) for text in kept for one in text.decode().splitlines()]


def test_the_settings_on_the_wire() -> None:
    assert from_wire(None) is None
    assert from_wire({"collections": {"request": {"dataCollectionMode": "Disabled"}}}) is None
    collections = {
        "Model_Inputs": {"dataCollectionMode": "Enabled"},
        "request": {"dataCollectionMode": "enabled", "samplingRate": 0.25},
        "response": {"dataCollectionMode": "Enabled", "samplingRate": 0},
    }
    assert from_wire(
        {
            "collections": collections,
            "rollingRate": "Day",
            "requestLogging": {"captureHeaders": ["X-Team"]},
        }
    ) == DataCollector(
        collections={"model_inputs": 1.0, "request": 0.25},
        rolling_rate="Day",
        capture_headers=("X-Team",),
    )


def test_folders_by_time() -> None:
    assert folder(NOON, "Hour") == "2026/03/05/12"
    assert folder(NOON, "Minute") == "2026/03/05/12/07"
    assert folder(NOON, "Year") == "2026"


def test_a_line() -> None:
    event = Event(
        collection="request", request_id="r-1", content_type="text/plain", data=b"a\nb", time=NOON
    )
    written = line(event, source="/deployments/blue")
    assert "\n" not in written
    document = json.loads(written)
    assert document["type"] == "azureml.inference.request"
    assert document["time"] == "2026-03-05T12:07:00Z"
    assert document["data"] == "a\nb"
    assert document["contentrange"] == "bytes 0-2/3"
    assert document["xrequestid"] == document["correlationid"] == "r-1"


async def test_large_data_has_a_blob_of_its_own(platform: APlatform) -> None:
    spec = a_deployment(data_collector=DataCollector(collections={"request": 1.0}))
    said: list[str] = []
    collector = Collector(spec, platform, log=said.append)
    data = b"x" * 5_000_000
    event = Event(collection="request", request_id="r", content_type="text/plain", data=data)
    collector.add(event)
    await collector.close()
    (document,) = lines(platform, "request")[-1:]
    assert document["datainblob"] == "true"
    assert str(document["data"]).endswith(f"/{event.id}")
    assert data in platform.blobs.values()
    assert said == []


async def test_what_a_deployment_scores_is_kept(endpoint: AnEndpoint, platform: APlatform) -> None:
    every = ("request", "response", "model_inputs", "model_outputs")
    settings = DataCollector(
        collections=dict.fromkeys(every, 1.0), capture_headers=("X-Team", "Authorization")
    )
    spec = a_deployment(data_collector=settings)
    await endpoint.place(spec)
    headers = {**KEY, "X-Team": "search", "x-ms-request-id": "r-1"}
    async with aiohttp.ClientSession(headers=headers) as client:
        body = {"text": "hello", "delay": 0}
        async with client.post(f"{endpoint.url}/score", json=body) as answer:
            assert answer.status == 200
        async with client.get(f"{endpoint.url}/swagger.json") as answer:
            assert answer.status == 200
    await endpoint.placement.remove(spec.arm_id)  # writes what is left

    (asked,) = lines(platform, "request")
    assert (asked["data"], asked["path"], asked["method"]) == (body, "/score", "POST")
    assert asked["headers"] == {"X-Team": "search"}
    assert asked["source"] == spec.arm_id
    (answered,) = lines(platform, "response")
    assert answered["data"] == {"answer": "HELLO"}
    (inputs,) = lines(platform, "model_inputs")
    assert inputs["data"] == [body]
    (outputs,) = lines(platform, "model_outputs")
    assert outputs["data"] == [{"answer": "HELLO"}]
    assert outputs["collectdatatype"] == "pandas.core.frame.DataFrame"
    ids = {str(one["xrequestid"]) for one in (asked, answered, inputs, outputs)}
    assert ids == {"r-1"}


async def test_what_is_not_in_the_sample_is_not_kept(platform: APlatform) -> None:
    half = DataCollector(collections={"request": 0.5})
    collector = Collector(replace(a_deployment(), data_collector=half), platform, log=print)
    kept = sum(collector.wants("request") for _ in range(400))
    assert 120 < kept < 280
    assert not collector.wants("response")
