"""One request passed on to an instance, and its answer passed back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from .backends import Backend, Target

HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te")
) | {"trailer", "trailers", "transfer-encoding", "upgrade"}
_DROPPED = HOP_BY_HOP | {"content-length", "date", "server"}
_WHOLE = 1_048_576
"""Bytes up to which an answer of known length is passed on in one piece."""
_GLANCE = 0.5
"""Seconds between looks at whether the caller is still there."""
_T = TypeVar("_T")


class RefusedError(Exception):
    """An answer that the router gives itself."""

    def __init__(
        self,
        status: int,
        text: str,
        *,
        reason: str | None = None,
        deployment: str | None = None,
        model_status: int | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.reason = reason
        """For the header `ms-azureml-model-error-reason`."""
        self.deployment = deployment
        self.model_status = model_status


class CallerGoneError(Exception):
    """The caller closed its connection before the answer."""


def refusal(error: RefusedError, request_id: str) -> web.Response:
    """The answer of a `RefusedError`: plain text, as the service's front end gives it."""
    headers = {"x-ms-request-id": request_id}
    if error.reason:
        headers["ms-azureml-model-error-reason"] = error.reason
    if error.model_status is not None:
        headers["ms-azureml-model-error-statuscode"] = str(error.model_status)
    if error.deployment:
        headers["azureml-model-deployment"] = error.deployment
    return web.Response(status=error.status, text=error.text, headers=headers)


class Exchange:
    """A request on its way to one deployment. Counts itself."""

    def __init__(
        self,
        client: aiohttp.ClientSession,
        backend: Backend,
        *,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> None:
        self._client = client
        self._backend = backend
        self._method = method
        self._path = path
        self._headers = CIMultiDict(headers)
        self._body = body
        self._started = time.perf_counter()
        self._deadline = asyncio.get_running_loop().time() + backend.request_timeout
        self._model_status: int | None = None

    async def answer(self, request: web.Request, *, request_id: str) -> web.StreamResponse:
        """The answer for the caller of `request`. Raises `RefusedError`."""
        status = 499
        target = None
        try:
            target = self._enter()
            upstream = await self._until(request, self._send(target))
            async with upstream:
                response = await self._pass_on(request, upstream, request_id=request_id)
                status = response.status
                return response
        except RefusedError as error:
            status = error.status
            raise
        except CallerGoneError:
            return web.Response(status=499)
        except (aiohttp.ClientError, ConnectionError) as error:
            refused = self._lost(f"{type(error).__name__}")
            status = refused.status
            raise refused from error
        finally:
            self._leave(target, status)

    async def run_to_the_end(self) -> None:
        """For a mirrored request: the answer is read, counted and dropped."""
        status = 499
        target = None
        try:
            target = self._enter()
            status = await asyncio.wait_for(
                self._whole_status(target), self._backend.request_timeout
            )
        except RefusedError as error:
            status = error.status
        except (aiohttp.ClientError, ConnectionError):
            status = 424
        except asyncio.TimeoutError:
            status = 408
        finally:
            self._leave(target, status)

    def _enter(self) -> Target:
        backend = self._backend
        if backend.in_flight >= backend.limit:
            raise RefusedError(
                429, "", reason="too_many_pending_request", deployment=backend.deployment
            )
        target = backend.pick()
        if target is None:
            raise RefusedError(424, "", reason="model_not_ready", deployment=backend.deployment)
        backend.in_flight += 1
        target.in_flight += 1
        return target

    def _leave(self, target: Target | None, status: int) -> None:
        if target is not None:
            self._backend.in_flight -= 1
            target.in_flight -= 1
        took = time.perf_counter() - self._started
        self._backend.counters.count(status, took, model_status=self._model_status)

    async def _send(self, target: Target) -> aiohttp.ClientResponse:
        """The answer; read already when it is short, which saves a task."""
        upstream = await self._client.request(
            self._method,
            URL(target.url + self._path, encoded=True),
            headers=self._headers,
            data=self._body or None,
            allow_redirects=False,
        )
        if _is_short(upstream):
            await upstream.read()
        return upstream

    async def _whole_status(self, target: Target) -> int:
        async with await self._send(target) as upstream:
            self._model_status = upstream.status
            await upstream.read()
            return self._head(upstream, "")[0]

    async def _until(self, request: web.Request, work: Awaitable[_T]) -> _T:
        """The result of `work`, unless the time is up or the caller goes away first."""
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)
        try:
            while True:
                left = self._deadline - loop.time()
                await asyncio.wait({task}, timeout=max(0.0, min(left, _GLANCE)))
                if task.done():
                    return task.result()
                if request.transport is None or request.transport.is_closing():
                    raise CallerGoneError
                if left <= 0:
                    raise self._late()
        finally:
            if not task.done():
                task.cancel()

    async def _pass_on(
        self, request: web.Request, upstream: aiohttp.ClientResponse, *, request_id: str
    ) -> web.StreamResponse:
        self._model_status = upstream.status
        status, headers = self._head(upstream, request_id)
        if _is_short(upstream):
            return web.Response(status=status, body=await upstream.read(), headers=headers)
        response = web.StreamResponse(status=status, headers=headers)
        await response.prepare(request)
        try:
            while chunk := await self._until(request, upstream.content.readany()):
                await response.write(chunk)
            await response.write_eof()
        except (RefusedError, aiohttp.ClientError, ConnectionError, CallerGoneError):
            # The head is out: all that is left is to break off, so that nobody takes a part
            # for the whole.
            upstream.close()
            if request.transport is not None:
                request.transport.abort()
        return response

    def _head(
        self, upstream: aiohttp.ClientResponse, request_id: str
    ) -> tuple[int, CIMultiDict[str]]:
        headers = CIMultiDict(
            (name, value)
            for name, value in upstream.headers.items()
            if name.lower() not in _DROPPED
        )
        headers["x-ms-request-id"] = request_id
        headers["azureml-model-deployment"] = self._backend.deployment
        if upstream.status == 200 or self._backend.compute == "Kubernetes":
            return upstream.status, headers
        headers["ms-azureml-model-error-reason"] = "model_error"
        headers["ms-azureml-model-error-statuscode"] = str(upstream.status)
        return 424, headers

    def _late(self) -> RefusedError:
        seconds = self._backend.request_timeout
        if self._backend.compute == "Kubernetes":
            return RefusedError(
                504, "upstream request timeout", deployment=self._backend.deployment
            )
        return RefusedError(
            408, f"The model took longer than {seconds:g} s.", deployment=self._backend.deployment
        )

    def _lost(self, why: str) -> RefusedError:
        """The instance broke off or could not be reached: its own front end would say 502."""
        self._model_status = 502
        if self._backend.compute == "Kubernetes":
            return RefusedError(502, why, deployment=self._backend.deployment)
        return RefusedError(
            424,
            f"The model's container broke off the request ({why}).",
            reason="model_error",
            deployment=self._backend.deployment,
            model_status=502,
        )


def _is_short(upstream: aiohttp.ClientResponse) -> bool:
    length = upstream.content_length
    return length is not None and length <= _WHOLE
