"""`/_local/faults` and `/_local/operations`: making things go wrong, and ending what hangs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from local_azure.arm.shape import JsonValue, parse_object, strings, text
from local_azure.azure import Azure
from local_azure.faults import FaultError, fault_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(azure: Azure, keyed: Callable[[Handler], Handler]) -> list[web.RouteDef]:
    """The routes; `keyed` is the check of who may call them."""

    async def listed(_: web.Request) -> web.Response:
        return web.json_response({"faults": [one.shown() for one in azure.faults.all()]})

    async def added(request: web.Request) -> web.Response:
        try:
            fault = fault_of(strings(parse_object(await request.read())))
        except FaultError as error:
            return _problem(400, str(error))
        azure.faults.add(fault)
        return web.json_response(fault.shown(), status=201)

    async def cleared(request: web.Request) -> web.Response:
        identifier = request.query.get("id", "")
        gone = azure.faults.clear(identifier)
        if identifier and not gone:
            return _problem(404, f"there is no fault {identifier!r}")
        return web.json_response({"cleared": gone})

    async def operations(_: web.Request) -> web.Response:
        shown: list[JsonValue] = [
            {**one.view(one.id), "resource": one.resource_id, "verb": one.verb}
            for one in azure.operations.all()
        ]
        return web.json_response({"operations": shown})

    async def cancelled(request: web.Request) -> web.Response:
        wanted = text(parse_object(await request.read()), "resource")
        operation = azure.operations.busy(wanted)
        if not wanted or operation is None:
            return _problem(404, f"no operation is under way on {wanted!r}")
        azure.operations.cancel(operation)
        await azure.operations.finished(operation)
        return web.json_response(operation.view(operation.id))

    return [
        web.get("/_local/faults", keyed(listed)),
        web.post("/_local/faults", keyed(added)),
        web.delete("/_local/faults", keyed(cleared)),
        web.get("/_local/operations", keyed(operations)),
        web.post("/_local/operations/cancel", keyed(cancelled)),
    ]


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"code": "LocalAzure", "message": message}}, status=status)
