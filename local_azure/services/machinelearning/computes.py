"""Computes: attached Kubernetes clusters, as far as endpoints name them."""

from __future__ import annotations

from local_azure.arm.resource_type import ResourceType
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE


class Computes(ResourceType):
    """Computes are kept and shown; nothing runs on them."""

    type = f"{WORKSPACE}/computes"
    read_only = ("provisioningErrors", "createdOn", "modifiedOn", "isAttachedCompute")
