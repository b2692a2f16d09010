"""What a rehearsal cannot make up: assets that only the cloud has, and other subscriptions.

Findings, with file and line as those of a check; with one of them nothing is started.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.findings import Finding
from specs.model import ModelUpload
from specs.references import Reference
from specs.served import CodeReference, Deployment
from specs.stack import Stack
from specs.tree import Place
from specs.workspace import Workspace

_SYSTEM_REGISTRY = "azureml://registries/azureml/"
_FIXES = {
    "model": "Give the flow's folder (model: {path: …}): the stack registers it by its content.",
    "environment": "Give its image or build context (environment: {image: …}); without any, a "
    "prompt flow gets its own.",
    "code_configuration": "Give its folder.",
}


def unknowable(stack: Stack) -> list[Finding]:
    """What nobody can make up: an error each, with what to do."""
    return [
        *(finding for one in _deployments(stack) for finding in _unknown_assets(one, stack)),
        *_elsewhere(stack),
    ]


def _deployments(stack: Stack) -> Iterator[Deployment]:
    for service in stack.services:
        yield from service.deployments


def _unknown_assets(one: Deployment, stack: Stack) -> Iterator[Finding]:
    """Models, environments and code that only the workspace or a registry of theirs has."""
    for field, wanted in (("model", one.model), ("environment", one.environment)):
        if isinstance(wanted, Reference) and not _is_made(wanted, stack):
            what = f"{wanted.text}, which is {_where(wanted, stack.workspace)}"
            yield _unknown(one, field, what, stack)
        elif isinstance(wanted, ModelUpload) and wanted.uri is not None:
            yield _unknown(one, field, f"{wanted.uri}, whose files are in the cloud", stack)
    if isinstance(one.code, CodeReference):
        what = f"{one.code.text}, which is in the cloud"
        yield _unknown(one, "code_configuration", what, stack)


def _is_made(reference: Reference, stack: Stack) -> bool:
    """Whether a rehearsal has it: from the stack itself, or from the local system registry."""
    if reference.text.startswith(_SYSTEM_REGISTRY):
        return True
    for one in _deployments(stack):
        asset = one.model if reference.kind == "models" else one.environment
        if asset is None or isinstance(asset, Reference) or asset.name != reference.name:
            continue
        if reference.version in (None, asset.version):
            return True
    return False


def _where(reference: Reference, place: Workspace) -> str:
    return "in a registry" if reference.is_registry else f"registered in workspace {place.name}"


def _unknown(one: Deployment, field: str, what: str, stack: Stack) -> Finding:
    return _finding(
        f"deployment {one.name} of {one.endpoint_name}",
        f"it names {what}; a rehearsal asks no cloud, so it cannot know what that holds",
        f"{_FIXES[field]} Or ask the cloud itself:\n    make preview STACK={stack.name}",
        at=one.document.place(field),
    )


def _elsewhere(stack: Stack) -> Iterator[Finding]:
    """Resources of another subscription: a local Azure plays one."""
    mine = f"/subscriptions/{stack.workspace.subscription_id}/".lower()
    named: list[tuple[str, str | None, Place]] = []
    for service in stack.services:
        at = service.document.place("identity")
        named.append((f"endpoint {service.endpoint.name}", service.endpoint.identity_id, at))
    for one in stack.connections:
        at = one.document.place("open_ai_resource_id")
        named.append((f"connection {one.name}", one.openai_account, at))
    for subject, arm_id, at in named:
        if arm_id and not arm_id.lower().startswith(mine):
            message = f"{arm_id} is in another subscription; a rehearsal plays the stack's alone"
            fix = f"Ask the cloud itself:\n    make preview STACK={stack.name}"
            yield _finding(subject, message, fix, at=at)


def _finding(subject: str, message: str, fix: str, *, at: Place) -> Finding:
    return Finding(
        id="rehearsal-unknown",
        severity="error",
        subject=subject,
        message=message,
        fix=fix,
        file=at.file,
        line=at.line,
    )
