"""What models and environments have in common: their names, and versions made by content."""

from __future__ import annotations

from pathlib import Path

from specs.documents import Document, Findings, shown
from specs.names import asset_name_fault
from specs.tree import Place


def check_asset_name(name: str, document: Document, findings: Findings) -> None:
    """A name that Azure ML would refuse."""
    fault = asset_name_fault(name)
    if fault:
        message = f"`name: {name[:80]}` is illegal: {fault}"
        fix = "Choose another name."
        findings.add("name-illegal", message, fix=fix, at=document.place("name"))


def warn_of_version(version: str, document: Document, noun: str, findings: Findings) -> None:
    """A version that is written, where the content's hash is what will be the version."""
    findings.add(
        "version-by-content",
        f"`version: {version}` is not used: the version of what is registered from files is the "
        "hash of its content",
        fix=f"Remove it, or refer to a registered {noun}: azureml:NAME:VERSION.",
        at=document.place("version"),
        severity="warning",
    )


def say_unreadable(error: OSError, findings: Findings, *, project: Path, at: Place) -> None:
    """A file or folder to upload that cannot be read. `at`: where its folder is named."""
    name = shown(Path(str(error.filename)), project) if error.filename else "a file"
    message = f"{name} cannot be read: {error.strerror or type(error).__name__}"
    fix = "Correct the path, remove it, leave it out by .amlignore, or give yourself access."
    findings.add("file-unreadable", message, fix=fix, at=at)
