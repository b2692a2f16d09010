"""Checks single files: documents of any kind and flow folders, each on its own or together.

A deployment is judged with its endpoint when both are given; what only a whole stack can tell
(traffic to unknown deployments, counts) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from specs.assets import say_unreadable
from specs.bodies import (
    CheckedDocument,
    CheckResult,
    Kind,
    Scope,
    connection_body,
    deployment_body,
    environment_body,
    model_body,
    notes_of,
)
from specs.deployment import DeploymentSpec, read_deployment
from specs.documents import Document, Findings, absolute, read_document, shown
from specs.endpoint import read_endpoint
from specs.environment import environment_of, read_environment
from specs.findings import Finding
from specs.flow import Flow, is_flow, read_flow
from specs.kinds import FileKind, kind_of
from specs.model import read_model
from specs.resolve import Resolver
from specs.rules import Circumstances, Listed, ListedDeployment, review
from specs.rules.review import review_environment, review_model
from specs.served import Deployment
from specs.tree import NOWHERE, Place


@dataclass
class _OpenDeployment:
    document: Document
    spec: DeploymentSpec | None
    findings: Findings
    deployment: Deployment | None = None


@dataclass
class _Files:
    """Single files as they are read; deployments wait until all endpoints are known."""

    project: Path
    scope: Scope
    circumstances: Circumstances
    resolver: Resolver
    found: list[Finding] = field(default_factory=list[Finding])
    documents: list[CheckedDocument] = field(default_factory=list[CheckedDocument])
    flows: dict[Path, Flow] = field(default_factory=dict[Path, Flow])
    endpoints: list[Document] = field(default_factory=list[Document])
    deployments: list[_OpenDeployment] = field(default_factory=list[_OpenDeployment])
    connections: list[Document] = field(default_factory=list[Document])

    def add(self, written: str) -> None:
        """One path of the command line: a document, a folder of documents, or a flow."""
        path = absolute(Path.cwd(), written)
        findings = Findings(shown(path, self.project))
        try:
            inside = _inside(path)
            if inside:
                for item in inside:
                    self._flow(item) if item.is_dir() else self._file(item, asked=False)
            elif path.is_dir() or is_flow(path):
                self._flow(path)
            else:
                self._file(path)
        except OSError as error:
            say_unreadable(error, findings, project=self.project, at=NOWHERE)
        except ValueError:
            message = "this is no path: it holds characters that no path has"
            findings.add("file-unreadable", message, fix="Correct the path.", at=NOWHERE)
        self.found += findings.found

    def _file(self, path: Path, *, asked: bool = True) -> None:
        """A document. `asked`: it was named, not found in a folder that holds other files too."""
        findings = Findings(shown(path, self.project))
        document = read_document(path, project=self.project, at=NOWHERE, findings=findings)
        kind = kind_of(document.root, file_name=path.name) if document is not None else None
        if document is not None and kind is None and asked:
            message = "this is no endpoint, deployment, model, environment or connection"
            fix = _kind_fix(path.name)
            findings.add("kind-unknown", message, fix=fix, at=Place(findings.subject, 1))
        self.found += findings.found
        if document is not None and kind is not None:
            self._document(document, kind)

    def _document(self, document: Document, kind: FileKind) -> None:
        findings = Findings(f"{kind.removeprefix('online-')} {document.get('name') or '?'}")
        match kind:
            case "online-endpoint":
                endpoint = read_endpoint(document, findings)
                body = endpoint and self.scope.located(endpoint.body(self.scope.workspace))
                self.endpoints.append(document)
            case "online-deployment":
                spec = read_deployment(document, findings)
                self.deployments.append(_OpenDeployment(document, spec, findings))
                return
            case "model":
                body = self._model(document, findings)
            case "environment":
                body = self._environment(document, findings)
            case "connection":
                from specs.connections import read_connection  # two dozen models

                connection = read_connection(document, findings)
                body = connection and connection_body(connection.body({}))
                self.connections.append(document)
            case "flow":
                self._flow(document.path or document.directory)
                return
        self.found += findings.found
        self._keep(document, kind, body)

    def _keep(self, document: Document, kind: Kind, body: Mapping[str, object] | None) -> None:
        name = shown(document.path, self.project) if document.path else ""
        self.documents.append(CheckedDocument(file=name, kind=kind, body=body))

    def _model(self, document: Document, findings: Findings) -> dict[str, object] | None:
        model = read_model(document, findings, inline=False)
        upload, flow = self.resolver.upload(model, document, findings) if model else (None, None)
        if flow is not None:
            self.flows[flow.folder] = flow
        self.found += review_model(document, flow, circumstances=self.circumstances)
        if upload is not None:
            return model_body(upload.body(upload.uri))
        return model_body(model.body(None)) if model else None

    def _environment(self, document: Document, findings: Findings) -> dict[str, object] | None:
        spec = read_environment(document, findings)
        self.found += review_environment(document, circumstances=self.circumstances)
        if spec is None:
            return None
        made = None
        try:
            made = environment_of(spec, document, default_name="environment", findings=findings)
        except OSError as error:
            say_unreadable(
                error, findings, project=self.project, at=document.place("build", "path")
            )
        return environment_body(spec, made)

    def _flow(self, path: Path) -> None:
        read = read_flow(path, project=self.project)
        self.found += read.findings
        if read.flow is not None:
            self.flows[read.flow.folder] = read.flow

    def finish(self) -> CheckResult:
        """Deployments with their endpoints, then the rules over everything."""
        for one in self.deployments:
            self._deployment(one)
        listed = {id(document): list[ListedDeployment]() for document in self.endpoints}
        loose: list[ListedDeployment] = []
        for one in self.deployments:
            flow = one.deployment.flow if one.deployment else None
            owner = self._owner(one.document)
            below = listed[id(owner)] if owner is not None else loose
            below.append(ListedDeployment(document=one.document, flow=flow))
        entries = [
            Listed(endpoint=document, deployments=tuple(listed[id(document)]))
            for document in self.endpoints
        ]
        reviewed = review(
            entries,
            circumstances=self.circumstances,
            loose=loose,
            connections=self.connections,
        )
        self.found += reviewed.findings
        return CheckResult(
            findings=_sorted(self.found),
            documents=tuple(self.documents),
            flows=tuple(self.flows.values()),
            quota=reviewed.quota,
            notes=notes_of(one.deployment for one in self.deployments),
        )

    def _deployment(self, one: _OpenDeployment) -> None:
        body = None
        if one.spec is not None:
            owner = self._owner(one.document)
            known = owner.get("name") if owner is not None else None
            endpoint = one.spec.endpoint_name or str(known or "ENDPOINT")
            one.deployment = self.resolver.deployment(
                one.spec, one.document, endpoint=endpoint.lower(), findings=one.findings
            )
            if one.deployment.flow is not None:
                self.flows[one.deployment.flow.folder] = one.deployment.flow
            body = deployment_body(one.deployment, self.scope)
        self.found += one.findings.found
        self._keep(one.document, "online-deployment", body)

    def _owner(self, deployment: Document) -> Document | None:
        """The endpoint of a deployment: by name, and where several have it, in its folder."""
        named = deployment.get("endpoint_name")
        if not isinstance(named, str):
            return self.endpoints[0] if len(self.endpoints) == 1 else None
        same = [one for one in self.endpoints if str(one.get("name")).lower() == named.lower()]
        near = [one for one in same if one.directory == deployment.directory]
        for candidates in (same, near):
            if len(candidates) == 1:
                return candidates[0]
        return None


def check_files(
    paths: Sequence[str], *, project: Path, scope: Scope, circumstances: Circumstances
) -> CheckResult:
    """Single documents and flow folders. Deployments find their endpoint by its name."""
    files = _Files(project, scope, circumstances, Resolver(project))
    for path in paths:
        files.add(path)
    return files.finish()


def _inside(path: Path) -> list[Path]:
    """YAML files and flows below a folder that is no flow itself. Raises OSError."""
    if not path.is_dir() or is_flow(path):
        return []
    found: list[Path] = []
    for item in sorted(path.iterdir()):
        if item.is_symlink() and item.is_dir():
            continue  # it may lead up again
        if item.is_dir() and not item.name.startswith("."):
            found += [item] if is_flow(item) else _inside(item)
        elif item.suffix in (".yml", ".yaml"):
            found.append(item)
    return found


def _kind_fix(file_name: str) -> str:
    stack = re.fullmatch(r"Pulumi\.(.+)\.yaml", file_name)
    if stack:
        return f"To check the stack:  python -m specs check --stack {stack.group(1)}"
    schema = "https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json"
    return f"Name its kind:  $schema: {schema}"


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(findings), key=Finding.sort_key))
