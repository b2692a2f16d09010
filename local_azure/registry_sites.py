"""The hosts of registries, as azure-ai-ml asks them: discovery, then the data plane.

`REGION.api.azureml.ms` tells where a registry is; `cert-REGION.experiments.azureml.net` answers
below `/mferp/managementfrontend` as ARM would, but with `azureml://registries/…` for ids, and hands
out places to upload to and to download from. Any region's hosts answer for all registries.
"""

from __future__ import annotations

import re

from aiohttp import web

from local_azure import sites
from local_azure.arm import errors
from local_azure.arm.engine import Engine
from local_azure.arm.envelope import HOST as ARM
from local_azure.arm.errors import ArmError
from local_azure.arm.resource_type import Reply
from local_azure.arm.shape import JsonObject, JsonValue, items, parse_object, text
from local_azure.arm.store import Resource
from local_azure.directory import Principal
from local_azure.services.machinelearning import pending_uploads
from local_azure.services.machinelearning.registry_assets import ASSETS
from local_azure.services.machinelearning.registry_names import TYPE, registry_named
from local_azure.tokens import ARM_AUDIENCES, ML_AUDIENCE

PREFIX = "/mferp/managementfrontend"
_URIS = ("modelUri", "codeUri", "dataUri")
_ASSET = re.compile(
    rf"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{TYPE}/(?P<rest>.+/.+)$"
)
_REFERENCE = re.compile(r"^azureml://registries/[^/]+/(?P<rest>[^/]+/[^/]+/versions/[^/]+)$")
_DATA = re.compile(
    rf"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{TYPE}/(?P<registry>[^/]+)/"
    r"(?P<what>tempdatarefs|datarefs)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)$",
    re.IGNORECASE,
)


class RegistrySites:
    """Handlers for both hosts, in front of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._azure = engine.azure

    def discovery(self) -> list[web.RouteDef]:
        """The routes of `*.api.azureml.ms`."""
        path = "/registrymanagement/v1.0/registries/{name}/discovery"
        return [web.get(path, self._discover)]

    async def _discover(self, request: web.Request) -> web.StreamResponse:
        return await sites.answered(request, self._found(request))

    async def _found(self, request: web.Request) -> Reply:
        self._caller(request)
        name = request.match_info["name"]
        registry = registry_named(self._azure, name)
        if registry is None:
            raise ArmError(404, "RegistryNotFound", f"The registry {name} was not found.")
        region = text(registry.body, "location")
        host = f"https://cert-{region}.experiments.azureml.net/"
        regions = [text(one, "location") for one in items(registry.properties, "regionDetails")]
        _, _, subscription, _, group, *_ = registry.id.split("/")
        return Reply(
            body={
                "registryName": registry.name,
                "tenantId": self._azure.world.tenant_id,
                "primaryRegion": region,
                "regions": list[JsonValue](dict.fromkeys([region, *regions])),
                "subscriptionId": subscription,
                "resourceGroup": group,
                "primaryRegionResourceProviderUri": host,
                "registryFqdns": {one: {} for one in [region, *regions]},
            }
        )

    async def data_plane(self, request: web.Request) -> web.StreamResponse:
        """`cert-REGION.experiments.azureml.net`."""
        if not request.rel_url.raw_path.startswith(f"{PREFIX}/subscriptions/"):
            return web.json_response({"error": {"code": "PathNotPlayed"}}, status=404)
        return await sites.answered(request, self._reply(request, await request.read()))

    async def _reply(self, request: web.Request, body: bytes) -> Reply:
        path = request.rel_url.path.removeprefix(PREFIX)
        match = _DATA.match(path)
        if match is not None:
            return await self._data(request, match, parse_object(body) or {})
        reply = await self._engine.handle(
            request.method,
            request.rel_url.raw_path.removeprefix(PREFIX),
            query=dict(request.query),
            authorization=request.headers.get("Authorization", ""),
            body=body,
        )
        shown = renamed(reply.body, f"https://{request.host}{PREFIX}")
        return Reply(status=reply.status, body=shown, headers=reply.headers)

    async def _data(self, request: web.Request, match: re.Match[str], body: JsonObject) -> Reply:
        """`tempdatarefs`: a place to upload to. `datarefs`: an asset's files to download."""
        caller = self._caller(request)
        registry = registry_named(self._azure, match["registry"])
        if registry is None:
            raise errors.resource_not_found(TYPE, f"registries/{match['registry']}", None)
        writing = match["what"].lower() == "tempdatarefs"
        if request.method != ("PUT" if writing else "POST"):
            played = ("PUT",) if writing else ("POST",)
            raise errors.unknown_verb(request.method, f"{TYPE}/{match['what']}/versions", played)
        self._authorize(caller, f"{ASSETS}/{'write' if writing else 'read'}", registry)
        asset = self._asset(registry, text(body, "assetId"))
        if not writing:
            return Reply(body=self._files(asset, text(body, "assetId"), text(body, "blobUri")))
        if asset is not None:
            raise errors.conflict(f"{text(body, 'assetId')} exists; register a new version.")
        place = await pending_uploads.new_place(self._azure)
        return Reply(body={"blobReferenceForConsumption": place})

    def _asset(self, registry: Resource, reference: str) -> Resource | None:
        match = _REFERENCE.match(reference)
        if match is None:
            raise errors.bad_request(
                f"assetId is '{reference}', must be "
                f"azureml://registries/{registry.name}/KIND/NAME/versions/VERSION."
            )
        return self._azure.store.get(f"{registry.id}/{match['rest']}")

    def _files(self, asset: Resource | None, reference: str, uri: str) -> JsonObject:
        """The container of the asset's own files, and of nothing else."""
        held = [text(asset.properties, name) for name in _URIS] if asset else []
        if not uri or uri not in held:
            raise errors.bad_request(f"{uri or '(no blobUri)'} is not where {reference} is.")
        container, _ = self._azure.blobs.split(uri)
        place = pending_uploads.place(self._azure, container, permissions=pending_uploads.TO_READ)
        return {"blobReferenceForConsumption": place}

    def _caller(self, request: web.Request) -> Principal:
        header = request.headers.get("Authorization", "")
        return self._engine.caller(header, (*ARM_AUDIENCES, ML_AUDIENCE))

    def _authorize(self, caller: Principal, action: str, registry: Resource) -> None:
        if not self._azure.access.may(caller.object_id, action, registry.id):
            raise errors.authorization_failed(
                caller.client_id, caller.object_id, action, registry.id
            )


def renamed(body: JsonValue, host: str) -> JsonValue:
    """A resource, or a list of them, under the names that the data plane gives."""
    if not isinstance(body, dict):
        return body
    shown = dict(body)
    match = _ASSET.match(text(body, "id"))
    if match is not None:
        shown["id"] = f"azureml://registries/{match['rest']}"
    if "value" in body:
        shown["value"] = [renamed(one, host) for one in items(body, "value")]
    if "nextLink" in body:
        shown["nextLink"] = text(body, "nextLink").replace(ARM, host, 1)
    return shown
