"""Which endpoint names are free, and where a name answers.

A managed endpoint's name is unique in its region, and stays taken for a while after it; one on
Kubernetes is unique in its workspace and its cluster only (checked in `kubernetes`), and free at
once.
"""

from __future__ import annotations

import time

from local_azure.arm import errors
from local_azure.arm.shape import number, section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services.machinelearning import kubernetes
from local_azure.services.machinelearning.workspaces import ENDPOINTS
from local_azure.serving import addresses


def is_managed(endpoint: Resource) -> bool:
    """Whether it runs on no cluster of the user's."""
    return "compute" not in endpoint.properties


def address(azure: Azure, endpoint: Resource) -> str:
    """The path of the plain site below which an endpoint answers."""
    if is_managed(endpoint):
        return addresses.managed(endpoint.name)
    cluster = addresses.label(kubernetes.cluster_id(azure, endpoint))
    return addresses.on_kubernetes(cluster, endpoint.name)


def refuse_taken(azure: Azure, name: str, location: str) -> None:
    """Raise unless a new managed endpoint may have the name, and the region has room for it."""
    place = location.lower()
    held = [
        one
        for one in azure.store.under(azure.world.subscription, ENDPOINTS)
        if is_managed(one) and text(one.body, "location").lower() == place
    ]
    reserved = number(azure.snapshot.extra, "reserved", f"{place}/{name.lower()}")
    if any(one.name.lower() == name.lower() for one in held) or reserved > time.time():
        raise errors.conflict(
            f"There is already an endpoint with this name ({name}) in {place}, or one was deleted "
            "a short time ago. Endpoint names must be unique in a region: pick another one or try "
            "again later.",
            code="EndpointNameNotAvailable",
        )
    if len(held) >= azure.settings.max_endpoints:
        raise errors.bad_request(
            f"The subscription has {len(held)} online endpoints in {place}, its limit is "
            f"{azure.settings.max_endpoints}.",
            code="QuotaExceeded",
        )


def reserve(azure: Azure, endpoint: Resource) -> None:
    """Keep the name of an endpoint that goes from others for a while."""
    reserved = section(azure.snapshot.extra, "reserved")
    reserved = {k: v for k, v in reserved.items() if number(v) > time.time()}
    if is_managed(endpoint):
        location = text(endpoint.body, "location").lower()
        until = time.time() + azure.settings.name_reserved_seconds
        reserved[f"{location}/{endpoint.name.lower()}"] = until
    azure.snapshot.extra["reserved"] = reserved
