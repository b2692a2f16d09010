"""The two web sites of the process: Azure's hosts behind TLS, and plain HTTP on loopback."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from local_azure.arm.engine import Engine
from local_azure.arm.errors import ArmError
from local_azure.arm.resource_type import Reply

LOG = logging.getLogger("local_azure")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY = 64 * 1024 * 1024


def without_traceback(record: logging.LogRecord) -> bool:
    """A log filter: what cannot be parsed as HTTP is the client's defect, and one line."""
    if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
        record.exc_info = None
    return True


@web.middleware
async def in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The last word on what no site answers itself: a client is never shown a bare text, and
    whoever has gone or sends rubbish leaves no traceback in the log."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        message = f"{request.method} {request.path}: {error.reason}"
        code = error.reason.replace(" ", "")
        return _problem(error.status, code, message, allow=error.headers.get("Allow"))
    except (web.RequestPayloadError, HttpProcessingError) as error:
        return _problem(400, "BadRequest", f"The body cannot be read: {error}")
    except ConnectionError:
        return web.Response(status=499)
    except Exception:
        LOG.exception("%s %s", request.method, request.path)
        if request.writer.output_size:  # too late for another answer
            raise
        message = "The local Azure has a defect; its service.log tells where."
        return _problem(500, "InternalServerError", message)


def _problem(status: int, code: str, message: str, *, allow: str | None = None) -> web.Response:
    headers = {"Allow": allow} if allow else {}
    body = {"error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers=headers)


async def arm(request: web.Request, engine: Engine) -> web.Response:
    """management.azure.com."""
    body = await request.read()
    return await answered(
        request,
        engine.handle(
            request.method,
            request.rel_url.raw_path,
            query=dict(request.query),
            authorization=request.headers.get("Authorization", ""),
            body=body,
        ),
    )


async def answered(request: web.Request, work: Awaitable[Reply]) -> web.Response:
    """What the work replies, or the `ArmError` that it raised, with ARM's headers."""
    try:
        reply = await work
    except ArmError as error:
        headers = {"x-ms-failure-cause": "gateway", **error.headers}
        reply = Reply(status=error.status, body=error.body(), headers=headers)
    return _response(request, reply)


def _response(request: web.Request, reply: Reply) -> web.Response:
    headers = {
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-correlation-request-id": request.headers.get(
            "x-ms-correlation-request-id", str(uuid.uuid4())
        ),
        "Cache-Control": "no-cache",
        **reply.headers,
    }
    if reply.body is None:
        return web.Response(status=reply.status, headers=headers)
    return web.Response(
        status=reply.status,
        headers=headers,
        text=json.dumps(reply.body),
        content_type="application/json",
    )


def by_host(hosts: Mapping[str, Handler], suffixes: Mapping[str, Handler]) -> Handler:
    """A handler that passes each request to the one of its host."""

    async def handle(request: web.Request) -> web.StreamResponse:
        host = request.host.split(":")[0].lower()
        handler = hosts.get(host)
        if handler is None:
            handler = next((one for end, one in suffixes.items() if host.endswith(end)), None)
        if handler is None:
            return _problem(421, "HostNotPlayed", f"{host} is not played here.")
        return await handler(request)

    return handle


def routed(routes: list[web.RouteDef]) -> Handler:
    """A handler out of a route table, for one host of several."""
    router = web.UrlDispatcher()
    router.add_routes(routes)

    async def handle(request: web.Request) -> web.StreamResponse:
        found = await router.resolve(request)
        if found.http_exception is not None:
            return web.json_response(
                {
                    "error": "not_played",
                    "error_description": f"{request.method} {request.path} is not played here",
                },
                status=found.http_exception.status,
            )
        request.match_info.update(found)
        return await found.handler(request)

    return handle


async def listen(
    app: web.Application, site: Callable[[web.AppRunner], web.BaseSite]
) -> web.AppRunner:
    """Run an application on one site."""
    logging.getLogger("aiohttp.server").addFilter(without_traceback)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, handle_signals=False)
    await runner.setup()
    await site(runner).start()
    return runner


def port_of(runner: web.AppRunner) -> int:
    """The TCP port a runner listens on."""
    return int(runner.addresses[0][1])
