"""What the rules look at: documents as they were written, with what is known around them.

Built by `listing.py` from the documents, looked at by the rules. Nothing here judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone

from specs import quota
from specs.findings import Finding
from specs.flow.flow import Flow
from specs.rules.part import Part
from specs.tree import NOWHERE, Place


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What rules must know that stands in no document."""

    today: date = field(default_factory=lambda: datetime.now(timezone.utc).date())
    production: bool = False
    """The stack is marked production."""
    stack: bool = False
    """A whole stack is looked at, not single files: what is absent is really absent."""
    usage: quota.Usage | None = None
    """Quota as read from the cloud; None offline."""
    running: tuple[quota.Demand, ...] = ()
    """Managed deployments that exist already."""
    app_insights_linked: bool | None = None
    """Whether the workspace has Application Insights; None when nobody looked."""
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    """Environment variables of the run that creates connections; None for a mere check."""
    workspace: Mapping[str, str] = field(default_factory=dict[str, str])
    """`subscription_id`, `resource_group`, `workspace_name`, as far as they are known."""
    findings: tuple[Finding, ...] = ()
    """What is wrong in Azure, said by whoever looked; silenced as the rule book's own."""


@dataclass(frozen=True, kw_only=True)
class EndpointCase:
    """An online endpoint."""

    part: Part
    circumstances: Circumstances

    @property
    def name(self) -> str:
        """Its name, as far as it has one."""
        return self.part.text("name") or "?"

    @property
    def kubernetes(self) -> bool:
        """azure-ai-ml's rule: an endpoint with `compute` is a Kubernetes endpoint."""
        return self.part.has("compute")

    @property
    def user_assigned(self) -> bool:
        """Whether its identity is user-assigned (the CLI accepts several spellings)."""
        kind = (self.part.text("identity", "type") or "").lower().replace("_", "")
        return kind == "userassigned"

    @property
    def called(self) -> str:
        """As the user calls it."""
        return f"endpoint {self.name}"


@dataclass(frozen=True, kw_only=True)
class ModelCase:
    """A model that is made from files: a document of its own, or inline in a deployment."""

    part: Part
    circumstances: Circumstances
    flow: Flow | None = None
    """The flow that its path holds, if it holds one."""
    inner_flows: tuple[str, ...] = ()
    """Folders right below its path that hold flows, when the path itself is none."""
    called: str = "model"

    @property
    def properties(self) -> dict[str, str]:
        """Properties as written."""
        return self.part.texts("properties")


@dataclass(frozen=True, kw_only=True)
class EnvironmentCase:
    """An environment that is made: a document of its own, or inline in a deployment."""

    part: Part
    circumstances: Circumstances
    called: str = "environment"


@dataclass(frozen=True, kw_only=True)
class DeploymentCase:
    """An online deployment."""

    part: Part
    circumstances: Circumstances
    endpoint: EndpointCase | None = None
    """Its endpoint, when that is at hand."""
    model: ModelCase | None = None
    """Its model, when its files are at hand; None for a reference, or without a model."""
    environment: EnvironmentCase | None = None
    """Its environment, unless it is a reference or there is none."""

    @property
    def name(self) -> str:
        """Its name, as far as it has one."""
        return self.part.text("name") or "?"

    @property
    def endpoint_name(self) -> str | None:
        """Name of its endpoint; None when neither file says it."""
        if self.endpoint is not None and self.endpoint.name != "?":
            return self.endpoint.name
        return self.part.text("endpoint_name")

    @property
    def kubernetes(self) -> bool:
        """azure-ai-ml's rule: `type: kubernetes` exactly."""
        return self.part.text("type") == "kubernetes"

    @property
    def flow(self) -> Flow | None:
        """The flow in its model."""
        return self.model.flow if self.model else None

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables as they reach the container."""
        return self.part.texts("environment_variables")

    @property
    def called(self) -> str:
        """As the user calls it."""
        endpoint = self.endpoint_name
        return f"deployment {self.name} of {endpoint}" if endpoint else f"deployment {self.name}"

    def variable_place(self, name: str) -> Place:
        """Where a variable is set."""
        return self.part.place("environment_variables", name)


@dataclass(frozen=True, kw_only=True)
class ServiceCase:
    """An endpoint with the deployments that the stack lists under it, and its traffic."""

    endpoint: EndpointCase
    deployments: tuple[DeploymentCase, ...]
    traffic: Mapping[str, int] | None
    """Percent per deployment as written in the stack; None when nothing is said there."""
    mirror_traffic: Mapping[str, int]
    place: Place = NOWHERE
    """Where the traffic stands, or the entry of the stack."""

    @property
    def whole(self) -> bool:
        """All its deployments are at hand: a stack lists them, single files need not."""
        return self.endpoint.circumstances.stack

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its deployments."""
        return tuple(deployment.name for deployment in self.deployments)


@dataclass(frozen=True, kw_only=True)
class StackCase:
    """All that one stack deploys."""

    services: tuple[ServiceCase, ...]
    circumstances: Circumstances
    loose: tuple[DeploymentCase, ...] = ()
    """Deployments whose endpoint is not at hand."""
    place: Callable[[str], Place] = lambda _key: NOWHERE
    """Where a key of the stack config stands."""

    @property
    def deployments(self) -> tuple[DeploymentCase, ...]:
        """All of them."""
        listed = (one for service in self.services for one in service.deployments)
        return (*listed, *self.loose)

    @property
    def demands(self) -> tuple[quota.Demand, ...]:
        """What its managed deployments ask of the quota."""
        return tuple(
            quota.Demand(
                endpoint=deployment.endpoint_name or "?",
                deployment=deployment.name,
                instance_type=deployment.part.text("instance_type") or "",
                instances=max(0, deployment.part.number("instance_count") or 1),
            )
            for deployment in self.deployments
            if not deployment.kubernetes
        )


@dataclass(frozen=True, kw_only=True)
class ConnectionCase:
    """A connection document."""

    part: Part
    environment: Mapping[str, str] | None = None
    """As in Circumstances."""
    called: str = "connection"
