"""Online deployments, managed and Kubernetes: the document and the body that ARM gets.

The body is azure-ai-ml's (`ManagedOnlineDeployment._to_rest_object`). What a prompt flow adds to
it is decided in `served.py` and handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, cast

from pydantic import BeforeValidator, Field

from specs.deployment_settings import (
    CodeConfiguration,
    DataCollector,
    Probe,
    RequestSettings,
    Resources,
    ScaleSettings,
    present,
)
from specs.documents import Document, Findings, a_kind
from specs.fields import EMPTY, Flag, Text, TextMap, Whole, one_of, refuse
from specs.names import check_served_name
from specs.references import reference_fault
from specs.spec import Spec, read_spec
from specs.workspace import Workspace

MANAGED_ONLY = ("egress_public_network_access", "private_network_connection")
KUBERNETES_ONLY = ("resources",)


def _asset(value: object) -> object:
    """A reference, a path or an inline mapping: `served.py` reads it on."""
    if isinstance(value, str | Mapping):
        return cast(object, value)
    kind = "empty" if value is EMPTY else a_kind(value)
    fix = "Write azureml:NAME:VERSION, or the fields of one below it."
    raise refuse(f"is {kind}; a reference or a mapping is expected", fix)


Asset = Annotated[object, BeforeValidator(_asset)]


class DeploymentSpec(Spec):
    """An online deployment's YAML."""

    name: Text
    endpoint_name: Text | None = None
    description: Text | None = None
    tags: TextMap = Field(default_factory=dict)
    properties: TextMap = Field(default_factory=dict)
    model: Asset = None
    code_configuration: CodeConfiguration | None = None
    environment: Asset = None
    environment_variables: TextMap = Field(default_factory=dict)
    app_insights_enabled: Flag = False
    scale_settings: ScaleSettings | None = None
    request_settings: RequestSettings | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    """ARM has it; azure-ai-ml 1.35.2 refuses it. An addition."""
    instance_count: Whole | None = None
    type: Annotated[str, one_of("managed", "kubernetes")] = "managed"
    model_mount_path: Text | None = None
    instance_type: Text | None = None
    data_collector: DataCollector | None = None
    resources: Resources | None = None
    egress_public_network_access: (
        Annotated[str, one_of("enabled", "disabled", camel=False)] | None
    ) = None
    private_network_connection: Flag | None = None
    id: Text | None = None
    provisioning_state: Text | None = None

    read_only: ClassVar[frozenset[str]] = frozenset({"creation_context"})
    elsewhere: ClassVar[Mapping[str, str]] = {
        "request_timeout_ms": "Move it under `request_settings:`.",
        "max_concurrent_requests_per_instance": "Move it under `request_settings:`.",
        "inference_config": "Move it under `environment:`.",
        "traffic": "Traffic is set in the stack config, beside `deployments:`.",
    }

    @property
    def is_kubernetes(self) -> bool:
        """Whether it runs on an attached cluster."""
        return self.type == "kubernetes"

    def body(
        self,
        workspace: Workspace,
        *,
        endpoint: str,
        model_id: str | None,
        environment_id: str | None,
        code_id: str | None = None,
        variables: Mapping[str, str] | None = None,
        max_concurrent: int | None = None,
    ) -> dict[str, object]:
        """The ARM request body.

        `variables` and `max_concurrent`: what is sent in place of the document's own.
        """
        collector = self.data_collector
        collected = collector.body(workspace, f"{endpoint}-{self.name}") if collector else None
        sent = self.environment_variables if variables is None else variables
        named = present(
            environmentId=environment_id,
            model=model_id,
            codeConfiguration=self._code(code_id),
            environmentVariables=dict(sent),
            requestSettings=self._requests(max_concurrent),
            dataCollector=collected,
        )
        return {
            "location": workspace.location,
            "properties": {**self._own_properties(), **named},
            "tags": dict(self.tags),
            "sku": present(name="Default", capacity=self.instance_count),
        }

    def _own_properties(self) -> dict[str, object]:
        """What depends on nothing outside the document."""
        properties = {**self.properties}
        if self.private_network_connection and not self.is_kubernetes:
            properties["private-network-connection"] = "True"
        return present(
            modelMountPath=self.model_mount_path,
            scaleSettings=self.scale_settings.body() if self.scale_settings else None,
            properties=properties,
            description=self.description,
            appInsightsEnabled=self.app_insights_enabled,
            livenessProbe=self.liveness_probe.body() if self.liveness_probe else None,
            readinessProbe=self.readiness_probe.body() if self.readiness_probe else None,
            startupProbe=self.startup_probe.body() if self.startup_probe else None,
            instanceType=self.instance_type,
            endpointComputeType="Kubernetes" if self.is_kubernetes else "Managed",
            egressPublicNetworkAccess=self.egress_public_network_access,
            containerResourceRequirements=self.resources.body() if self.resources else None,
        )

    def _requests(self, max_concurrent: int | None) -> dict[str, object] | None:
        requests = self.request_settings
        if max_concurrent is not None:
            update = {"max_concurrent_requests_per_instance": max_concurrent}
            requests = (requests or RequestSettings()).model_copy(update=update)
        return requests.body() if requests else None

    def _code(self, code_id: str | None) -> dict[str, object] | None:
        code = self.code_configuration
        if code is None or (code.code is None and code_id is None):
            return None
        return present(codeId=code_id or code.code, scoringScript=code.scoring_script)


