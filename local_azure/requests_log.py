"""One line per request in service.log, without anything secret.

Only method, host, path, api-version and outcome are written: never a header, a body, or the
rest of a query string (SAS signatures live there).
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

LOG = logging.getLogger("local_azure.requests")
KEPT = 20000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request, as tests read it."""

    method: str
    host: str
    path: str
    api_version: str
    status: int
    seconds: float


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
            self._note(request, status, time.perf_counter() - began)
        return answer

    def _note(self, request: web.Request, status: int, seconds: float) -> None:
        seen = Seen(
            method=request.method,
            host=request.host.split(":")[0],
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
