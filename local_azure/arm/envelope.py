"""How resources leave ARM: ids, systemData, lists with nextLink, operation headers."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from local_azure.arm.ids import subscription_of
from local_azure.arm.operations import Operation
from local_azure.arm.resource_type import Call, ResourceType
from local_azure.arm.shape import JsonObject, JsonValue, section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure

HOST = "https://management.azure.com"
PAGE = 100


def shown(resource: Resource, kind: ResourceType) -> JsonObject:
    """A resource as a GET shows it."""
    view = kind.view(resource)
    if kind.has_state and "provisioningState" not in section(view, "properties"):
        properties = section(view, "properties")
        properties["provisioningState"] = resource.state
        view["properties"] = properties
    envelope: JsonObject = {"id": resource.id, "name": resource.name, "type": resource.type}
    system_data: JsonObject = {
        "createdBy": resource.created_by,
        "createdByType": "Application",
        "createdAt": resource.created_at,
        "lastModifiedBy": resource.changed_by,
        "lastModifiedByType": "Application",
        "lastModifiedAt": resource.changed_at,
    }
    return {**envelope, **view, "systemData": system_data}


def listed(resources: list[Resource], kind: ResourceType, call: Call) -> JsonObject:
    """One page of a list. Understands $top, $skip and $orderBy createdtime/updatedtime."""
    order = call.query.get("$orderby", call.query.get("orderby", "")).lower()
    if order.startswith(("created", "updated")):
        resources = sorted(resources, key=lambda one: one.created_at, reverse="asc" not in order)
    skip = _whole(call.query.get("$skip") or call.query.get("$skiptoken") or "0")
    top = _whole(call.query.get("$top", "")) or PAGE
    page: list[JsonValue] = [shown(one, kind) for one in resources[skip : skip + top]]
    body: JsonObject = {"value": page}
    if skip + top < len(resources) and "$top" not in call.query:
        query = {**call.query, "$skip": str(skip + top)}
        parent = call.path.id if not call.path.collection else _collection(call)
        body["nextLink"] = f"{HOST}{quote(parent)}?{urlencode(query)}"
    return body


def _collection(call: Call) -> str:
    return f"{call.path.id}/{call.path.type.rsplit('/', 1)[-1]}"


def _whole(value: str) -> int:
    """0 for what is no number, and for one that no list is as long as."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def operation_headers(
    azure: Azure, operation: Operation, *, call: Call, kind: ResourceType
) -> dict[str, str]:
    """The headers of an answer that says: accepted, ask there."""
    namespace = kind.type.split("/")[0]
    located = azure.store.get(call.id)
    location = text(located.body, "location") if located else ""
    base = (
        f"{HOST}/subscriptions/{subscription_of(call.id)}/providers/{namespace}/locations/"
        f"{location or azure.world.location}"
    )
    query = f"?api-version={call.api_version}"
    headers = {
        "Azure-AsyncOperation": f"{base}/mfeOperationsStatus/{operation.id}{query}",
        **retry_after(azure),
    }
    if call.method != "PUT":
        headers["Location"] = f"{base}/mfeOperationResults/{operation.id}{query}"
    return headers


def retry_after(azure: Azure) -> dict[str, str]:
    """How long to wait before the next poll. HTTP knows whole seconds only; azure-core also
    reads milliseconds, but only without a Retry-After."""
    seconds = azure.settings.retry_after
    if seconds < 1:
        return {"x-ms-retry-after-ms": str(int(seconds * 1000))}
    return {"Retry-After": str(int(seconds))}
