"""`/_local/…` on the plain site: health for everybody, the rest for who can read the home folder
(header X-Local-Azure-Key = adminKey of world.json)."""

from __future__ import annotations

import hmac
import json
import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from local_azure import fault_routes
from local_azure.arm import rbac
from local_azure.arm.engine import Engine
from local_azure.arm.errors import ArmError
from local_azure.arm.shape import JsonObject, JsonValue, parse_object, section, strings, text
from local_azure.directory import Principal
from local_azure.home import HEADER
from local_azure.requests_log import RequestLog
from local_azure.services.machinelearning import online_deployments, online_endpoints
from local_azure.settings import SettingError
from local_azure.telemetry import Telemetry

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Admin:
    """Administration of one running world."""

    def __init__(self, engine: Engine, requests: RequestLog, telemetry: Telemetry) -> None:
        self._engine = engine
        self._telemetry = telemetry
        self._azure = engine.azure
        self._requests = requests
        self.ready = False
        self.keep_settings: Callable[[], None] = lambda: None
        """Called after a change of settings, to write them down."""

    def routes(self) -> list[web.RouteDef]:
        """The routes, and a 404 for everything else below `/_local`."""
        return [
            web.get("/_local/health", self._health),
            web.get("/_local/status", self._keyed(self._status)),
            web.get("/_local/logs", self._keyed(self._logs)),
            web.get("/_local/telemetry", self._keyed(self._received)),
            web.get("/_local/settings", self._keyed(self._settings)),
            web.post("/_local/settings", self._keyed(self._settings)),
            web.post("/_local/grant", self._keyed(self._grant)),
            web.post("/_local/principals", self._keyed(self._principal)),
            web.get("/_local/requests", self._keyed(self._seen)),
            web.delete("/_local/requests", self._keyed(self._forget)),
            *fault_routes.routes(self._azure, self._keyed),
            web.route("*", r"/_local/{rest:[\s\S]*}", self._unknown),
        ]

    def _keyed(self, handler: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            given = request.headers.get(HEADER, "")
            if not hmac.compare_digest(
                given.encode(errors="replace"), self._azure.world.admin_key.encode()
            ):
                return _problem(401, f"{HEADER} is missing or wrong")
            try:
                return await handler(request)
            except ArmError as error:
                return web.json_response(error.body(), status=error.status)
            except SettingError as error:
                return _problem(400, str(error))
            finally:
                self._azure.snapshot.flush()

        return checked

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"ready": self.ready, "pid": os.getpid()})

    async def _unknown(self, request: web.Request) -> web.Response:
        return _problem(404, f"{request.path} is no route of the local Azure")

    async def _status(self, _: web.Request) -> web.Response:
        azure, entries = self._azure, list[JsonValue]()
        for endpoint in azure.store.under("", online_endpoints.TYPE):
            traffic = section(endpoint.properties, "traffic")
            for one in azure.store.children(endpoint.id, online_deployments.TYPE):
                entries.append(
                    {
                        "endpoint": endpoint.name,
                        "deployment": one.name,
                        "state": one.state,
                        "traffic": traffic.get(one.name, 0),
                    }
                )
            if not azure.store.children(endpoint.id, online_deployments.TYPE):
                entries.append({"endpoint": endpoint.name, "state": endpoint.state})
        world = azure.world
        return web.json_response(
            {
                "workspace": world.workspace,
                "resourceGroup": world.resource_group,
                "subscription": world.subscription_id,
                "location": world.location,
                "resources": len(azure.store.all()),
                "deployments": entries,
            }
        )

    async def _received(self, request: web.Request) -> web.Response:
        found = self._telemetry.items(
            request.query.get("component", ""),
            table=request.query.get("table", ""),
            tail=_tail(request, 50),
        )
        return web.json_response({"items": found})

    async def _logs(self, request: web.Request) -> web.Response:
        wanted = (request.query.get("endpoint", ""), request.query.get("deployment", ""))
        found = self._deployments(*wanted)
        if not found:
            return _problem(
                404, f"there is no deployment {wanted[1]!r} of an endpoint {wanted[0]!r}"
            )
        if len(found) > 1:
            known = ", ".join(sorted("/".join(one.split("/")[8:11:2]) for one in found))
            return _problem(409, f"there are several endpoints {wanted[0]!r}: name one of {known}")
        storage = request.query.get("container", "").lower().startswith("storage")
        content = self._azure.placement.logs(
            found[0],
            "StorageInitializer" if storage else "InferenceServer",
            tail=_tail(request, 100),
        )
        return web.json_response({"content": content})

    def _deployments(self, endpoint: str, deployment: str) -> list[str]:
        """ARM ids of the deployments of this name; `endpoint` may be `WORKSPACE/NAME`, which
        tells endpoints on Kubernetes of one name apart."""
        workspace, _, name = endpoint.lower().rpartition("/")
        found: list[str] = []
        for one in self._azure.store.under("", online_deployments.TYPE):
            parts = one.id.lower().split("/")
            if parts[10] != name or parts[-1] != deployment.lower():
                continue
            if workspace in ("", parts[8]):
                found.append(one.id)
        return found

    async def _settings(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            values = strings(parse_object(await request.read()) or {})
            self._azure.settings = self._azure.settings.with_values(values)
            self.keep_settings()
        return web.json_response(asdict(self._azure.settings))

    async def _grant(self, request: web.Request) -> web.Response:
        """A role assignment, through ARM, as the world's owner."""
        wanted = parse_object(await request.read()) or {}
        role = self._role(text(wanted, "role"))
        if role is None:
            return _problem(400, f"there is no role {text(wanted, 'role')!r}")
        scope = text(wanted, "scope").rstrip("/")
        body: JsonObject = {
            "roleDefinitionId": f"/providers/{rbac.DEFINITION_TYPE}/{role}",
            "principalId": text(wanted, "principalId"),
            "principalType": text(wanted, "principalType", default="ServicePrincipal"),
        }
        path = f"{scope}/providers/{rbac.ASSIGNMENT_TYPE}/{uuid.uuid4()}"
        return await self._put_as_owner(path, {"properties": body})

    async def _put_as_owner(self, path: str, body: JsonObject) -> web.Response:
        reply = await self._engine.call(
            "PUT",
            path,
            query={"api-version": "2022-04-01"},
            caller=self._owner(),
            body=json.dumps(body).encode(),
        )
        return web.json_response(reply.body, status=reply.status)

    def _role(self, name: str) -> str | None:
        found = self._azure.access.role(name)
        if found is not None:
            return found.guid
        custom = self._azure.access.custom_roles()
        return next((role.guid for role in custom if role.name.lower() == name.lower()), None)

    def _owner(self) -> Principal:
        owner = self._azure.directory.get(self._azure.world.owner_object_id)
        if owner is None:
            raise ArmError(500, "NoOwner", "This world has no owner: its snapshot was edited.")
        return owner

    async def _principal(self, request: web.Request) -> web.Response:
        """A new service principal without roles; its secret is shown this once."""
        wanted = parse_object(await request.read()) or {}
        name = text(wanted, "name", default="application")
        principal, secret = self._azure.directory.add_application(name)
        return web.json_response(
            {
                "objectId": principal.object_id,
                "clientId": principal.client_id,
                "clientSecret": secret,
                "tenantId": self._azure.world.tenant_id,
            }
        )

    async def _seen(self, _: web.Request) -> web.Response:
        return web.json_response({"requests": [asdict(one) for one in self._requests.seen]})

    async def _forget(self, _: web.Request) -> web.Response:
        self._requests.seen.clear()
        return web.json_response({})


def _tail(request: web.Request, default: int) -> int:
    """The query's `tail`. Raises a 400 for what is no number of lines."""
    given = request.query.get("tail", str(default))
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise ArmError(400, "LocalAzure", f"tail={given!r} is no number of lines")
    return int(given)


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"code": "LocalAzure", "message": message}}, status=status)
