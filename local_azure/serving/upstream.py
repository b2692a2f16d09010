"""One request passed on to an instance, and its answer passed back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TypeVar

from aiohttp import web
from multidict import CIMultiDict

from .backends import Backend, Target
from .connections import Answer, Connection, InstanceConnections
from .payloads import PayloadCopy
from .refusals import CallerGoneError, RefusedError

HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te")
) | {"trailer", "trailers", "transfer-encoding", "upgrade"}
_DROPPED = HOP_BY_HOP | {"content-length", "date", "server"}
_GLANCE = 0.5
"""Seconds between looks at whether the caller is still there."""
_T = TypeVar("_T")


class Exchange:
    """A request on its way to one deployment. Counts itself.

    `path`: as it goes on the wire, with its query. `headers`: without Host and Content-Length.
    """

    def __init__(
        self,
        connections: InstanceConnections,
        backend: Backend,
        *,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> None:
        self._connections = connections
        self._backend = backend
        self._method = method
        self._path = path
        self._headers = headers
        self._body = body
        self._connection: Connection | None = None
        self._started = time.perf_counter()
        self._deadline = asyncio.get_running_loop().time() + backend.request_timeout
        self._model_status: int | None = None
        self._copy: PayloadCopy | None = None
        collector = backend.collector
        if collector is not None and collector.of_payloads and _is(path, backend.score_path):
            self._copy = PayloadCopy(
                collector, method=method, path=path, headers=headers, body=body
            )

    async def answer(self, request: web.Request, *, request_id: str) -> web.StreamResponse:
        """The answer for the caller of `request`. Raises `RefusedError`."""
        status = 499
        target = None
        whole = False
        try:
            target = self._enter()
            answer = await self._ask(target, request)
            self._model_status = answer.status
            status, headers = self._head(answer, request_id)
            if answer.body is not None:
                whole = True
                self._kept(answer, answer.body)
                return web.Response(status=status, body=answer.body, headers=headers)
            response = web.StreamResponse(status=status, headers=headers)
            whole = await self._stream(request, answer, response)
        except RefusedError as error:
            status = error.status
            raise
        except CallerGoneError:
            return web.Response(status=499)
        except OSError as error:
            refused = self._lost(str(error) or type(error).__name__)
            status = refused.status
            raise refused from error
        else:
            return response
        finally:
            self._leave(target, status, whole=whole)

    async def run_to_the_end(self) -> None:
        """For a mirrored request: the answer is read, counted and dropped."""
        status = 499
        target = None
        whole = False
        try:
            target = self._enter()
            status = await asyncio.wait_for(
                self._whole_status(target), self._backend.request_timeout
            )
            whole = True
        except RefusedError as error:
            status = error.status
        except asyncio.TimeoutError:  # before OSError, which it is since Python 3.11
            status = 408
        except OSError:
            status = 424
        finally:
            self._leave(target, status, whole=whole)

    async def _whole_status(self, target: Target) -> int:
        answer = await self._ask(target, None)
        self._model_status = answer.status
        self._kept(answer, await answer.rest())
        return self._head(answer, "")[0]

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

    def _leave(self, target: Target | None, status: int, *, whole: bool) -> None:
        if not whole and self._connection is not None:
            self._connection.close()
        if target is not None:
            self._backend.in_flight -= 1
            target.in_flight -= 1
        took = time.perf_counter() - self._started
        self._backend.counters.count(status, took, model_status=self._model_status)

    async def _ask(self, target: Target, request: web.Request | None) -> Answer:
        connection = self._connection = self._connections.to(target.url)
        sent = connection.send(self._message(target), bodiless=self._method == "HEAD")
        return await self._until(request, sent)

    def _message(self, target: Target) -> bytes:
        lines = [f"{self._method} {self._path} HTTP/1.1", f"Host: {target.url[7:]}"]
        lines += [f"{name}: {value}" for name, value in self._headers]
        if self._body or self._method not in ("GET", "HEAD"):
            lines.append(f"Content-Length: {len(self._body)}")
        lines.append("\r\n")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self._body

    async def _until(self, request: web.Request | None, work: asyncio.Future[_T]) -> _T:
        """The result of `work`, unless the time is up or the caller goes away first."""
        if request is None or work.done():
            return await work
        loop = asyncio.get_running_loop()
        stop: list[Exception] = []

        def glance() -> None:
            nonlocal timer
            transport = request.transport
            if transport is None or transport.is_closing():
                stop.append(CallerGoneError())
            elif loop.time() >= self._deadline:
                stop.append(self._late())
            else:
                timer = loop.call_at(min(loop.time() + _GLANCE, self._deadline), glance)
                return
            work.cancel()

        timer = loop.call_at(min(loop.time() + _GLANCE, self._deadline), glance)
        try:
            return await work
        except asyncio.CancelledError:
            if stop:
                raise stop[0] from None
            raise
        finally:
            timer.cancel()

    async def _stream(
        self, request: web.Request, answer: Answer, response: web.StreamResponse
    ) -> bool:
        """Pass the body on as it comes; False when it broke off."""
        await response.prepare(request)
        try:
            while chunk := await self._until(request, answer.next()):
                if self._copy is not None:
                    self._copy.add(chunk)
                await response.write(chunk)
            await response.write_eof()
        except (RefusedError, OSError, CallerGoneError):
            # The head is out: all that is left is to break off, so that nobody takes a part
            # for the whole.
            if request.transport is not None:
                request.transport.abort()
            return False
        self._kept(answer, b"")
        return True

    def _kept(self, answer: Answer, rest: bytes) -> None:
        if self._copy is not None:
            self._copy.add(rest)
            self._copy.keep(answer.headers)

    def _head(self, answer: Answer, request_id: str) -> tuple[int, CIMultiDict[str]]:
        headers = CIMultiDict([one for one in answer.headers if one[0].lower() not in _DROPPED])
        headers["x-ms-request-id"] = request_id
        headers["azureml-model-deployment"] = self._backend.deployment
        if answer.status == 200 or self._backend.compute == "Kubernetes":
            return answer.status, headers
        headers["ms-azureml-model-error-reason"] = "model_error"
        headers["ms-azureml-model-error-statuscode"] = str(answer.status)
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


def _is(path: str, route: str) -> bool:
    return path.partition("?")[0] == route
