"""Application Insights: what exporters send, and what can be read of it."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from local_azure.arm.shape import JsonObject, text
from tests.local_azure.world import LocalAzure

PROVIDERS = "/providers/"
pytestmark = pytest.mark.local


def a_component(azure: LocalAzure, name: str) -> dict[str, str]:
    """The parts of its connection string."""
    path = (
        f"{azure.workspace.partition(PROVIDERS)[0]}{PROVIDERS}Microsoft.Insights/components/{name}"
    )
    body: JsonObject = {"location": "westeurope", "kind": "web", "properties": {}}
    made = azure.must("PUT", path, body)
    parts = text(made, "properties", "ConnectionString").split(";")
    return dict(part.split("=", 1) for part in parts if part)


def an_item(key: str, message: str) -> JsonObject:
    return {
        "ver": 1,
        "name": "Microsoft.ApplicationInsights.Message",
        "time": "2026-11-22T10:00:00.000000Z",
        "iKey": key,
        "tags": {"ai.cloud.role": "promptflow", "ai.operation.id": "abc"},
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": message}},
    }


def sent(azure: LocalAzure, url: str, content: bytes, **headers: str) -> httpx.Response:
    """As exporters do it: an endpoint that ends in a slash gives two."""
    return azure.client().post(f"{url}/v2.1/track", content=content, headers=headers)


def messages(azure: LocalAzure, component: str) -> list[str]:
    shown = azure.command("telemetry", "--component", component, "--table", "traces")
    return [json.loads(line)["message"] for line in shown.splitlines()]


def test_items_arrive_as_an_array_as_lines_and_compressed(azure: LocalAzure) -> None:
    told = a_component(azure, "appi-forms")
    key, url = told["InstrumentationKey"], told["IngestionEndpoint"]
    one, two, three = (an_item(key, message) for message in ("one", "two", "three"))

    answers = [
        sent(azure, url, json.dumps([one]).encode()),
        sent(azure, url, f"{json.dumps(two)}\n".encode()),
        sent(
            azure, url, gzip.compress(json.dumps([three]).encode()), **{"Content-Encoding": "gzip"}
        ),
    ]

    assert [answer.json()["itemsAccepted"] for answer in answers] == [1, 1, 1]
    assert messages(azure, "appi-forms") == ["one", "two", "three"]


def test_a_key_alone_leads_to_the_old_host(azure: LocalAzure) -> None:
    key = a_component(azure, "appi-old")["InstrumentationKey"]

    sent(azure, "https://dc.services.visualstudio.com", json.dumps([an_item(key, "old")]).encode())

    assert messages(azure, "appi-old") == ["old"]


def test_a_key_of_no_component_is_refused_and_the_others_are_taken(azure: LocalAzure) -> None:
    told = a_component(azure, "appi-some")
    items = [an_item("somebody-elses", "lost"), an_item(told["InstrumentationKey"], "kept")]

    answer = sent(azure, told["IngestionEndpoint"], json.dumps(items).encode())

    assert answer.status_code == 206
    assert answer.json()["errors"] == [
        {"index": 0, "statusCode": 400, "message": "Invalid instrumentation key"}
    ]
    assert messages(azure, "appi-some") == ["kept"]


def test_the_key_of_a_component_stays_when_it_is_put_again(azure: LocalAzure) -> None:
    assert a_component(azure, "appi-twice") == a_component(azure, "appi-twice")
