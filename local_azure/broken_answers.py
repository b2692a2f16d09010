"""HTTP answers that a fault spoils: on all sites of the process but its own `/_local` routes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from local_azure.faults import Fault, Faults
from local_azure.login import HOST as LOGIN_HOST

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
DROPPED = 0
"""The status that the recording shows for a request which got no answer."""
_CUT = "local_azure.cut"


class BrokenAnswers:
    """`middleware` goes below the request log, `prepared` to `on_response_prepare`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Passes on what no fault waits for."""
        host, path = request.host.split(":")[0], request.path
        if path.startswith("/_local/"):
            return await handler(request)
        fault = self._faults.of_request(request.method, host, path)
        if fault is None:
            return await handler(request)
        if fault.kind == "drop":
            return _dropped(request)
        if fault.kind == "half":
            request[_CUT] = True
            return await _half(request, await handler(request))
        if fault.seconds > 0:
            await asyncio.sleep(fault.seconds)
        return await handler(request) if fault.kind == "slow" else _refused(fault, host, path)

    async def prepared(self, request: web.Request, response: web.StreamResponse) -> None:
        """An answer that is streamed is cut within its first piece."""
        if not request.get(_CUT) or isinstance(response, web.Response):
            return
        write = response.write

        async def cut(data: bytes | bytearray | memoryview) -> None:
            await write(bytes(data)[: max(1, len(data) // 2)])
            _close(request)

        response.write = cut


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=DROPPED)


async def _half(request: web.Request, whole: web.StreamResponse) -> web.StreamResponse:
    """Headers that promise the whole answer, half of its body, and the end."""
    if whole.prepared or not isinstance(whole, web.Response):
        return whole
    del request[_CUT]
    body = whole.body if isinstance(whole.body, bytes) else b""
    headers = {name: held for name, held in whole.headers.items() if name != "Content-Length"}
    half = web.StreamResponse(status=whole.status, headers=headers)
    half.content_length = max(len(body), 1)
    await half.prepare(request)
    if len(body) > 1:
        await half.write(body[: len(body) // 2])
    _close(request)
    return half


def _close(request: web.Request) -> None:
    """Close after what was written has gone out."""
    if request.transport is not None:
        request.transport.close()


def _refused(fault: Fault, host: str, path: str) -> web.Response:
    """The fault's status, in the words of the host that is asked."""
    error = fault.error()
    headers = {"x-ms-failure-cause": "service", **error.headers}
    if host == LOGIN_HOST:
        told = {"error": "temporarily_unavailable", "error_description": error.message}
        return web.json_response(told, status=fault.status, headers=headers)
    scored = host.endswith(".inference.ml.azure.com") or (
        "." in host and not host.endswith("azure.com") and not path.startswith("/msi/")
    )
    if scored:
        return web.Response(status=fault.status, text=error.message, headers=error.headers)
    return web.Response(
        status=fault.status,
        headers=headers,
        text=json.dumps(error.body()),
        content_type="application/json",
    )
