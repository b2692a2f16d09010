"""Reads every document that a stack lists, as far as each can be read.

What one document lacks keeps no other from being read: all findings come in one go.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from specs.deployment import read_deployment
from specs.documents import Document, Findings, open_document
from specs.endpoint import Endpoint, read_endpoint
from specs.flow import Flow
from specs.names import served_name_fault
from specs.resolve import Resolver
from specs.served import Deployment
from specs.tree import Block, Items, Place

if TYPE_CHECKING:
    from specs.connections import ConnectionResource


@dataclass(frozen=True, kw_only=True)
class ReadDeployment:
    """A deployment's document, and what could be made of it."""

    document: Document
    deployment: Deployment | None
    """None where the document cannot be read."""
    flow: Flow | None


@dataclass(frozen=True, kw_only=True)
class ReadService:
    """One of the stack's `endpoints`."""

    entry: Block
    """As written in the stack config."""
    document: Document | None
    endpoint: Endpoint | None
    """None where the document cannot be read."""
    deployments: tuple[ReadDeployment, ...]


@dataclass
class StackReader:
    """Reads one stack."""

    project: Path
    """What file names in findings are relative to."""
    base: Path
    """What paths in the stack config are relative to."""
    findings: Findings
    """About the stack; those about its documents are added."""

    def services(self, section: Block) -> tuple[ReadService, ...]:
        """The stack's `endpoints`. Entries that are no mappings are left to StackConfig."""
        resolver = Resolver(self.project)
        return tuple(
            self._service(entry, resolver)
            for entry, _ in _listed(section, "endpoints")
            if isinstance(entry, Block)
        )

    def connections(self, section: Block) -> tuple[tuple[Document, ConnectionResource | None], ...]:
        """The stack's `connections`: each document, with what it declares (None after an error)."""
        listed = _listed(section, "connections")
        if not listed:
            return ()
        from specs.connections import read_connection  # two dozen models, and few stacks have any

        read: list[tuple[Document, ConnectionResource | None]] = []
        for entry, at in listed:
            document = self._open(entry, at)
            if document is not None:
                findings = Findings(f"connection {document.get('name') or '?'}")
                read.append((document, read_connection(document, findings)))
                self.findings.found.extend(findings.found)
        return tuple(read)

    def _service(self, entry: Block, resolver: Resolver) -> ReadService:
        document, endpoint = None, None
        if "endpoint" in entry:
            document = self._open(entry["endpoint"], entry.place_of("endpoint"))
        if document is not None:
            findings = Findings(f"endpoint {document.get('name') or '?'}")
            endpoint = read_endpoint(document, findings)
            self.findings.found.extend(findings.found)
        opened = [self._open(value, at) for value, at in _listed(entry, "deployments")]
        deployments = tuple(
            self._deployment(one, document, resolver) for one in opened if one is not None
        )
        return ReadService(
            entry=entry, document=document, endpoint=endpoint, deployments=deployments
        )

    def _open(self, value: object, at: Place) -> Document | None:
        if not isinstance(value, str | Block):
            return None  # StackConfig reports it
        return open_document(
            value, directory=self.base, project=self.project, at=at, findings=self.findings
        )

    def _deployment(
        self, document: Document, owner: Document | None, resolver: Resolver
    ) -> ReadDeployment:
        named = owner.get("name") if owner is not None else None
        endpoint = named if isinstance(named, str) else None
        called = f"deployment {document.get('name') or '?'}"
        findings = Findings(f"{called} of {endpoint}" if endpoint else called)
        spec = read_deployment(document, findings)
        if endpoint is not None:
            _check_owner(document, endpoint, findings)
        name = (endpoint or "?").lower()
        deployment = None
        if spec is not None:
            deployment = resolver.deployment(spec, document, endpoint=name, findings=findings)
            flow = deployment.flow
        else:
            flow = resolver.parts(document, called=name, findings=findings).flow
        self.findings.found.extend(findings.found)
        return ReadDeployment(
            document=document,
            deployment=deployment,
            flow=flow,
        )


def _listed(block: Block, key: str) -> list[tuple[object, Place]]:
    items = block.get(key)
    if not isinstance(items, Items):
        return []
    return [(item, items.place_of(index)) for index, item in enumerate(items)]


def _check_owner(document: Document, endpoint: str, findings: Findings) -> None:
    own = document.get("endpoint_name")
    if not isinstance(own, str) or own.lower() == endpoint.lower() or served_name_fault(endpoint):
        return
    message = f"the deployment says endpoint_name: {own}, and is listed under {endpoint}"
    fix = f"Remove endpoint_name, or list it under {own}."
    findings.add("endpoint-mismatch", message, fix=fix, at=document.place("endpoint_name"))
