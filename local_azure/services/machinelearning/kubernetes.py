"""Endpoints and deployments on attached Kubernetes clusters: what differs from managed ones
(facts section 1). What runs there is the same; only the answers of the router differ."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.ids import name_of
from local_azure.arm.shape import JsonObject, number, section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services.machinelearning.workspaces import DEPLOYMENTS, ENDPOINTS
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE

COMPUTES = f"{WORKSPACE}/computes"
DEFAULT_INSTANCE_TYPE = "defaultinstancetype"
SHORTEST, LONGEST = 6, 62


def cluster_of(azure: Azure, compute_id: str) -> Resource:
    """The compute an endpoint names. Raises a 400 when it is no attached cluster."""
    held = azure.store.get(compute_id)
    if held is None or held.type != COMPUTES:
        raise errors.bad_request(
            f"The compute '{compute_id}' of the endpoint could not be found in its workspace.",
            detail="ComputeNotFound",
        )
    kind = text(held.properties, "computeType")
    if kind.lower() != "kubernetes":
        raise errors.bad_request(
            f"The compute {held.name} is of type {kind}; an online endpoint needs Kubernetes.",
            detail="InvalidComputeType",
        )
    return held


def cluster_id(azure: Azure, endpoint: Resource) -> str:
    """ARM id of the cluster under an endpoint, in lower case. An endpoint outlives the
    attachment that it was made with, so the id is kept with it."""
    kept = text(endpoint.hidden, "cluster")
    if kept:
        return kept
    compute = text(endpoint.properties, "compute")
    held = azure.store.get(compute)
    return (text(held.properties, "resourceId") if held else compute).lower()


def check_endpoint(azure: Azure, identifier: str, body: JsonObject, *, new: bool) -> str:
    """Raise unless the endpoint may be on the cluster that it names, whose ARM id it returns.

    A name is taken when another endpoint on the same cluster has it, whatever the workspace:
    learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints,
    EndpointAlreadyExists.
    """
    cluster = cluster_of(azure, text(body, "properties", "compute"))
    where = text(cluster.properties, "resourceId").lower()
    if not new:
        return where
    held = [one for one in _endpoints(azure, where) if one.id.lower() != identifier.lower()]
    name = name_of(identifier)
    if any(one.name.lower() == name.lower() for one in held):
        raise errors.conflict(
            f"There is already an endpoint {name} in the cluster of {cluster.name}. The name of a "
            "Kubernetes endpoint must be unique in its workspace and in its cluster: pick another "
            "one.",
            code="EndpointAlreadyExists",
        )
    if len(held) >= azure.settings.max_kubernetes_endpoints:
        raise errors.bad_request(
            f"The cluster of {cluster.name} has {len(held)} online endpoints, its limit is "
            f"{azure.settings.max_kubernetes_endpoints}.",
            code="QuotaExceeded",
        )
    return where


def check_deployment(
    azure: Azure, endpoint: Resource, identifier: str, body: JsonObject, *, new: bool
) -> None:
    """Raise unless the deployment may be on its endpoint's cluster."""
    length = len(endpoint.name) + len(name_of(identifier))
    if not SHORTEST <= length <= LONGEST:
        raise errors.bad_request(
            f"The names of endpoint {endpoint.name} and deployment {name_of(identifier)} have "
            f"{length} characters together; on Kubernetes {SHORTEST} to {LONGEST} are allowed.",
            detail="InvalidName",
        )
    cluster = cluster_of(azure, text(endpoint.properties, "compute"))
    wanted = text(body, "properties", "instanceType")
    known = {name.lower() for name in instance_types(cluster)}
    if wanted and wanted.lower() not in known:
        raise errors.bad_request(
            f"The instance type '{wanted}' is not one of the cluster {cluster.name} "
            f"({', '.join(sorted(known))}).",
            detail="InvalidInstanceType",
        )
    if not new:
        return
    where = text(cluster.properties, "resourceId").lower()
    on_it = _endpoints(azure, where)
    held = sum(len(azure.store.children(one.id, DEPLOYMENTS)) for one in on_it)
    if held >= azure.settings.max_kubernetes_deployments:
        raise errors.bad_request(
            f"The cluster of {cluster.name} has {held} online deployments, its limit is "
            f"{azure.settings.max_kubernetes_deployments}.",
            code="QuotaExceeded",
        )


def instance_types(cluster: Resource) -> dict[str, JsonObject]:
    """The cluster's instance types by name; there is always the default one."""
    held = section(cluster.properties, "properties", "instanceTypes")
    named = {name: section(held, name) for name in held}
    return {DEFAULT_INSTANCE_TYPE: {}, **named}


def cores(azure: Azure, endpoint: Resource, properties: JsonObject) -> int:
    """Whole cores of one instance: what the deployment asks for, else its instance type has."""
    asked = section(properties, "containerResourceRequirements")
    types = instance_types(cluster_of(azure, text(endpoint.properties, "compute")))
    named = text(properties, "instanceType", default=DEFAULT_INSTANCE_TYPE).lower()
    offered = section({name.lower(): held for name, held in types.items()}, named)
    for place in (
        section(asked, "containerResourceLimits"),
        section(asked, "containerResourceRequests"),
        section(offered, "resources", "limits"),
        section(offered, "resources", "requests"),
    ):
        if found := _cpu(place):
            return max(1, round(found))
    return 1


def _cpu(amounts: JsonObject) -> float:
    """`2`, `"0.5"` and `"500m"` alike."""
    given = text(amounts, "cpu")
    try:
        return float(given[:-1]) / 1000 if given.endswith("m") else float(given)
    except ValueError:
        return number(amounts, "cpu")


def _endpoints(azure: Azure, where: str) -> list[Resource]:
    """All endpoints on the cluster with this id, whatever workspace has attached it."""
    endpoints = azure.store.under(azure.world.subscription, ENDPOINTS)
    return [
        one for one in endpoints if "compute" in one.properties and cluster_id(azure, one) == where
    ]
