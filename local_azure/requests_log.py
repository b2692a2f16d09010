"""One line per request in service.log, and a recording for tests; neither holds a secret.

The log has method, host, path, api-version and outcome: never a header, a body, or the rest of
a query string (SAS signatures live there). The recording adds who asked, and the JSON bodies
that ARM was sent, without what `redacted` takes for secret. What goes to Azurite is not seen.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from local_azure.redaction import principal_of, redacted

LOG = logging.getLogger("local_azure.requests")
KEPT = 5000
ARM = "management.azure.com"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request, as tests read it."""

    method: str
    host: str
    path: str
    api_version: str
    status: int
    """0 when the connection was dropped without an answer."""
    seconds: float
    principal: str
    """Object id in the bearer token; "" without one, and for an endpoint's own keys."""
    body: str
    """What ARM was sent, as JSON without secrets; "" for all other hosts."""


class RequestLog:
    """Writes the log, and keeps the last `KEPT` requests for tests."""

    def __init__(self) -> None:
        self.seen: deque[Seen] = deque(maxlen=KEPT)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Times and notes a request, whatever comes of it."""
        began = time.perf_counter()
        status = 500
        try:
            answer = await handler(request)
            status = answer.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            seconds = time.perf_counter() - began
            self._note(request, status, seconds=seconds, body=await _body(request))
        return answer

    def _note(self, request: web.Request, status: int, *, seconds: float, body: str) -> None:
        seen = Seen(
            method=request.method,
            host=_host(request),
            principal=principal_of(request.headers.get("Authorization", "")),
            body=body,
            path=request.path,
            api_version=request.query.get("api-version", ""),
            status=status,
            seconds=seconds,
        )
        self.seen.append(seen)
        version = f"?api-version={seen.api_version}" if seen.api_version else ""
        LOG.info(
            "%s %s%s%s %d %.0f ms",
            seen.method,
            seen.host,
            seen.path,
            version,
            status,
            seconds * 1000,
        )


def _host(request: web.Request) -> str:
    return request.host.split(":")[0].lower()


async def _body(request: web.Request) -> str:
    """The body that the handler has read; nobody waits here for one that it has not."""
    if _host(request) != ARM or not request.body_exists or not request.content.is_eof():
        return ""
    with suppress(Exception):
        return redacted(await request.read())
    return ""
