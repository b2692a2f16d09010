"""Online deployments: accepted here, run by the placement."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm import errors
from local_azure.arm.errors import ArmError
from local_azure.arm.ids import name_of, parent_of
from local_azure.arm.resource_type import Action, Call, ResourceType
from local_azure.arm.shape import JsonObject, JsonValue, dig, number, section, strings, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services.machinelearning import (
    deployment_rules,
    endpoint_identity,
    kubernetes,
    names,
    references,
    rules,
)
from local_azure.services.machinelearning.capacity import DEFAULT_SIZE, vm_size
from local_azure.services.machinelearning.durations import seconds
from local_azure.services.machinelearning.workspaces import DEPLOYMENTS
from local_azure.serving import collected_events
from local_azure.serving.placement import PlacementError, PlacementSpec, Probe

TYPE = DEPLOYMENTS
CONTAINERS = ("InferenceServer", "StorageInitializer")


class OnlineDeployments(ResourceType):
    """Deployments of an online endpoint."""

    type = TYPE
    asynchronous = True
    patchable = ("tags", "sku")
    rules = rules.DEPLOYMENT

    def actions(self) -> Mapping[str, Action]:
        return {"getLogs": Action(run=self._logs, permission="getLogs/action")}

    def __init__(self, azure: Azure) -> None:
        super().__init__(azure)
        self._placed: dict[str, PlacementSpec] = {}

    def delay(self, verb: str) -> float:
        settings = self.azure.settings
        return settings.delete_seconds if verb == "DELETE" else settings.deployment_seconds

    def busy_scope(self, resource_id: str) -> str | None:
        return parent_of(resource_id)

    def visible(self, resource: Resource) -> bool:
        return self.azure.age_of(resource) >= self.azure.settings.visible_after_seconds

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        names.check("deployment", name_of(call.id))
        properties = section(body, "properties")
        if text(properties, "endpointComputeType") == "Managed":
            properties.setdefault("instanceType", DEFAULT_SIZE)
        sku = section(body, "sku") or {"name": "Default", "capacity": 1}
        sku.setdefault("capacity", 1)
        body["sku"] = sku
        properties.setdefault("scaleSettings", {"scaleType": "Default"})
        deployment_rules.check(self.azure, call.id, body, existing)
        for kind, name in (("models", "model"), ("environments", "environmentId")):
            if text(properties, name):
                references.version_of(self.azure, kind, text(properties, name))
        code = text(properties, "codeConfiguration", "codeId")
        if code:
            references.version_of(self.azure, "codes", code)
        return body, existing.hidden if existing else {}

    async def settle(self, call: Call, resource: Resource, previous: JsonObject | None) -> None:
        del call, previous
        await self.run(resource)

    async def run(self, resource: Resource) -> None:
        """Place the deployment as it is stored. Raises what stopped it, as an `ArmError`."""
        spec = self.spec(resource)
        key = resource.id.lower()
        if self._placed.get(key) == spec:
            return
        try:
            await self.azure.placement.place(spec)
        except PlacementError as error:
            raise ArmError(400, error.code, error.message) from error
        self._placed[key] = spec

    def spec(self, resource: Resource) -> PlacementSpec:
        """What the machines must know of a stored deployment."""
        azure, properties = self.azure, resource.properties
        endpoint = azure.store.get(parent_of(resource.id))
        if endpoint is None:
            raise errors.parent_not_found(TYPE, parent_of(resource.id))
        workspace_id = parent_of(endpoint.id)
        model = self._version("models", text(properties, "model"))
        environment = self._version("environments", text(properties, "environmentId"))
        code = self._version("codes", text(properties, "codeConfiguration", "codeId"))
        requests = section(properties, "requestSettings")
        compute = text(properties, "endpointComputeType")
        return PlacementSpec(
            arm_id=resource.id,
            endpoint=endpoint.name,
            deployment=resource.name,
            workspace_id=workspace_id,
            environment=references.environment_spec(environment) if environment else None,
            model_uri=_uri(azure, workspace_id, model, "modelUri"),
            model_name=model.id.split("/")[-3] if model else None,
            model_version=model.name if model else None,
            model_mount_path=text(properties, "modelMountPath") or None,
            code_uri=_uri(azure, workspace_id, code, "codeUri"),
            scoring_script=text(properties, "codeConfiguration", "scoringScript") or None,
            environment_variables=strings(properties, "environmentVariables"),
            instance_count=int(number(resource.body, "sku", "capacity", default=1)),
            cores=_cores(azure, endpoint, properties),
            request_timeout=seconds(text(requests, "requestTimeout", default="PT5S")) or 5.0,
            max_concurrent_requests=int(
                number(requests, "maxConcurrentRequestsPerInstance", default=1)
            ),
            liveness=_probe(section(properties, "livenessProbe")),
            readiness=_probe(section(properties, "readinessProbe")),
            app_insights_key=_app_insights_key(azure, workspace_id, properties),
            identity_client_ids=endpoint_identity.client_ids(azure, endpoint),
            data_collector=collected_events.from_wire(dig(properties, "dataCollector")),
            compute="Kubernetes" if compute == "Kubernetes" else "Managed",
        )

    def _version(self, kind: str, identifier: str) -> Resource | None:
        return references.version_of(self.azure, kind, identifier) if identifier else None

    async def refuse_delete(self, call: Call, resource: Resource) -> None:
        del call
        endpoint = self.azure.store.get(parent_of(resource.id))
        for kind in ("traffic", "mirrorTraffic"):
            share = number(section(endpoint.properties if endpoint else {}, kind), resource.name)
            if share > 0:
                raise errors.bad_request(
                    f"Deployment {resource.name} has {share:g} percent of the endpoint's {kind} "
                    "and cannot be deleted. Set its share to 0 first.",
                    detail="DeploymentHasTraffic",
                )

    async def removing(self, resource: Resource) -> None:
        self._placed.pop(resource.id.lower(), None)
        await self.azure.placement.remove(resource.id)
        endpoint = self.azure.store.get(parent_of(resource.id))
        if endpoint is not None:
            for kind in ("traffic", "mirrorTraffic"):
                section(endpoint.properties, kind).pop(resource.name, None)
            self.azure.store.put(endpoint)

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        for name in ("environmentVariables", "properties"):
            properties.setdefault(name, {})
        if text(properties, "endpointComputeType") == "Kubernetes":
            properties.setdefault("containerResourceRequirements", {})  # azure-ai-ml reads in it
        properties.setdefault("appInsightsEnabled", False)
        properties.setdefault("egressPublicNetworkAccess", "Enabled")
        view.setdefault("tags", {})
        return view

    async def _logs(self, call: Call, deployment: Resource) -> JsonValue:
        wanted = text(call.body, "containerType", default="InferenceServer")
        container = {name.lower(): name for name in CONTAINERS}.get(wanted.lower())
        if container is None:
            raise errors.bad_request(f"containerType must be one of {', '.join(CONTAINERS)}.")
        tail = int(number(call.body, "tail", default=50))
        return {
            "content": self.azure.placement.logs(
                deployment.id,
                "InferenceServer" if container == "InferenceServer" else "StorageInitializer",
                tail=tail,
            )
        }


class DeploymentSkus(ResourceType):
    """What a deployment can be scaled to."""

    type = f"{TYPE}/skus"
    verbs = ("LIST",)

    def permission(self, verb: str) -> str | None:
        del verb
        return f"{TYPE}/read"

    def listing(self, call: Call) -> list[JsonObject]:
        deployment = self.azure.store.get(call.path.owner().id)
        if deployment is None:
            raise errors.parent_not_found(self.type, call.path.owner().id)
        capacity: JsonObject = {
            "minimum": 1,
            "maximum": deployment_rules.MAX_INSTANCES,
            "default": 1,
            "scaleType": "Manual",
        }
        return [{"resourceType": TYPE, "sku": {"name": "Default"}, "capacity": capacity}]


def _cores(azure: Azure, endpoint: Resource, properties: JsonObject) -> int:
    if text(properties, "endpointComputeType") == "Kubernetes":
        return kubernetes.cores(azure, endpoint, properties)
    size = vm_size(text(properties, "instanceType"))
    return size.cores if size else 2


def _app_insights_key(azure: Azure, workspace_id: str, properties: JsonObject) -> str | None:
    """None also for a workspace without Application Insights: then nothing is sent, silently."""
    workspace = azure.store.get(workspace_id)
    if workspace is None or dig(properties, "appInsightsEnabled") is not True:
        return None
    linked = azure.store.get(text(workspace.properties, "applicationInsights"))
    return text(linked.hidden, "instrumentationKey") if linked else None


def _uri(azure: Azure, workspace_id: str, version: Resource | None, name: str) -> str | None:
    if version is None:
        return None
    return references.files_uri(azure, workspace_id, text(version.properties, name))


def _probe(probe: JsonObject) -> Probe:
    default = Probe()

    def time(name: str, otherwise: float) -> float:
        return seconds(text(probe, name)) or otherwise

    return Probe(
        initial_delay=time("initialDelay", default.initial_delay),
        period=time("period", default.period),
        timeout=time("timeout", default.timeout),
        success_threshold=int(number(probe, "successThreshold", default=1)),
        failure_threshold=int(number(probe, "failureThreshold", default=30)),
    )
