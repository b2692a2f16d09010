"""A stack: every endpoint and deployment that it deploys, read and checked, as plain values.

`load_stack` is what the program calls, `load_stack_file` what `python -m specs check` calls.
All findings come in one go; there is a stack to deploy only when none of them is an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from specs.documents import Document, Findings
from specs.endpoint import Endpoint
from specs.findings import Finding
from specs.names import workspace_name_fault
from specs.quota import LedgerLine
from specs.rules import Circumstances, Listed, ListedDeployment, review_stack, silenced
from specs.served import Deployment
from specs.spec import read_spec
from specs.stack_config import RolesConfig, ServiceConfig, StackConfig
from specs.stack_file import located, own_section, project_defaults, read_stack_file
from specs.stack_reading import ReadService, StackReader
from specs.traffic import complete, normalise
from specs.tree import NOWHERE, Block
from specs.workspace import Workspace

if TYPE_CHECKING:
    from specs.connections import ConnectionResource

__all__ = ["Checked", "FlowService", "Stack", "Workspace", "load_stack", "load_stack_file"]


@dataclass(frozen=True)
class FlowService:
    """An endpoint with its deployments, and how traffic is split."""

    endpoint: Endpoint
    document: Document
    """The endpoint's."""
    deployments: tuple[Deployment, ...]
    traffic: Mapping[str, int]
    """Percent by deployment, without zeros; adds up to 100, or is empty."""
    mirror_traffic: Mapping[str, int]


@dataclass(frozen=True)
class Stack:
    """All that one stack deploys."""

    name: str
    workspace: Workspace
    manage_roles: bool
    services: tuple[FlowService, ...]
    connections: tuple[ConnectionResource, ...] = ()
    production: bool = False
    roles: RolesConfig = field(default_factory=RolesConfig)


@dataclass(frozen=True)
class Checked:
    """A stack, and what was found; the stack is None iff a finding is an error."""

    stack: Stack | None
    findings: tuple[Finding, ...]
    """Errors first, without those that the stack silences."""
    quota: tuple[LedgerLine, ...] = ()
    """Cores per VM family at the worst step of the rollout."""
    services: tuple[ReadService, ...] = ()
    """What was read, also where there is no stack."""
    connections: tuple[tuple[Document, ConnectionResource | None], ...] = ()
    """Likewise; None for a document that cannot be read."""


def load_stack(
    name: str,
    config: Mapping[str, object],
    *,
    directory: Path,
    file: Path | None,
    seen: Circumstances | None = None,
) -> Checked:
    """The stack `name`, from its full Pulumi config (keys with namespace, values parsed).

    `directory` is the project's; `file` is Pulumi.<name>.yaml, for line numbers and as what
    relative paths start from (the project's directory without it). `seen`: what was read from
    the cloud (usage, running deployments), where somebody looked. Connections take their secrets
    from the environment of this process.
    """
    seen = replace(seen or Circumstances(), environment=os.environ)
    directory = directory.resolve()
    lines = Block()
    if file is not None and file.is_file():
        lines = read_stack_file(file, project=directory, findings=Findings(""))
    loading = _Loading(name, config, lines, directory, file, Findings(f"stack {name}"), seen)
    return loading.load()


def load_stack_file(name: str, *, directory: Path, seen: Circumstances | None = None) -> Checked:
    """The stack `name` as Pulumi.<name>.yaml says it, without asking Pulumi."""
    directory = directory.resolve()
    file = directory / f"Pulumi.{name}.yaml"
    findings = Findings(f"stack {name}")
    lines = read_stack_file(file, project=directory, findings=findings)
    if not lines and findings.has_error:
        return Checked(None, tuple(findings.found))
    config = {**project_defaults(directory), **lines}
    return _Loading(name, config, lines, directory, file, findings, seen).load()


@dataclass
class _Loading:
    name: str
    config: Mapping[str, object]
    lines: Block
    directory: Path
    file: Path | None
    findings: Findings
    seen: Circumstances | None

    def load(self) -> Checked:
        section = own_section(self.config, self.lines)
        workspace = self._workspace(section)
        read = read_spec(StackConfig, section, findings=self.findings)
        base = self.file.parent.resolve() if self.file is not None else self.directory
        reader = StackReader(self.directory, base, self.findings)
        services = reader.services(section)
        connections = reader.connections(section)
        reviewed = review_stack(
            section,
            [_listed(service) for service in services if service.document is not None],
            workspace=workspace,
            connections=[document for document, _ in connections],
            seen=self.seen,
        )
        seen = self.seen.findings if self.seen else ()
        found = silenced(dict.fromkeys((*self.findings.found, *reviewed.findings, *seen)), section)
        stack = None
        if not any(finding.severity == "error" for finding in found) and read and workspace:
            stack = Stack(
                name=self.name,
                workspace=workspace,
                manage_roles=read.manage_roles,
                services=tuple(map(_service, services, read.endpoints)),
                connections=tuple(one for _, one in connections if one is not None),
                production=read.production,
                roles=read.roles,
            )
        return Checked(stack, found, reviewed.quota, services, connections)

    def _workspace(self, section: Block) -> Workspace | None:
        """The workspace; None where the config does not say which."""
        name = section.get("workspace")
        fault = workspace_name_fault(name) if isinstance(name, str) else None
        if fault:
            message = f"`{name}` cannot be a workspace's name: {fault}"
            fix = "Correct it: pulumi config set flow-endpoints:workspace NAME."
            at = section.place_of("workspace")
            self.findings.add("name-illegal", message, fix=fix, at=at)
        values = [section.get("resourceGroup"), name]
        for key in ("subscriptionId", "location"):
            full = f"azure-native:{key}"
            value = located(self.config.get(full), None, NOWHERE)
            values.append(value)
            if not isinstance(value, str) or not value:
                fix = f"pulumi config set {full} …"
                at = self.lines.place_of(full)
                self.findings.add("missing-field", f"`{full}` is missing", fix=fix, at=at)
        texts = [value for value in values if isinstance(value, str) and value]
        if len(texts) < len(values):
            return None
        group, name, subscription, location = texts
        return Workspace(subscription, group, name, location)


def _listed(service: ReadService) -> Listed:
    assert service.document is not None  # noqa: S101  the caller asked
    return Listed(
        endpoint=service.document,
        deployments=tuple(
            ListedDeployment(document=one.document, flow=one.flow) for one in service.deployments
        ),
        entry=service.entry,
    )


def _service(service: ReadService, config: ServiceConfig) -> FlowService:
    """What is deployed. Only where nothing is wrong, so that nothing is None."""
    endpoint, document = service.endpoint, service.document
    assert endpoint is not None  # noqa: S101
    assert document is not None  # noqa: S101
    deployments = tuple(one.deployment for one in service.deployments if one.deployment)
    names = [deployment.name for deployment in deployments]
    traffic = (endpoint.traffic or None) if config.traffic is None else config.traffic
    mirror = endpoint.mirror_traffic if config.mirror_traffic is None else config.mirror_traffic
    return FlowService(
        endpoint=endpoint,
        document=document,
        deployments=deployments,
        traffic=complete(traffic, names),
        mirror_traffic=normalise(mirror, names),
    )
