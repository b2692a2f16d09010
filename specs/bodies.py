"""ARM bodies as `check --json` shows them: null for what only the service knows, no secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from specs.environment import EnvironmentBuild, EnvironmentImage, EnvironmentSpec
from specs.findings import Finding
from specs.flow import Flow
from specs.quota import LedgerLine
from specs.references import Reference
from specs.served import Deployment
from specs.substitution import variable_of
from specs.workspace import Workspace

if TYPE_CHECKING:
    from specs.stack import Stack

Kind = Literal["online-endpoint", "online-deployment", "model", "environment", "connection"]
REDACTED = "[secret]"


@dataclass(frozen=True, kw_only=True)
class CheckedDocument:
    """One document."""

    file: str
    """Path relative to the project; of an inline document, that of the stack file."""
    kind: Kind
    body: Mapping[str, object] | None
    """None where the document cannot be read; what rules say against it does not matter."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """All that a check found, and what it looked at."""

    findings: tuple[Finding, ...]
    documents: tuple[CheckedDocument, ...] = ()
    flows: tuple[Flow, ...] = ()
    quota: tuple[LedgerLine, ...] = ()
    """Cores per VM family at the worst step of the rollout."""
    notes: tuple[tuple[str, str], ...] = ()
    """What was decided for each flow's deployment: (deployment, one sentence)."""
    stack: Stack | None = None
    """What would be deployed; None for single files, and where there is an error."""

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where the bodies are for, as far as the command line says it."""

    subscription: str | None = None
    resource_group: str | None = None
    workspace_name: str | None = None
    location: str | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace; what was not said is a name that nobody takes for a real one."""
        return Workspace(
            self.subscription or "00000000-0000-0000-0000-000000000000",
            self.resource_group or "RESOURCE-GROUP",
            self.workspace_name or "WORKSPACE",
            self.location or "",
        )

    @property
    def known(self) -> dict[str, str]:
        """What PRT_CONFIG_OVERRIDE can be compared with."""
        given = {
            "subscription_id": self.subscription,
            "resource_group": self.resource_group,
            "workspace_name": self.workspace_name,
        }
        return {key: value for key, value in given.items() if value is not None}

    def located(self, body: Mapping[str, object]) -> dict[str, object]:
        """A body with its location, null where that was not said."""
        return {**body, "location": self.location}


def deployment_body(deployment: Deployment, scope: Scope) -> dict[str, object]:
    """The body of a deployment.

    Null are the ids that only the service knows (`@latest`), and those of files that are missing.
    """
    model, environment, code = deployment.model, deployment.environment, deployment.code
    workspace = scope.workspace
    body = deployment.body(
        workspace,
        model_id=model.id(workspace) if model is not None else None,
        environment_id=environment.id(workspace) if environment is not None else None,
        code_id=code.id(workspace) if code is not None else None,
    )
    named = (
        ("model", model, deployment.spec.model),
        ("environmentId", environment, deployment.spec.environment),
    )
    nulls = {
        key: None
        for key, asset, written in named
        if (isinstance(asset, Reference) and asset.label is not None)
        or (asset is None and written is not None)
    }
    properties = {**_mapping(body["properties"]), **nulls}
    if code is None and "codeConfiguration" in properties:
        scoring = _mapping(properties["codeConfiguration"])
        properties["codeConfiguration"] = {**scoring, "codeId": None}
    return scope.located({**body, "properties": properties})


def model_body(body: Mapping[str, object]) -> dict[str, object]:
    """A model's body; null for where its files will have been uploaded to."""
    return {**body, "properties": {"modelUri": None, **_mapping(body["properties"])}}


def environment_body(
    spec: EnvironmentSpec, made: EnvironmentImage | EnvironmentBuild | None
) -> dict[str, object]:
    """An environment's body; null for where its build context will have been uploaded to.

    `made`: what is registered for it, None where files of it are missing.
    """
    if isinstance(made, EnvironmentImage):
        return made.body()
    properties: Mapping[str, object] = spec.properties_body(None, context_uri=None)
    if made is not None:
        properties = _mapping(made.body(None)["properties"])
    if spec.build is None:
        return {"properties": dict(properties)}
    build = {"contextUri": None, **_mapping(properties.get("build"))}
    return {"properties": {**properties, "build": build}}


def connection_body(body: Mapping[str, object]) -> dict[str, object]:
    """A connection's body without its secrets; references to variables stay."""
    properties = _mapping(body["properties"])
    if "credentials" not in properties:
        return dict(body)
    hidden = _hidden(properties["credentials"])
    return {**body, "properties": {**properties, "credentials": hidden}}


def notes_of(deployments: Iterable[Deployment | None]) -> tuple[tuple[str, str], ...]:
    """How many requests each flow's instances serve at once, in a sentence each."""
    return tuple(
        (f"{one.endpoint_name}/{one.name}", one.concurrency.explanation)
        for one in deployments
        if one is not None and one.concurrency is not None
    )


def _hidden(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _hidden(item) for key, item in _mapping(cast(object, value)).items()}
    return value if isinstance(value, str) and variable_of(value) else REDACTED


def _mapping(value: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], value) if isinstance(value, Mapping) else {}
