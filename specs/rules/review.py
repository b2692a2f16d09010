"""Runs the rule book over what was read, and applies the silences.

`review` is for a stack: `specs.stack` hands in what its config lists, as far as it could be read.
`python -m specs check FILE…` builds the same from single files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from specs.documents import Document, place_in
from specs.fields import TRUE
from specs.findings import Finding
from specs.flow.flow import Flow
from specs.quota import LedgerLine, ledger
from specs.rules import chapters
from specs.rules.book import silence
from specs.rules.catalogue import ENTRIES
from specs.rules.listing import Listed, ListedDeployment, deployment_case, model_case, service_case
from specs.rules.part import Part
from specs.rules.subjects import (
    Circumstances,
    ConnectionCase,
    DeploymentCase,
    EnvironmentCase,
    ModelCase,
    StackCase,
)
from specs.stack_file import Secret
from specs.tree import Block
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """What the rule book has to say."""

    findings: tuple[Finding, ...]
    quota: tuple[LedgerLine, ...]
    """Cores per VM family at the worst step of the rollout."""


def review(
    listed: Sequence[Listed],
    *,
    circumstances: Circumstances,
    loose: Sequence[ListedDeployment] = (),
    connections: Sequence[Document] = (),
    config: Block | None = None,
) -> Reviewed:
    """What the rule book has to say about a stack. Never raises for what users wrote.

    `loose` are deployments whose endpoint is not at hand (single files). `config` is the stack's
    own section, for the lines in it. Silences are not applied: the documents' findings obey them
    too, so `silenced` comes last, over all findings together.
    """
    section = config if config is not None else Block()
    services = tuple(service_case(entry, circumstances) for entry in listed)
    case = StackCase(
        services=services,
        loose=tuple(deployment_case(one, None, circumstances=circumstances) for one in loose),
        circumstances=circumstances,
        place=lambda key: place_in(section, key),
    )
    findings = dict.fromkeys((*_of_stack(case), *_of_connections(connections, circumstances)))
    lines = ledger(case.demands, running=circumstances.running, usage=circumstances.usage)
    return Reviewed(findings=tuple(findings), quota=lines)


def review_stack(
    section: Block,
    listed: Sequence[Listed],
    *,
    workspace: Workspace | None,
    connections: Sequence[Document] = (),
    seen: Circumstances | None = None,
) -> Reviewed:
    """What the rule book has to say about a stack, whose own config is `section`.

    `seen`: what was read from the cloud, where somebody looked; its other fields are filled in.
    """
    known = (
        {
            "subscription_id": workspace.subscription_id,
            "resource_group": workspace.resource_group,
            "workspace_name": workspace.name,
        }
        if workspace
        else {}
    )
    known = {key: name for key, name in known.items() if not isinstance(name, Secret)}
    circumstances = replace(
        seen or Circumstances(),
        stack=True,
        production=str(section.get("production")) in TRUE,
        workspace=known,
    )
    return review(listed, circumstances=circumstances, connections=connections, config=section)


def silenced(findings: Iterable[Finding], config: Block) -> tuple[Finding, ...]:
    """The findings that are left after the stack's `silence`, sorted; see docs/rules.md."""
    written = config.get("silence")
    reasons = (
        {
            key: value if isinstance(value, str) else ""
            for key, value in cast(Mapping[str, object], written).items()
        }
        if isinstance(written, Block)
        else {}
    )
    left = silence(
        findings,
        reasons,
        entries=ENTRIES,
        place=lambda rule_id: place_in(config, "silence", rule_id),
    )
    return tuple(sorted(left, key=Finding.sort_key))


def review_model(
    document: Document, flow: Flow | None, *, circumstances: Circumstances
) -> Iterator[Finding]:
    """Rules about a model document of its own."""
    name = document.get("name")
    yield from _of_model(model_case(document, flow, f"model {name}", circumstances))


def review_environment(document: Document, *, circumstances: Circumstances) -> Iterator[Finding]:
    """Rules about an environment document of its own."""
    called = f"environment {document.get('name') or '?'}"
    case = EnvironmentCase(part=Part(document), circumstances=circumstances, called=called)
    yield from chapters.ENVIRONMENT.findings(case, case.called)


def _of_connections(
    documents: Sequence[Document], circumstances: Circumstances
) -> Iterator[Finding]:
    for document in documents:
        called = f"connection {document.get('name') or '?'}"
        case = ConnectionCase(part=Part(document), environment=circumstances.environment)
        yield from chapters.CONNECTION.findings(case, called)


def _of_stack(case: StackCase) -> Iterator[Finding]:
    yield from chapters.STACK.findings(case, "the stack")
    for service in case.services:
        yield from chapters.SERVICE.findings(service, service.endpoint.called)
        yield from chapters.ENDPOINT.findings(service.endpoint, service.endpoint.called)
    for deployment in case.deployments:
        yield from _of_deployment(deployment)


def _of_deployment(case: DeploymentCase) -> Iterator[Finding]:
    yield from chapters.DEPLOYMENT.findings(case, case.called)
    if case.model is not None:
        yield from _of_model(case.model)
    if case.environment is not None:
        yield from chapters.ENVIRONMENT.findings(case.environment, case.environment.called)


def _of_model(case: ModelCase) -> Iterator[Finding]:
    yield from chapters.MODEL.findings(case, case.called)
