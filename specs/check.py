"""Checks a stack as its file says it. Neither Pulumi nor Azure is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from specs.bodies import (
    CheckedDocument,
    CheckResult,
    Scope,
    connection_body,
    deployment_body,
    notes_of,
)
from specs.documents import Document, Findings, shown
from specs.flow import Flow
from specs.rules import Circumstances
from specs.stack import Checked, load_stack_file
from specs.stack_file import project_defaults, read_stack_file
from specs.tree import Block


def stack_names(project: Path) -> tuple[str, ...]:
    """Stacks that have a file in the project, sorted."""
    files = (re.fullmatch(r"Pulumi\.(.+)\.yaml", file.name) for file in project.iterdir())
    return tuple(sorted(match.group(1) for match in files if match))


def check_stack(name: str, *, project: Path, seen: Circumstances | None = None) -> CheckResult:
    """The stack `name`: all findings, less those that it silences with a reason."""
    checked = load_stack_file(name, directory=project, seen=seen)
    listed = [one for service in checked.services for one in service.deployments]
    flows: dict[Path, Flow] = {one.flow.folder: one.flow for one in listed if one.flow}
    return CheckResult(
        findings=checked.findings,
        documents=tuple(_documents(name, checked, project)),
        flows=tuple(flows.values()),
        quota=checked.quota,
        notes=notes_of(one.deployment for one in listed),
        stack=checked.stack,
    )


def _documents(name: str, checked: Checked, project: Path) -> Iterator[CheckedDocument]:
    root, own = project.resolve(), f"Pulumi.{name}.yaml"
    scope = _scope(root / own, root)

    def file_of(document: Document) -> str:
        return shown(document.path, root) if document.path else own

    for service in checked.services:
        if service.document is not None:
            endpoint = service.endpoint
            body = scope.located(endpoint.body(scope.workspace)) if endpoint else None
            yield CheckedDocument(file=file_of(service.document), kind="online-endpoint", body=body)
        for one in service.deployments:
            yield CheckedDocument(
                file=file_of(one.document),
                kind="online-deployment",
                body=deployment_body(one.deployment, scope) if one.deployment else None,
            )
    for document, connection in checked.connections:
        body = connection_body(connection.body({})) if connection else None
        yield CheckedDocument(file=file_of(document), kind="connection", body=body)


def _scope(file: Path, project: Path) -> Scope:
    """The stack's own workspace, as far as its file says it."""
    config = Block(
        {
            **project_defaults(project),
            **read_stack_file(file, project=project, findings=Findings("")),
        }
    )

    def said(key: str) -> str | None:
        value = config.get(key)
        return value if isinstance(value, str) else None

    return Scope(
        subscription=said("azure-native:subscriptionId"),
        resource_group=said("flow-endpoints:resourceGroup"),
        workspace_name=said("flow-endpoints:workspace"),
        location=said("azure-native:location"),
    )
