"""The connections that a stack creates or updates: reading and checking their documents."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from specs.connection import TYPES, AzureOpenAI, Connection, Keyed, OneLake
from specs.credentials import KINDS, Credentials, Entra
from specs.documents import Document, Findings
from specs.fields import snake
from specs.names import workspace_name_fault
from specs.spec import read_spec
from specs.tree import Block
from specs.workspace import Workspace


@dataclass(frozen=True)
class ConnectionResource:
    """A connection of the workspace, as a stack declares it."""

    spec: Connection
    credentials: Credentials | None
    document: Document

    @property
    def name(self) -> str:
        """Its name in the workspace."""
        return self.spec.name

    @property
    def keyless(self) -> bool:
        """Whether callers sign in with their own identity (Entra ID)."""
        return isinstance(self.spec.credentials_used(self.credentials), Entra)

    @property
    def openai_account(self) -> str | None:
        """ARM id of the Azure OpenAI account behind it, where the document says it."""
        return self.spec.open_ai_resource_id if isinstance(self.spec, AzureOpenAI) else None

    def body(self, environment: Mapping[str, str]) -> dict[str, object]:
        """The ARM request body. It holds secrets. `environment`: for values like `${NAME}`."""
        return self.spec.body(self.credentials, environment=environment)

    def id(self, workspace: Workspace) -> str:
        """ARM id."""
        return f"{workspace.id}/connections/{self.name}"


def read_connection(document: Document, findings: Findings) -> ConnectionResource | None:
    """The connection of a document, or None after an error."""
    before = len(findings.found)
    name = document.get("name")
    fault = workspace_name_fault(name) if isinstance(name, str) else None
    if fault:
        message = f"`{str(name)[:80]}` cannot name a connection: {fault}"
        fix = "Choose another name, also in the flows that use it."
        findings.add("name-illegal", message, fix=fix, at=document.place("name"))
    kind = _kind(document, findings)
    if kind is None:
        return None
    spec = read_spec(kind, document.root, findings=findings)
    credentials = _credentials(kind, document, findings)
    if spec is None or any(f.severity == "error" for f in findings.found[before:]):
        return None
    _check_completeness(spec, document, findings)
    return ConnectionResource(spec, credentials, document)


def _kind(document: Document, findings: Findings) -> type[Connection] | None:
    written = document.get("type")
    if not isinstance(written, str):
        read_spec(Connection, document.root, findings=findings)
        return None
    kind = TYPES.get(snake(written))
    if kind is None:
        near = difflib.get_close_matches(snake(written), TYPES, n=1)
        fix = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(sorted(TYPES))}."
        message = f"`type` is `{written[:60]}`, which is no kind of connection"
        findings.add("wrong-value", message, fix=fix, at=document.place("type"))
    return kind


def _credentials(
    kind: type[Connection], document: Document, findings: Findings
) -> Credentials | None:
    given = document.get("credentials")
    if not isinstance(given, Block):
        return None
    written = given.get("type")
    place = document.place("credentials", "type")
    accepted = ", ".join(kind.accepts)
    if not isinstance(written, str):
        message = "`credentials.type` is missing"
        fix = f"Use one of: {accepted}."
        findings.add("missing-field", message, fix=fix, at=place)
        return None
    name = snake(written)
    if name not in kind.accepts:
        near = difflib.get_close_matches(name, kind.accepts, n=1)
        fix = f"Did you mean {near[0]}?" if near else f"Use one of: {accepted}."
        message = f"`credentials.type` is `{written[:60]}`; this kind takes {accepted}"
        findings.add("wrong-value", message, fix=fix, at=place)
        return None
    return read_spec(KINDS[name], given, findings=findings)


def _check_completeness(spec: Connection, document: Document, findings: Findings) -> None:
    field = spec.target_field
    if field is not None and getattr(spec, field) is None:
        fix = f"Add `{field}: https://…`."
        findings.add("missing-field", f"`{field}` is missing", fix=fix, at=document.place())
    if isinstance(spec, Keyed) and not spec.entra and not spec.api_key:
        at = document.place("api_key")
        findings.add("missing-field", "`api_key` is empty", fix="Give the key.", at=at)
    if isinstance(spec, OneLake) and spec.target is None:
        for part in ("artifact", "one_lake_workspace_name"):
            if getattr(spec, part) is None:
                message = f"`{part}` is missing (or give `target`)"
                findings.add("missing-field", message, fix=f"Add `{part}: …`.", at=document.place())
