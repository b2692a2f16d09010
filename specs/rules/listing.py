"""From documents to what the rules look at: a stack's entries, single files, inline parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from specs.deployment import is_file_reference
from specs.documents import Document, Findings, place_in
from specs.flow.definition import is_flow
from specs.flow.flow import Flow
from specs.resolve import named_document
from specs.rules.part import Part
from specs.rules.subjects import (
    Circumstances,
    DeploymentCase,
    EndpointCase,
    EnvironmentCase,
    ModelCase,
    ServiceCase,
)
from specs.tree import Block


@dataclass(frozen=True, kw_only=True)
class ListedDeployment:
    """A deployment as far as it could be read."""

    document: Document
    flow: Flow | None = None
    """The flow in its model, where that could be read."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One of the stack's `endpoints`, as far as it could be read."""

    endpoint: Document
    deployments: tuple[ListedDeployment, ...] = ()
    entry: Block | None = None
    """The stack's own entry, with `traffic` and `mirror_traffic`; None for single files."""


def service_case(entry: Listed, circumstances: Circumstances) -> ServiceCase:
    endpoint = EndpointCase(part=Part(entry.endpoint), circumstances=circumstances)
    root = entry.endpoint.root
    return ServiceCase(
        endpoint=endpoint,
        deployments=tuple(
            deployment_case(deployment, endpoint, circumstances=circumstances)
            for deployment in entry.deployments
        ),
        traffic=_shares(entry, "traffic"),
        mirror_traffic=_shares(entry, "mirror_traffic") or {},
        place=place_in(entry.entry, "traffic") if entry.entry else place_in(root, "traffic"),
    )


def _shares(entry: Listed, field: str) -> dict[str, int] | None:
    """Percentages as written in the stack, or else in the endpoint's file; None for nothing."""
    written = entry.entry.get(field) if entry.entry else None
    written = entry.endpoint.get(field) if written is None else written
    if not isinstance(written, Block):
        return None
    return {
        name: int(float(share))
        for name, share in written.items()
        if isinstance(share, int | float | str) and re.fullmatch(r"-?[0-9]{1,9}(\.0)?", str(share))
    }


def deployment_case(
    listed: ListedDeployment, endpoint: EndpointCase | None, *, circumstances: Circumstances
) -> DeploymentCase:
    """A deployment with what is known around it, as the rules look at it."""
    part = Part(listed.document)
    called = DeploymentCase(part=part, circumstances=circumstances, endpoint=endpoint).called
    model, environment = _named(listed.document, "model"), _named(listed.document, "environment")
    return DeploymentCase(
        part=part,
        circumstances=circumstances,
        endpoint=endpoint,
        model=model_case(model, listed.flow, called, circumstances) if model else None,
        environment=(
            EnvironmentCase(part=Part(environment), circumstances=circumstances, called=called)
            if environment
            else None
        ),
    )


def _named(document: Document, field: str) -> Document | None:
    """The document behind a field, inline or in a file; None for a reference or none.

    What is wrong with that file has been reported when the deployment was read.
    """
    value = document.get(field)
    if isinstance(value, Block) or (isinstance(value, str) and is_file_reference(value)):
        return named_document(document, field, Findings(""))
    return None


def model_case(
    document: Document, flow: Flow | None, called: str, circumstances: Circumstances
) -> ModelCase:
    path = document.get("path")
    inner: tuple[str, ...] = ()
    if flow is None and isinstance(path, str) and "://" not in path:
        inner = _inner_flows(document.resolve(path))
    return ModelCase(
        part=Part(document),
        circumstances=circumstances,
        flow=flow,
        inner_flows=inner,
        called=called,
    )


def _inner_flows(folder: Path) -> tuple[str, ...]:
    try:
        if not folder.is_dir() or is_flow(folder):
            return ()
        inside = sorted(item for item in folder.iterdir() if item.is_dir())
        return tuple(item.name for item in inside if is_flow(item))
    except OSError:
        return ()
