"""The scoring router: what stands in front of every endpoint.

Checks keys and tokens, splits and mirrors traffic, enforces timeout and concurrency, streams.
Statuses and headers follow Microsoft's table for managed online endpoints
(learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints, "HTTP status
codes"): a model's own non-200 answer is a 424 whose headers tell the model's status.
"""

from __future__ import annotations

import asyncio
import hmac
import random
import uuid
from collections.abc import Callable

from aiohttp import web

from . import addresses
from .backends import Backend, Backends
from .connections import InstanceConnections
from .placement import EndpointLookup, EndpointRoute, TokenCheck
from .refusals import RefusedError, refusal
from .traffic_split import choose, mirrored, named
from .upstream import HOP_BY_HOP, Exchange

_DEPLOYMENT = "azureml-model-deployment"
_NOT_FORWARDED = HOP_BY_HOP | {
    *("host", "authorization", "content-length", "expect", _DEPLOYMENT),
    *("x-ms-request-id", "x-request-id"),
}
_PENDING_MIRRORS = 256


class ScoringRouter:
    """Serves what is below `addresses` and, by host name, `/…`.

    `lookup` is asked at each request, with the path of an endpoint. `draw` gives the numbers in
    [0, 1) that split traffic. `max_body`: bytes of a request.
    """

    def __init__(
        self,
        lookup: EndpointLookup,
        backends: Backends,
        *,
        token_check: TokenCheck,
        draw: Callable[[], float] = random.random,
        max_body: int = 10 * 1024 * 1024,
    ) -> None:
        self._lookup = lookup
        self._backends = backends
        self._token_check = token_check
        self._draw = draw
        self._max_body = max_body
        self._connections = InstanceConnections()
        self._mirrors: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Catch-all routes below an endpoint's path: add them after all fixed paths."""
        return [
            web.route("*", addresses.KUBERNETES_ROUTE, self._on_kubernetes),
            web.route("*", addresses.MANAGED_ROUTE, self._by_path),
        ]

    async def serve_host(self, request: web.Request) -> web.StreamResponse:
        """A request whose host is `<endpoint>.<region>.inference.ml.azure.com`."""
        address = addresses.managed(request.host.split(".", 1)[0])
        return await self._serve(request, address, request.rel_url.raw_path)

    async def close(self) -> None:
        """Drop the connections to the instances, and pending mirrors."""
        for task in tuple(self._mirrors):
            task.cancel()
        self._connections.close()

    async def _by_path(self, request: web.Request) -> web.StreamResponse:
        # The path goes on as it came: decoding it could put a line end into the request.
        path = request.rel_url.raw_path.split("/", 2)[2]
        address = addresses.managed(request.match_info["endpoint"])
        return await self._serve(request, address, f"/{path}")

    async def _on_kubernetes(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path.split("/", 7)[7]
        known = request.match_info
        address = addresses.on_kubernetes(known["cluster"], known["endpoint"])
        return await self._serve(request, address, f"/{path}")

    async def _serve(self, request: web.Request, address: str, path: str) -> web.StreamResponse:
        given = request.headers.get("x-ms-request-id", "")
        request_id = given if given and given.isascii() else str(uuid.uuid4())
        try:
            endpoint = self._endpoint(address)
            connections = self._backends.connections(endpoint.arm_id)
            connections.asks(request.transport)
            await self._authorize(request, endpoint)
            deployment = self._deployment(request, endpoint)
            body = await self._body(request)
            self._mirror(request, endpoint, path, body)
            answer = await self._score(
                request, endpoint, deployment, path=path, body=body, request_id=request_id
            )
            connections.answered(_size(answer))
        except RefusedError as error:
            return refusal(error, request_id)
        else:
            return answer

    def _endpoint(self, address: str) -> EndpointRoute:
        endpoint = self._lookup(address)
        if endpoint is None:
            raise RefusedError(404, f"There is no endpoint {address.rpartition('/')[2]}.")
        return endpoint

    async def _authorize(self, request: web.Request, endpoint: EndpointRoute) -> None:
        kind = "key" if endpoint.auth_mode == "Key" else "token"
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise RefusedError(401, f"{kind}_auth_bad_header_forbidden")
        if endpoint.auth_mode == "Key":
            given = credential.encode(errors="replace")
            # Both are always compared: the time tells nothing about which key matched.
            matches = [hmac.compare_digest(given, key.encode()) for key in endpoint.keys]
            allowed = any(matches)
        else:
            allowed = await self._token_check(credential, endpoint)
        if not allowed:
            raise RefusedError(401, f"{kind}_auth_access_denied")

    def _deployment(self, request: web.Request, endpoint: EndpointRoute) -> str:
        asked = request.headers.get(_DEPLOYMENT)
        if asked:
            found = named(endpoint.deployments, asked)
            if found is None:
                raise RefusedError(404, f"Endpoint {endpoint.name} has no deployment {asked}.")
            return found
        chosen = choose(endpoint.traffic, self._draw())
        found = None if chosen is None else named(endpoint.deployments, chosen)
        if found is None:
            raise RefusedError(
                404, f"Endpoint {endpoint.name} has no valid deployment with positive weight."
            )
        return found

    async def _body(self, request: web.Request) -> bytes:
        if not request.body_exists:
            return b""
        if (request.content_length or 0) > self._max_body:
            raise RefusedError(413, f"The request is larger than {self._max_body} bytes.")
        chunks: list[bytes] = []
        size = 0
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > self._max_body:
                raise RefusedError(413, f"The request is larger than {self._max_body} bytes.")
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _score(
        self,
        request: web.Request,
        endpoint: EndpointRoute,
        deployment: str,
        *,
        path: str,
        body: bytes,
        request_id: str,
    ) -> web.StreamResponse:
        backend = self._backends.of(endpoint.deployments[deployment])
        if backend is None:
            raise RefusedError(424, "", reason="model_not_ready", deployment=deployment)
        exchange = Exchange(
            self._connections,
            backend,
            method=request.method,
            path=_container_path(backend, path, request.rel_url.raw_query_string),
            headers=_forwarded(request, request_id),
            body=body,
        )
        return await exchange.answer(request, request_id=request_id)

    def _mirror(
        self, request: web.Request, endpoint: EndpointRoute, path: str, body: bytes
    ) -> None:
        """Send a copy and forget it. The caller never waits for it, nor sees it fail."""
        if not endpoint.mirror_traffic or len(self._mirrors) >= _PENDING_MIRRORS:
            return
        chosen = mirrored(endpoint.mirror_traffic, self._draw())
        target = None if chosen is None else named(endpoint.deployments, chosen)
        backend = None if target is None else self._backends.of(endpoint.deployments[target])
        if backend is None:
            return
        copy = Exchange(
            self._connections,
            backend,
            method=request.method,
            path=_container_path(backend, path, request.rel_url.raw_query_string),
            headers=_forwarded(request, str(uuid.uuid4())),
            body=body,
        )
        task = asyncio.create_task(copy.run_to_the_end())
        self._mirrors.add(task)
        task.add_done_callback(self._mirrors.discard)


def _size(answer: web.StreamResponse) -> int:
    """Bytes of an answer's body: of a whole one, or of what was streamed of it."""
    return (answer.content_length or 0) if isinstance(answer, web.Response) else answer.body_length


def _container_path(backend: Backend, path: str, query: str) -> str:
    """`/score` is the scoring route whatever its path inside; `/` is a sign of life."""
    inside = {"/score": backend.score_path, "/": backend.health_path}.get(path, path)
    return f"{inside}?{query}" if query else inside


def _forwarded(request: web.Request, request_id: str) -> list[tuple[str, str]]:
    """The caller's headers without its credential: the container is not to see the key."""
    kept = [(n, v) for n, v in request.headers.items() if n.lower() not in _NOT_FORWARDED]
    return [*kept, ("x-ms-request-id", request_id), ("x-request-id", request_id)]
