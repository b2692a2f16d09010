"""Machines: VM sizes, instances, and the cores they take from the quota."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from specs import quota
from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT, STACK
from specs.rules.subjects import DeploymentCase, StackCase

_LIMITS = "Manage resources and quotas: limits of online endpoints and deployments"
_QUOTA = "the article, Virtual machine quota allocation for deployment"
_KUBERNETES = "the article, Define the deployment: instance type on Kubernetes"
_SIZES = "Managed online endpoints SKU list"
_INSTANCES = "the article, Define the deployment: instance count"

INSTANCES_PER_DEPLOYMENT = 50
HIGHLY_AVAILABLE = 3


@DEPLOYMENT.rule("vm-size-unknown", "warning", source=_SIZES)
def vm_size_known(case: DeploymentCase) -> Iterator[Problem]:
    """The VM size is one of Microsoft's list for managed endpoints.

    A warning, since the list grows: cores and quota of the size cannot be reckoned here.
    """
    size = case.part.text("instance_type")
    if case.kubernetes or size is None or quota.vm_size(size):
        return
    known = {name.lower(): name for name in quota.known_sizes()}
    nearest = difflib.get_close_matches(size.lower(), known, n=1)
    hint = f"Did you mean {known[nearest[0]]}? " if nearest else ""
    yield Problem(
        f"the VM size `{size}` is not in Microsoft's list for managed endpoints; its cores and "
        "quota are not checked",
        f"{hint}See what the region has:  az ml compute list-sizes",
        case.part.place("instance_type"),
    )


@DEPLOYMENT.rule("kubernetes-instance-type", "warning", source=_KUBERNETES)
def instance_type_of_the_cluster(case: DeploymentCase) -> Iterator[Problem]:
    """On Kubernetes, the instance type is one that was made in the cluster, not a VM size."""
    size = case.part.text("instance_type")
    if case.kubernetes and size is not None and quota.vm_size(size):
        yield Problem(
            f"the instance type `{size}` is a VM size of Azure; a Kubernetes deployment takes an "
            "InstanceType of its cluster",
            "Name one of  kubectl get instancetype  or remove it (defaultinstancetype).",
            case.part.place("instance_type"),
        )


@DEPLOYMENT.rule("instances-not-positive", "error", source=_LIMITS)
def instances_positive(case: DeploymentCase) -> Iterator[Problem]:
    """A deployment has at least one instance."""
    count = case.part.number("instance_count")
    if count is not None and count < 1:
        yield Problem(
            f"instance_count is {count}; a deployment has at least one instance",
            "Give 1 or more. To stop it, take it out of the stack.",
            case.part.place("instance_count"),
        )


@DEPLOYMENT.rule("instances-too-many", "error", source=_LIMITS)
def instances_limit(case: DeploymentCase) -> Iterator[Problem]:
    """A managed deployment has at most 50 instances."""
    count = case.part.number("instance_count")
    if count is not None and count > INSTANCES_PER_DEPLOYMENT and not case.kubernetes:
        yield Problem(
            f"instance_count is {count}; a deployment has at most {INSTANCES_PER_DEPLOYMENT}",
            "Take a larger VM size, or two deployments that share the traffic.",
            case.part.place("instance_count"),
        )


@DEPLOYMENT.rule("instances-few", "warning", source=_INSTANCES)
def instances_for_production(case: DeploymentCase) -> Iterator[Problem]:
    """In a stack marked production, a deployment has at least 3 instances."""
    count = case.part.number("instance_count")
    count = 1 if count is None else count
    if case.circumstances.production and 1 <= count < HIGHLY_AVAILABLE:
        yield Problem(
            f"{count} instance{'s' if count > 1 else ''} in a stack marked production; high "
            f"availability takes at least {HIGHLY_AVAILABLE}",
            f"Give instance_count: {HIGHLY_AVAILABLE} or more, or silence this with a reason.",
            case.part.place("instance_count"),
        )


@STACK.rule("quota-exceeded", "error", source=_QUOTA)
def quota_suffices(case: StackCase) -> Iterator[Problem]:
    """The quota of each VM family holds all deployments at the worst step of the rollout.

    `ceil(1.2 x instances) x cores` each, blue and green together, on top of what runs already.
    Looked at only where live usage could be read; `check` shows the sum in any case.
    """
    circumstances = case.circumstances
    lines = quota.ledger(case.demands, running=circumstances.running, usage=circumstances.usage)
    for line in lines:
        if line.shortfall:
            yield Problem(
                f"{line.family}: {line.added} cores more are needed at the worst step of the "
                f"rollout, {line.current} of {line.limit} are in use; {line.shortfall} are missing",
                f"Ask for a quota of {(line.limit or 0) + line.shortfall} cores, or take fewer "
                "instances or smaller ones.",
                case.place("endpoints"),
                "the stack",
            )
