"""Names, and how many of each thing Azure allows.

What characters a name may have is told by the documents themselves (`name-illegal`).
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT, ENDPOINT, SERVICE, STACK
from specs.rules.part import Part
from specs.rules.subjects import (
    DeploymentCase,
    EndpointCase,
    ServiceCase,
    StackCase,
)

_LIMITS = "Manage resources and quotas: limits of online endpoints and deployments"

PAIR_SHORTEST, PAIR_LONGEST = 6, 62
DEPLOYMENTS_PER_ENDPOINT = 20
ENDPOINTS_PER_REGION, DEPLOYMENTS_PER_REGION = 100, 500
ENDPOINTS_PER_CLUSTER, DEPLOYMENTS_PER_CLUSTER = 60, 100


@ENDPOINT.rule("endpoint-name-dashes", "warning", source="seen in practice; not documented")
def endpoint_name_dashes(case: EndpointCase) -> Iterator[Problem]:
    """An endpoint's name should not hold two dashes in a row."""
    yield from _double_dash(case.part)


@DEPLOYMENT.rule("deployment-name-dashes", "warning", source="seen in practice; not documented")
def deployment_name_dashes(case: DeploymentCase) -> Iterator[Problem]:
    """A deployment's name should not hold two dashes in a row."""
    yield from _double_dash(case.part)


@DEPLOYMENT.rule("kubernetes-names-length", "error", source=_LIMITS)
def kubernetes_names(case: DeploymentCase) -> Iterator[Problem]:
    """On Kubernetes, endpoint and deployment name together have 6 to 62 characters."""
    endpoint, deployment = case.endpoint_name, case.part.text("name")
    if not case.kubernetes or not endpoint or not deployment:
        return
    length = len(endpoint) + len(deployment)
    if not PAIR_SHORTEST <= length <= PAIR_LONGEST:
        yield Problem(
            f"`{endpoint}` and `{deployment}` have {length} characters together; on Kubernetes "
            f"that must be {PAIR_SHORTEST} to {PAIR_LONGEST}",
            "Shorten one of the two names.",
            case.part.place("name"),
        )


@SERVICE.rule("deployments-too-many", "error", source=_LIMITS)
def deployments_per_endpoint(case: ServiceCase) -> Iterator[Problem]:
    """An endpoint has at most 20 deployments."""
    count = len(case.deployments)
    if case.whole and count > DEPLOYMENTS_PER_ENDPOINT:
        yield Problem(
            f"{count} deployments; an endpoint has at most {DEPLOYMENTS_PER_ENDPOINT}",
            "Remove some, or spread them over two endpoints.",
            case.place,
        )


@SERVICE.rule("deployment-name-twice", "error", source="ARM: a name is one resource")
def deployment_twice(case: ServiceCase) -> Iterator[Problem]:
    """Each deployment of an endpoint has a name of its own."""
    if not case.whole:
        return
    seen: set[str] = set()
    for deployment in case.deployments:
        name = deployment.name.lower()
        if name != "?" and name in seen:
            yield Problem(
                f"`{deployment.name}` is listed twice under {case.endpoint.called}",
                "Give one of them another name (`set: {name: …}` in the stack).",
                deployment.part.place("name"),
                deployment.called,
            )
        seen.add(name)


@STACK.rule("endpoint-name-twice", "error", source=_LIMITS)
def endpoint_twice(case: StackCase) -> Iterator[Problem]:
    """Each endpoint of a region has a name of its own."""
    if not case.circumstances.stack:
        return
    seen: set[str] = set()
    for service in case.services:
        name = service.endpoint.name.lower()
        if name != "?" and name in seen:
            yield Problem(
                f"`{service.endpoint.name}` is the name of two endpoints of this stack; it must "
                "be unique in its Azure region",
                "Rename one (`set: {name: …}` in the stack), or list all deployments under one.",
                service.endpoint.part.place("name"),
                service.endpoint.called,
            )
        seen.add(name)


@STACK.rule("region-limit", "error", source=_LIMITS)
def region_limits(case: StackCase) -> Iterator[Problem]:
    """A region holds 100 managed endpoints and 500 deployments, a cluster 60 and 100."""
    if not case.circumstances.stack:
        return
    managed = [s for s in case.services if not s.endpoint.kubernetes]
    yield from _over(managed, "an Azure region", ENDPOINTS_PER_REGION, DEPLOYMENTS_PER_REGION)
    clusters: dict[str, list[ServiceCase]] = {}
    for service in case.services:
        if service.endpoint.kubernetes:
            compute = service.endpoint.part.text("compute") or "?"
            clusters.setdefault(compute, []).append(service)
    for compute, services in clusters.items():
        holder = f"the cluster `{compute}`"
        yield from _over(services, holder, ENDPOINTS_PER_CLUSTER, DEPLOYMENTS_PER_CLUSTER)


def _over(
    services: list[ServiceCase], holder: str, endpoints: int, deployments: int
) -> Iterator[Problem]:
    listed = sum(len(service.deployments) for service in services)
    for count, limit, noun in (
        (len(services), endpoints, "endpoints"),
        (listed, deployments, "deployments"),
    ):
        if count > limit:
            yield Problem(
                f"{count} {noun}; {holder} holds at most {limit} of a subscription",
                "Split the stack over two regions, clusters or subscriptions.",
                services[-1].place,
                "the stack",
            )


def _double_dash(part: Part) -> Iterator[Problem]:
    name = part.text("name")
    if name is not None and "--" in name:
        yield Problem(
            f"`{name}` holds `--`, which some of Azure's services refuse in host names",
            "Use single dashes.",
            part.place("name"),
        )
