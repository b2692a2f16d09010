"""Online endpoints: a name, keys, an identity with its automatic roles, and the traffic split."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from local_azure.arm import errors
from local_azure.arm.ids import name_of
from local_azure.arm.resource_type import Action, Call, ResourceType
from local_azure.arm.shape import JsonObject, JsonValue, number, section, strings, text
from local_azure.arm.store import Resource
from local_azure.services.machinelearning import (
    bag,
    endpoint_identity,
    endpoint_names,
    kubernetes,
    names,
    rules,
    traffic,
)
from local_azure.services.machinelearning.workspaces import DEPLOYMENTS, ENDPOINTS

TYPE = ENDPOINTS
AUTH_MODES = ("Key", "AMLToken", "AADToken")
AML_TOKEN_AUDIENCE = "urn:local-azure:online-endpoint"  # noqa: S105 - an audience, no secret


class OnlineEndpoints(ResourceType):
    """Managed and Kubernetes online endpoints."""

    type = TYPE
    asynchronous = True
    read_only = ("scoringUri", "swaggerUri", "endpointType")
    patchable = ("tags", "identity", "sku", "kind")
    rules = rules.ENDPOINT

    def actions(self) -> Mapping[str, Action]:
        return {
            "listKeys": Action(run=self._list_keys, permission="listKeys/action"),
            "regenerateKeys": Action(run=self._regenerate, permission="regenerateKeys/action"),
            "token": Action(run=self._token, permission="token/action"),
        }

    def delay(self, verb: str) -> float:
        settings = self.azure.settings
        return settings.delete_seconds if verb == "DELETE" else settings.endpoint_seconds

    def busy_scope(self, resource_id: str) -> str | None:
        return resource_id

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        names.check("endpoint", name_of(call.id))
        properties = section(body, "properties")
        managed = "compute" not in properties
        if existing is not None:
            _refuse_change(body, existing)
        elif managed:
            endpoint_names.refuse_taken(self.azure, name_of(call.id), text(body, "location"))
        mode = text(properties, "authMode")
        if mode not in AUTH_MODES:
            raise errors.bad_request(
                f"authMode is '{mode}'; it must be one of {', '.join(AUTH_MODES)}."
            )
        if mode == "AADToken" and not managed:
            raise errors.bad_request("authMode AADToken is for managed online endpoints only.")
        hidden: JsonObject = {**(existing.hidden if existing else {})}
        if not managed:
            where = kubernetes.check_endpoint(self.azure, call.id, body, new=existing is None)
            hidden.setdefault("cluster", where)
        endpoint_identity.check(self.azure, call, body)
        self._set_traffic(call, properties, existing)
        hidden.setdefault("keys", {"primaryKey": _new_key(), "secondaryKey": _new_key()})
        hidden["keys"] = {**section(hidden, "keys"), **strings(properties.pop("keys", None))}
        if existing is not None:
            body["identity"] = existing.body.get("identity")
            body.setdefault("kind", existing.body.get("kind"))
        body.setdefault("kind", "Managed" if managed else "K8S")
        return body, hidden

    def _set_traffic(self, call: Call, properties: JsonObject, existing: Resource | None) -> None:
        live, mirror = _shares(properties, "traffic"), _shares(properties, "mirrorTraffic")
        if existing is None and (any(live.values()) or any(mirror.values())):
            raise errors.bad_request(
                "Traffic cannot be set when an endpoint is created: create its deployments first.",
                detail="InvalidTraffic",
            )
        known = [one.name for one in self.azure.store.children(call.id, DEPLOYMENTS)]
        live, mirror = traffic.checked(
            live, mirror, deployments=known, managed="compute" not in properties
        )
        properties["traffic"] = dict[str, JsonValue](live)
        properties["mirrorTraffic"] = dict[str, JsonValue](mirror)

    async def settle(self, call: Call, resource: Resource, previous: JsonObject | None) -> None:
        if previous is None:
            endpoint_identity.establish(self.azure, resource, creator=call.caller.object_id)

    async def removing(self, resource: Resource) -> None:
        endpoint_identity.dissolve(self.azure, resource)
        endpoint_names.reserve(self.azure, resource)
        self.azure.forget_counts(resource.id)

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties.setdefault("publicNetworkAccess", "Enabled")
        properties.setdefault("properties", {})
        base = f"{self.azure.http_url}{endpoint_names.address(self.azure, resource)}"
        properties["scoringUri"] = f"{base}/score"
        properties["swaggerUri"] = f"{base}/swagger.json"
        view.setdefault("tags", {})
        return view

    async def _list_keys(self, call: Call, endpoint: Resource) -> JsonValue:
        del call
        if text(endpoint.properties, "authMode") != "Key":
            raise errors.bad_request(
                f"Endpoint {endpoint.name} has authMode "
                f"{text(endpoint.properties, 'authMode')}: it has no keys."
            )
        return dict(section(endpoint.hidden, "keys"))

    async def _regenerate(self, call: Call, endpoint: Resource) -> JsonValue:
        which = text(call.body, "keyType")
        if which.lower() not in ("primary", "secondary"):
            raise errors.bad_request("keyType must be Primary or Secondary.")
        name = f"{which.lower()}Key"
        keys = section(endpoint.hidden, "keys")
        given = text(call.body, "keyValue")
        # azure-ai-ml sends the key that it asks to have replaced
        keys[name] = given if given and given != keys.get(name) else _new_key()
        endpoint.hidden["keys"] = keys
        self.azure.store.put(endpoint)
        return None

    async def _token(self, call: Call, endpoint: Resource) -> JsonValue:
        if text(endpoint.properties, "authMode") != "AMLToken":
            raise errors.bad_request(
                f"Endpoint {endpoint.name} has authMode "
                f"{text(endpoint.properties, 'authMode')}: it gives no tokens of its own."
            )
        token, expires = self.azure.tokens.issue(
            call.caller.object_id,
            call.caller.client_id,
            AML_TOKEN_AUDIENCE,
            scope=endpoint.id.lower(),
        )
        return {
            "accessToken": token,
            "expiryTimeUtc": expires,
            "refreshAfterTimeUtc": expires - int(self.azure.settings.token_seconds / 2),
            "tokenType": "Bearer",
        }


def _shares(properties: JsonObject, name: str) -> dict[str, int]:
    return {key: int(number(share)) for key, share in section(properties, name).items()}


def _new_key() -> str:
    return secrets.token_urlsafe(24)


def _refuse_change(body: JsonObject, existing: Resource) -> None:
    """What cannot change once an endpoint exists; keeps its property bag add-only."""
    properties, before = section(body, "properties"), existing.properties
    pairs = (
        ("location", text(body, "location"), text(existing.body, "location")),
        ("compute", text(properties, "compute"), text(before, "compute")),
    )
    for name, now, then in pairs:
        if now.lower() != then.lower():
            raise errors.bad_request(f"{name} of an endpoint cannot change (it is '{then}').")
    endpoint_identity.refuse_change(body, existing)
    bag.refuse_change("endpoint", properties, before)