def read_deployment(document: Document, findings: Findings) -> DeploymentSpec | None:
    """The deployment of a document, or None after an error. Its name is in lower case, as sent."""
    kubernetes = document.get("type") == "kubernetes"
    _check_compute_fields(document, findings, kubernetes=kubernetes)
    spec = read_spec(DeploymentSpec, document.root, findings=findings)
    check_served_name(document, "a deployment", findings)
    for field, kind in (("model", "models"), ("environment", "environments")):
        _check_reference(document, field, kind, findings)
    if not kubernetes and "instance_type" not in document.root:
        message = "`instance_type` is missing"
        fix = "Add instance_type: Standard_DS3_v2 (or another VM size)."
        findings.add("missing-field", message, fix=fix, at=document.place())
    if spec is None:
        return None
    code = spec.code_configuration
    if code is not None and code.code and not code.scoring_script:
        message = "`code_configuration` has `code` and no `scoring_script`"
        fix = "Name the script that has init() and run()."
        at = document.place("code_configuration")
        findings.add("missing-field", message, fix=fix, at=at)
    return spec.model_copy(update={"name": spec.name.lower()})


def _check_compute_fields(document: Document, findings: Findings, *, kubernetes: bool) -> None:
    foreign, kind, other = (
        (MANAGED_ONLY, "a managed", "this one has `type: kubernetes`")
        if kubernetes
        else (KUBERNETES_ONLY, "a Kubernetes", "this one is managed (no `type: kubernetes`)")
    )
    for key in foreign:
        if key in document.root:
            message = f"`{key}` is for {kind} deployment; {other}"
            findings.add("unknown-field", message, fix="Remove it.", at=document.place(key))
    written = document.get("type")
    if isinstance(written, str) and written != "kubernetes" and written.lower() == "kubernetes":
        message = f"`type: {written}` makes a managed deployment; only `kubernetes` is read as one"
        findings.add("wrong-value", message, fix="Write kubernetes.", at=document.place("type"))
    _check_scale(document, findings, kubernetes=kubernetes)


def _check_scale(document: Document, findings: Findings, *, kubernetes: bool) -> None:
    scale = document.get("scale_settings", "type")
    if scale == "default":
        for key in cast("Mapping[str, object]", document.get("scale_settings")):
            if key != "type" and key in ScaleSettings.field_names():
                message = f"`{key}` has no meaning with type default"
                at = document.place("scale_settings", key)
                findings.add("unknown-field", message, fix="Remove it.", at=at)
    if not kubernetes and isinstance(scale, str) and "target" in scale.lower():
        message = "`scale_settings` of a managed deployment can be of type default only"
        fix = "Remove it; autoscale rules belong to Azure Monitor."
        at = document.place("scale_settings", "type")
        findings.add("wrong-value", message, fix=fix, at=at)


def _check_reference(document: Document, field: str, kind: str, findings: Findings) -> None:
    value = document.get(field)
    if not isinstance(value, str) or is_file_reference(value):
        return
    fault = reference_fault(value, kind)
    if fault is not None:
        message = f"`{field}: {value[:100]}` {fault}"
        fix = "Write azureml:NAME:VERSION, azureml:NAME@latest or azureml://registries/…"
        findings.add("reference-illegal", message, fix=fix, at=document.place(field))
    elif value.startswith("azureml://registries/") and document.get("type") == "kubernetes":
        message = f"`{field}` refers to a registry; Kubernetes deployments cannot"
        fix = "Copy it into the workspace, and refer to azureml:NAME:VERSION."
        findings.add("reference-illegal", message, fix=fix, at=document.place(field))


def is_file_reference(text: str) -> bool:
    """Whether a model or environment is given as the path of its YAML file (`file:` optional)."""
    if text.startswith("azureml:"):
        return False
    return text.startswith("file:") or text.lower().endswith((".yml", ".yaml"))
