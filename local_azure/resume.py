"""After a start: deployments run again, and what a kill interrupted is brought to an end."""

from __future__ import annotations

import asyncio
import logging

from local_azure.arm import writes
from local_azure.arm.engine import Engine
from local_azure.arm.errors import ArmError
from local_azure.arm.store import Resource
from local_azure.services.machinelearning import endpoint_identity, online_endpoints
from local_azure.services.machinelearning.assets import ensure_container
from local_azure.services.machinelearning.online_deployments import OnlineDeployments
from local_azure.services.machinelearning.registry_names import TYPE as REGISTRY

LOG = logging.getLogger("local_azure")
AT_ONCE = 2
ENDED = ("Failed", "Canceled")


async def resume(engine: Engine) -> None:
    """Finish deletes, settle endpoints and what is in registries, place deployments; failures
    show as state Failed."""
    azure = engine.azure
    types = {kind.type.lower(): kind for kind in engine.types()}
    for resource in azure.store.all():
        if resource.state == "Deleting" and azure.store.get(resource.id) is resource:
            await writes.remove(resource, types)
    for endpoint in azure.store.under("", online_endpoints.TYPE):
        if endpoint.state in ("Creating", "Updating"):
            creator = azure.directory.by_client(endpoint.created_by)
            endpoint_identity.establish(
                azure, endpoint, creator=creator.object_id if creator else ""
            )
            _settled(engine, endpoint, "Succeeded")
    for asset in azure.store.all():
        if asset.type.startswith(REGISTRY) and asset.state in ("Creating", "Updating"):
            if asset.type.endswith("/versions"):
                ensure_container(azure, asset, by=asset.created_by)
            _settled(engine, asset, "Succeeded")
    kind = engine.type_named(OnlineDeployments.type)
    if isinstance(kind, OnlineDeployments):
        limit = asyncio.Semaphore(AT_ONCE)
        wanted = azure.store.under("", OnlineDeployments.type)
        await asyncio.gather(
            *(_place(engine, kind, one, limit) for one in wanted if one.state not in ENDED)
        )
    azure.operations.settle(azure.store.get)
    azure.snapshot.flush()


async def _place(
    engine: Engine, kind: OnlineDeployments, resource: Resource, limit: asyncio.Semaphore
) -> None:
    async with limit:
        try:
            await kind.run(resource)
        except ArmError as error:
            LOG.warning("%s does not run again: %s", resource.id, error.code)
            _settled(engine, resource, "Failed")
        else:
            _settled(engine, resource, "Succeeded")


def _settled(engine: Engine, resource: Resource, state: str) -> None:
    resource.properties["provisioningState"] = state
    engine.azure.store.put(resource)
