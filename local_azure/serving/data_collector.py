"""The data collector of a deployment: what it scored, as JSON lines in the blob store.

Two sources, as on the service. The router keeps the payloads of requests and answers
(collections `request` and `response`). Everything else comes from the container: the runtime's
own collector posts to a sidecar on loopback, which is played here. Layout and fields follow
learn.microsoft.com/azure/machine-learning/how-to-collect-production-data:
`modelDataCollector/<endpoint>/<deployment>/<collection>/<yyyy>/<MM>/<dd>/<HH>/<id>.jsonl`.
Not played: data assets that are registered by themselves, and other destinations.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from aiohttp import web

from .collected_events import LARGE, Event, folder, line
from .placement import PlacementSpec, Platform, RollingRate

_PAUSE = 1.0
"""Seconds between two writes."""
_PENDING = 64_000_000
"""Bytes of events that may wait; what comes on top is dropped, and the log says so."""
_BLOCK = 4_000_000
"""Bytes that one append takes at most."""
_PAYLOADS = frozenset(("request", "response"))


class Collector:
    """Collects for one generation of a deployment, until `close`."""

    def __init__(
        self, spec: PlacementSpec, platform: Platform, *, log: Callable[[str], None]
    ) -> None:
        settings = spec.data_collector
        self._spec = spec
        self._rates = {} if settings is None else dict(settings.collections)
        self._rolling: RollingRate = "Hour" if settings is None else settings.rolling_rate
        headers = () if settings is None else settings.capture_headers
        self.captured = frozenset(name.lower() for name in headers)
        """Names of the headers to keep with payloads, in lower case."""
        self.of_payloads = bool(self._rates.keys() & _PAYLOADS)
        """Whether the router has anything to keep."""
        self._platform = platform
        self._log = log
        self._id = str(uuid.uuid4())
        self._events: list[Event] = []
        self._size = 0
        self._dropped = 0
        self._writer: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None
        self._closed = False
        self._writing = asyncio.Lock()

    async def start(self, generation: Path) -> dict[str, str]:
        """Open the sidecar if there are collections for it; the container's variables."""
        if not self._rates:
            return {}
        own = {name: rate for name, rate in self._rates.items() if name not in _PAYLOADS}
        self._writer = asyncio.create_task(self._write_on())
        if not own:
            return {}
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/modeldata/log", self._logged)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        config = generation / "mdc-config.json"
        collections = {
            name: {"enabled": True, "sampleRatePercentage": rate * 100}
            for name, rate in own.items()
        }
        await asyncio.to_thread(_write_config, config, {"collections": collections})
        return {
            "AZUREML_MDC_CONFIG_PATH": str(config),
            "AZUREML_MDC_HOST": "127.0.0.1",
            "AZUREML_MDC_PORT": str(self._runner.addresses[0][1]),
        }

    def wants(self, collection: str) -> bool:
        """Draws the sample: whether this one is kept."""
        rate = self._rates.get(collection, 0.0)
        return rate >= 1 or (rate > 0 and random.random() < rate)  # noqa: S311  a sample

    def add(self, event: Event) -> None:
        """Keep an event; it is written soon."""
        if self._size + len(event.data) > _PENDING:
            self._dropped += 1
            return
        self._events.append(event)
        self._size += len(event.data)

    async def close(self) -> None:
        """Write what is left, and end."""
        if self._closed:
            return
        self._closed = True
        if self._runner is not None:
            await self._runner.cleanup()
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._flush()

    async def _logged(self, request: web.Request) -> web.Response:
        """What the runtime's collector sends: the data, with its attributes in `ce-` headers."""
        headers = request.headers
        collection = headers.get("ce-type", "").rpartition(".")[2]
        if self._rates.get(collection, 0.0) <= 0:
            return web.Response(status=400, text=f"collection {collection} is not enabled")
        attributes = {
            "modelversion": headers.get("ce-model-version"),
            "collectdatatype": headers.get("ce-collect-data-type"),
            "agent": headers.get("ce-agent"),
        }
        self.add(
            Event(
                collection=collection,
                request_id=headers.get("ce-x-request-id", ""),
                content_type=request.content_type,
                data=await request.read(),
                attributes={name: value for name, value in attributes.items() if value},
            )
        )
        return web.Response(text="ok")

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        async with self._writing:
            events, self._events, self._size = self._events, [], 0
            if self._dropped:
                self._log(f"data collector: {self._dropped} events dropped, storage is too slow")
                self._dropped = 0
            try:
                await self._write(events)
            except Exception as error:  # the deployment goes on serving without it
                self._log(f"data collector: cannot write: {type(error).__name__}: {error}")

    async def _write(self, events: list[Event]) -> None:
        blocks: dict[str, bytearray] = {}
        for event in events:
            path = f"{self._base(event)}/{self._id}.jsonl"
            written = (await self._line(event)).encode() + b"\n"
            block = blocks.setdefault(path, bytearray())
            if len(block) + len(written) > _BLOCK:
                await self._append(path, block)
            block += written
        for path, block in blocks.items():
            await self._append(path, block)

    async def _append(self, path: str, block: bytearray) -> None:
        if block:
            await self._platform.append_blob(self._spec.workspace_id, path, bytes(block))
            block.clear()

    async def _line(self, event: Event) -> str:
        if len(event.data) <= LARGE:
            return line(event, source=self._spec.arm_id)
        path = f"{self._base(event)}/{event.id}"
        uri = await self._platform.write_blob(self._spec.workspace_id, path, event.data)
        return line(event, source=self._spec.arm_id, stored_at=uri)

    def _base(self, event: Event) -> str:
        place = f"{self._spec.endpoint}/{self._spec.deployment}/{event.collection}"
        return f"modelDataCollector/{place}/{folder(event.time, self._rolling)}"


def _write_config(path: Path, document: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
