"""Names: what Azure ML accepts. ARM does not check most of this before it starts to work."""

from __future__ import annotations

import re

from specs.documents import Document, Findings

MIN_LENGTH, MAX_LENGTH = 3, 32
_SERVED = re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?")

_ASSET = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}$")
_WORKSPACE = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$")


def served_name_fault(name: str) -> str | None:
    """Why `name` cannot name an endpoint or a deployment, or None.

    Source: azure-ai-ml `EndpointConfigurations`; the service answers NotFound for such names.
    """
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        noun = "character" if len(name) == 1 else "characters"
        length = f"it has {len(name)} {noun}" if name else "it is empty"
        return f"{length}; a name has {MIN_LENGTH} to {MAX_LENGTH}"
    if not _SERVED.fullmatch(name):
        return "it may hold letters, digits and `-`, begins with a letter and ends without `-`"
    return None


def check_served_name(document: Document, noun: str, findings: Findings) -> None:
    """A name of an endpoint or a deployment that Azure ML would refuse. `noun`: which of them."""
    name = document.get("name")
    fault = served_name_fault(name) if isinstance(name, str) else None
    if fault is None:
        return
    message = f"`{str(name)[:80]}` cannot name {noun}: {fault}"
    fix = "Choose another name; it must be free in the Azure region."
    if noun != "an endpoint":
        fix = "Choose another name."
    findings.add("name-illegal", message, fix=fix, at=document.place("name"))


def workspace_name_fault(name: str) -> str | None:
    """Why `name` cannot name a workspace or a connection, or None (source: azure-ai-ml)."""
    if _WORKSPACE.match(name) and not name.endswith("\n"):
        return None
    return "such a name has 3 to 33 letters, digits, `-` or `_`, and begins with a letter or digit"


def asset_name_fault(name: str) -> str | None:
    """Why `name` cannot name a model or an environment, or None."""
    if _ASSET.match(name) and not name.endswith("\n"):
        return None
    return "such a name holds up to 255 letters, digits, `.`, `-` and `_`, and begins with no sign"


def asset_name(text: str) -> str:
    """A legal asset name close to `text` (a folder's name)."""
    return re.sub(r"[^a-zA-Z0-9._-]+", "-", text).strip("-._")[:255] or "model"
