"""PUT, PATCH and DELETE: accept, keep, then settle at once or in an operation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from local_azure.arm import errors
from local_azure.arm.envelope import operation_headers, shown
from local_azure.arm.errors import ArmError
from local_azure.arm.operations import Operation
from local_azure.arm.resource_type import Call, Reply, ResourceType
from local_azure.arm.schemas import conform
from local_azure.arm.shape import JsonObject, copied, text, without_nulls
from local_azure.arm.store import Resource, timestamp
from local_azure.azure import Azure

ENVELOPE = ("id", "name", "type", "systemData", "etag")


async def put(call: Call, kind: ResourceType) -> Reply:
    """Create or replace (PUT), or merge (PATCH)."""
    azure = kind.azure
    existing = azure.store.get(call.id)
    if call.method == "PATCH":
        if existing is None:
            raise errors.resource_not_found(
                kind.type, call.id.rsplit("/providers/", 1)[-1].partition("/")[2], call.path.group
            )
        body = _patched(call, kind, existing)
    else:
        body = without_nulls(call.body)
    _refuse_when_busy(call, kind)
    body, problems = conform(kind.schema or kind.type, _writable(body, kind))
    if problems:
        raise errors.invalid_body(problems, kind.type)
    _normalise_location(body, kind)
    kept, hidden = await kind.accept(call, body, existing)
    previous = copied(existing.body) if existing else None
    resource = _kept(call, kind, existing, kept, hidden)
    if not kind.asynchronous:
        await kind.settle(call, resource, previous)
        created = existing is None and call.method == "PUT"
        return Reply(status=kind.created_status if created else 200, body=shown(resource, kind))
    operation = _settling(call, kind, resource, previous)
    return Reply(
        status=201 if existing is None else 200 if call.method == "PUT" else 202,
        body=shown(resource, kind),
        headers=operation_headers(azure, operation, call=call, kind=kind),
    )


def _normalise_location(body: JsonObject, kind: ResourceType) -> None:
    """`West Europe` is westeurope. Regions that do not exist are not known here."""
    if not isinstance(body.get("location"), str):
        return
    location = body["location"] = text(body, "location").replace(" ", "").lower()
    if not location:
        raise errors.bad_request(
            "The location property is required for this definition.", code="LocationRequired"
        )
    if not (location.isascii() and location.isalnum()):
        raise errors.bad_request(
            f"The provided location '{location}' is not available for resource type '{kind.type}'.",
            code="LocationNotAvailableForResourceType",
        )


def _writable(body: JsonObject, kind: ResourceType) -> JsonObject:
    """The body without what only the service writes, which clients echo from a GET."""
    dropped = {name.lower() for name in (*kind.read_only, "provisioningState")}
    kept: JsonObject = {name: held for name, held in body.items() if name not in ENVELOPE}
    properties = kept.get("properties")
    if isinstance(properties, dict):
        kept["properties"] = {k: v for k, v in properties.items() if k.lower() not in dropped}
    identity = kept.get("identity")
    if isinstance(identity, dict):
        own = {k: v for k, v in identity.items() if k not in ("principalId", "tenantId")}
        ids = own.get("userAssignedIdentities")
        if isinstance(ids, dict):
            own["userAssignedIdentities"] = {name: {} for name in ids}
        kept["identity"] = own
    return kept


def _patched(call: Call, kind: ResourceType, existing: Resource) -> JsonObject:
    """The stored body with the PATCH merged in, as RFC 7396 says: null removes."""
    refused = [name for name in call.body if name not in (*kind.patchable, *ENVELOPE, "location")]
    if refused:
        raise errors.bad_request(
            f"A PATCH of {kind.type} may hold {', '.join(kind.patchable)}; it holds "
            f"{', '.join(refused)}. Use PUT with the full resource."
        )

    def merge(below: JsonObject, above: JsonObject) -> JsonObject:
        merged = dict(below)
        for name, value in above.items():
            held = merged.get(name)
            if value is None:
                merged.pop(name, None)
            elif isinstance(value, dict):
                merged[name] = merge(held if isinstance(held, dict) else {}, value)
            else:
                merged[name] = value
        return merged

    return merge(copied(existing.body), {k: v for k, v in call.body.items() if k not in ENVELOPE})


def _refuse_when_busy(call: Call, kind: ResourceType) -> None:
    scope = kind.busy_scope(call.id)
    busy = kind.azure.operations.busy(scope) if scope else None
    if busy is not None:
        raise errors.conflict(
            f"There is already an active {busy.verb} operation in progress on "
            f"'{busy.resource_id}'. Wait until it has completed before starting another one "
            f"on '{scope}'."
        )


def _kept(
    call: Call,
    kind: ResourceType,
    existing: Resource | None,
    body: JsonObject,
    hidden: JsonObject,
) -> Resource:
    who = call.caller.client_id
    if existing is None:
        resource = Resource(
            id=call.id, type=kind.type, body=body, hidden=hidden, created_by=who, changed_by=who
        )
    else:
        resource = existing
        resource.body, resource.hidden = body, hidden
        resource.changed_at, resource.changed_by = timestamp(), who
    if kind.has_state:
        working = "Creating" if existing is None else "Updating"
        resource.properties["provisioningState"] = working if kind.asynchronous else "Succeeded"
    kind.azure.store.put(resource)
    return resource


def _settling(
    call: Call, kind: ResourceType, resource: Resource, previous: JsonObject | None
) -> Operation:
    azure = kind.azure

    async def work() -> None:
        state = "Failed"
        try:
            await azure.faults.of_operation("PUT", resource.id)
            await asyncio.sleep(kind.delay("PUT"))
            await kind.settle(call, resource, previous)
            state = "Succeeded"
        except asyncio.CancelledError:
            state = text(resource.body, "properties", "provisioningState")
            state = state if azure.operations.closing else "Canceled"
            raise
        finally:
            _end_in(azure, resource, state)

    return azure.operations.start(Operation(resource_id=resource.id, verb="PUT"), work)


def _end_in(azure: Azure, resource: Resource, state: str) -> None:
    if azure.store.get(resource.id) is resource:
        resource.properties["provisioningState"] = state
        azure.store.put(resource)


async def delete(call: Call, kind: ResourceType, types: Mapping[str, ResourceType]) -> Reply:
    """Delete a resource and all below it; 204 when it is not there."""
    azure = kind.azure
    resource = azure.store.get(call.id)
    if resource is None:
        return Reply(status=204)
    _refuse_when_busy(call, kind)
    await kind.refuse_delete(call, resource)
    if not kind.asynchronous:
        await _end_operations(azure, resource.id)
        await remove(resource, types)
        await _end_operations(azure, resource.id)  # begun while things were taken down
        return Reply(status=200)
    resource.properties["provisioningState"] = "Deleting"
    azure.store.put(resource)

    async def work() -> None:
        try:
            await azure.faults.of_operation("DELETE", resource.id)
            await asyncio.sleep(kind.delay("DELETE"))
        except (ArmError, asyncio.CancelledError) as error:
            canceled = isinstance(error, asyncio.CancelledError)
            if not azure.operations.closing:
                _end_in(azure, resource, "Canceled" if canceled else "Failed")
            raise
        await remove(resource, types)

    operation = azure.operations.start(Operation(resource_id=resource.id, verb="DELETE"), work)
    return Reply(status=202, headers=operation_headers(azure, operation, call=call, kind=kind))


async def _end_operations(azure: Azure, scope: str) -> None:
    """End what is under way below a workspace or a group that goes: it would bring its resource
    back, without a parent."""
    while (operation := azure.operations.busy(scope)) is not None:
        azure.operations.cancel(operation)
        await azure.operations.finished(operation)


async def remove(resource: Resource, types: Mapping[str, ResourceType]) -> None:
    """Forget a resource and all below it, each after its type has cleaned up."""
    store = next(iter(types.values())).azure.store
    below = [one for one in store.all() if one.id.lower().startswith(resource.id.lower() + "/")]
    for one in [*reversed(below), resource]:
        kind = types.get(one.type.lower())
        if kind is not None:
            await kind.removing(one)
    store.remove(resource.id)
