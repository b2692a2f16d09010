"""Application Insights as a flow's exporter sees it: takes telemetry in, keeps it, shows it.

The exporters of OpenTelemetry and of Azure's SDKs POST JSON items, one array or one a line, to
`/v2.1/track`. The answer tells how many were taken; an instrumentation key that no component of
this world has is refused, as there.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from aiohttp import web

from local_azure.arm.shape import JsonObject, JsonValue, items, parse_object, section, text
from local_azure.azure import Azure
from local_azure.services.insights import COMPONENTS

HOST = "dc.services.visualstudio.com"
"""Where a key without an endpoint leads."""
SUFFIX = ".in.applicationinsights.azure.com"
TABLES: Mapping[str, str] = {
    "RequestData": "requests",
    "RemoteDependencyData": "dependencies",
    "MessageData": "traces",
    "ExceptionData": "exceptions",
    "EventData": "customEvents",
    "MetricData": "customMetrics",
}
"""What an item is on the wire -> the table that it is found in."""
_LARGEST = 8 * 1024 * 1024
"""Bytes of a component's telemetry above which the older half goes."""


class Telemetry:
    """What the components of one world have received, a file for each in `folder`."""

    def __init__(self, azure: Azure, folder: Path) -> None:
        self._azure = azure
        self._folder = folder

    def routes(self) -> list[web.RouteDef]:
        """The ingestion endpoint, old and new."""
        # An ingestion endpoint with a slash at its end gives exporters two.
        return [web.post(r"/{slash:/?}{version:v2(\.1)?}/track", self._track)]

    def items(self, component: str = "", *, table: str = "", tail: int = 50) -> list[JsonObject]:
        """The last `tail` items of a component (of all, with no name), oldest first."""
        found: deque[JsonObject] = deque(maxlen=tail)
        for name in sorted(path.stem for path in self._folder.glob("*.jsonl")):
            if component.lower() in ("", name):
                kept = (json.loads(line) for line in self._file(name).read_text().splitlines())
                found.extend(item for item in kept if table in ("", item["table"]))
        return list(found)

    async def _track(self, request: web.Request) -> web.Response:
        received = list(_items((await request.read()).decode(errors="replace")))
        components = {
            text(one.hidden, "instrumentationKey"): one.name.lower()
            for one in self._azure.store.under("", COMPONENTS)
        }
        errors: list[JsonValue] = []
        taken: defaultdict[str, list[JsonObject]] = defaultdict(list)
        for index, item in enumerate(received):
            component = components.get(text(item, "iKey"))
            if component is None:
                message = "Invalid instrumentation key"
                errors.append({"index": index, "statusCode": 400, "message": message})
            else:
                taken[component].append(item)
        for component, several in taken.items():
            self._keep(component, several)
        accepted = len(received) - len(errors)
        return web.json_response(
            {"itemsReceived": len(received), "itemsAccepted": accepted, "errors": errors},
            status=200 if not errors else 206 if accepted else 400,
        )

    def _keep(self, component: str, several: list[JsonObject]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(component)
        if file.exists() and file.stat().st_size > _LARGEST:
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join(lines[len(lines) // 2 :]))
        with file.open("a") as kept:
            for item in several:
                kept.write(json.dumps({"component": component, **_shown(item)}) + "\n")

    def _file(self, component: str) -> Path:
        return self._folder / f"{component}.jsonl"


def _items(body: str) -> Iterator[JsonObject]:
    """An array, one object, or an object a line."""
    if body.lstrip().startswith("["):
        listed = items(parse_object(f'{{"items": {body}}}'), "items")
    else:
        listed = [parse_object(line) for line in body.splitlines()]
    for item in listed:
        if isinstance(item, dict):
            yield item


def _shown(item: JsonObject) -> JsonObject:
    base = text(item, "data", "baseType")
    tags = section(item, "tags")
    return {
        "table": TABLES.get(base, base),
        "timestamp": item.get("time"),
        "role": tags.get("ai.cloud.role"),
        "operation": tags.get("ai.operation.id"),
        **section(item, "data", "baseData"),
    }
