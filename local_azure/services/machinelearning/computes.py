"""Computes: attached Kubernetes clusters, as far as endpoints name them."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.resource_type import Call, ResourceType, Rule
from local_azure.arm.shape import JsonObject, section, text
from local_azure.arm.store import Resource
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE

_CLUSTERS = ("/managedclusters/", "/connectedclusters/")


class Computes(ResourceType):
    """Computes are kept and shown. Deployments on a Kubernetes one run as all others do."""

    type = f"{WORKSPACE}/computes"
    read_only = ("provisioningErrors", "createdOn", "modifiedOn", "isAttachedCompute")
    rules = (
        Rule(
            id="kubernetes-cluster",
            text="a Kubernetes compute names an AKS or Arc cluster by its resourceId",
            fact="6",
            certainty="U",
        ),
    )

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        del call
        properties = section(body, "properties")
        kind = text(properties, "computeType")
        if not kind:
            raise errors.bad_request("A compute needs properties.computeType.")
        if kind.lower() == "kubernetes":
            cluster = text(properties, "resourceId").lower()
            if not any(one in cluster for one in _CLUSTERS):
                raise errors.bad_request(
                    f"resourceId '{cluster}' is no Kubernetes cluster: attach an AKS "
                    "(managedClusters) or an Arc-enabled one (connectedClusters)."
                )
            properties["computeType"] = "Kubernetes"
            inner = section(properties, "properties")
            inner.setdefault("namespace", "default")
            inner.setdefault("defaultInstanceType", "defaultinstancetype")
            properties["properties"] = inner
        body.setdefault("location", self.azure.world.location)
        return body, existing.hidden if existing else {}

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties["createdOn"] = resource.created_at
        properties["modifiedOn"] = resource.changed_at
        properties["isAttachedCompute"] = "resourceId" in properties
        properties["provisioningErrors"] = None
        return view
