"""When a deployment may exist: size, count, quota, times (facts sections 1 and 2)."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.ids import parent_of
from local_azure.arm.shape import JsonObject, number, section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services.machinelearning import bag, references
from local_azure.services.machinelearning.capacity import used_cores, vm_size
from local_azure.services.machinelearning.durations import seconds
from local_azure.services.machinelearning.kubernetes import check_deployment as on_cluster
from local_azure.services.machinelearning.workspaces import DEPLOYMENTS

FLOW_PROPERTY = "azureml.promptflow.source_flow_id"
MAX_INSTANCES = 50
DEFAULT_TIMEOUT = "PT5S"
LIMIT, FLOW_LIMIT = 180.0, 300.0


def check(azure: Azure, identifier: str, body: JsonObject, existing: Resource | None) -> None:
    """Raise for the first rule that the deployment breaks."""
    properties = section(body, "properties")
    endpoint = azure.store.get(parent_of(identifier))
    if endpoint is None:
        raise errors.parent_not_found(DEPLOYMENTS, parent_of(identifier))
    if endpoint.state != "Succeeded":
        raise errors.conflict(
            f"Endpoint {endpoint.name} is in state {endpoint.state}; a deployment can be created "
            "when it has Succeeded."
        )
    kubernetes = text(properties, "endpointComputeType") == "Kubernetes"
    _same_place(endpoint, body, kubernetes=kubernetes)
    if existing is None:
        _counts(azure, endpoint)
    else:
        _unchanged(body, existing)
    instances = int(number(body, "sku", "capacity", default=1))
    if not 1 <= instances <= MAX_INSTANCES:
        raise errors.bad_request(
            f"A deployment has 1 to {MAX_INSTANCES} instances; sku.capacity is {instances}."
        )
    _times(azure, properties, kubernetes=kubernetes)
    _probes(properties)
    if kubernetes:
        on_cluster(azure, endpoint, identifier, body, new=existing is None)
    else:
        quota(azure, identifier, body)


def _same_place(endpoint: Resource, body: JsonObject, *, kubernetes: bool) -> None:
    if text(body, "location").lower() != text(endpoint.body, "location").lower():
        raise errors.bad_request(
            f"location is '{text(body, 'location')}'; the endpoint's is "
            f"'{text(endpoint.body, 'location')}', and a deployment lies where its endpoint does."
        )
    if kubernetes != ("compute" in endpoint.properties):
        kind = "Kubernetes" if "compute" in endpoint.properties else "Managed"
        raise errors.bad_request(
            f"endpointComputeType must be {kind}, as of its endpoint {endpoint.name}."
        )


def _counts(azure: Azure, endpoint: Resource) -> None:
    settings = azure.settings
    here = len(azure.store.children(endpoint.id, DEPLOYMENTS))
    if here >= settings.max_deployments_per_endpoint:
        raise errors.bad_request(
            f"Endpoint {endpoint.name} has {here} deployments, the limit is "
            f"{settings.max_deployments_per_endpoint}.",
            code="QuotaExceeded",
        )
    location = text(endpoint.body, "location").lower()
    everywhere = sum(
        text(one.body, "location").lower() == location
        for one in azure.store.under(azure.world.subscription, DEPLOYMENTS)
    )
    if everywhere >= settings.max_deployments:
        raise errors.bad_request(
            f"The subscription has {everywhere} online deployments in {location}, its limit is "
            f"{settings.max_deployments}.",
            code="QuotaExceeded",
        )


def _unchanged(body: JsonObject, existing: Resource) -> None:
    properties = section(body, "properties")
    now = text(properties, "endpointComputeType")
    then = text(existing.properties, "endpointComputeType")
    if now != then:
        raise errors.bad_request(f"endpointComputeType cannot change (it is '{then}').")
    bag.refuse_change("deployment", properties, existing.properties)
    size = text(existing.properties, "instanceType")
    if then == "Kubernetes" and text(body, "properties", "instanceType") != size:
        raise errors.bad_request(
            f"instanceType of a Kubernetes deployment cannot change (it is '{size}')."
        )


def quota(azure: Azure, identifier: str, body: JsonObject) -> None:
    """Raise unless the VM family has the cores left, the reserve included."""
    name = text(body, "properties", "instanceType")
    size = vm_size(name)
    if size is None:
        raise errors.bad_request(
            f"The instance type '{name}' is not supported for managed online endpoints. See "
            "https://aka.ms/managed-endpoint-skus",
            detail="InvalidInstanceType",
        )
    needed = size.cores_for(int(number(body, "sku", "capacity", default=1)))
    used = used_cores(azure, text(body, "location"), but=identifier).get(size.family, 0)
    limit = azure.settings.family_limit(size.family)
    if used + needed > limit:
        raise errors.bad_request(
            f"Not enough quota available for {name} in SubscriptionId "
            f"{azure.world.subscription_id}. Current usage/limit: {used}/{limit}. Additional "
            f"needed: {needed}. Deployments reserve 20 % more than they use, for upgrades.",
            code="OutOfQuota",
        )


def _times(azure: Azure, properties: JsonObject, *, kubernetes: bool) -> None:
    settings = section(properties, "requestSettings")
    given = text(settings, "requestTimeout", default=DEFAULT_TIMEOUT)
    timeout = seconds(given)
    if timeout is None or timeout <= 0:
        raise errors.bad_request(f"requestSettings.requestTimeout is '{given}', no duration.")
    limit = FLOW_LIMIT if kubernetes or _is_flow(azure, properties) else LIMIT
    if timeout > limit:
        reason = (
            ""
            if limit == FLOW_LIMIT
            else (f" ({FLOW_LIMIT:.0f} s when the model has the property {FLOW_PROPERTY})")
        )
        raise errors.bad_request(
            f"requestSettings.requestTimeout is {timeout:g} s; at most {limit:.0f} s are "
            f"allowed{reason}.",
            detail="InvalidRequestTimeout",
        )
    if number(settings, "maxConcurrentRequestsPerInstance", default=1) < 1:
        raise errors.bad_request(
            "requestSettings.maxConcurrentRequestsPerInstance must be at least 1."
        )


def _probes(properties: JsonObject) -> None:
    for probe in ("livenessProbe", "readinessProbe"):
        for name, given in section(properties, probe).items():
            if isinstance(given, str) and seconds(given) is None:
                raise errors.bad_request(f"{probe}.{name} is '{given}', no duration.")


def _is_flow(azure: Azure, properties: JsonObject) -> bool:
    model = text(properties, "model")
    if not model:
        return False
    version = references.version_of(azure, "models", model)
    return bool(text(version.properties, "properties", FLOW_PROPERTY))
