"""What is uploaded: the files of a folder, and the version that their content makes.

Files are chosen as azure-ai-ml chooses them (.amlignore, else .gitignore, of the folder itself),
less what never belongs into a model: caches, version control, and `.env`, which may hold secrets.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

VERSION_LENGTH = 12
"""Hexadecimal characters of a content hash that make a version."""
LEFT_OUT = frozenset(
    {"__pycache__", ".promptflow", ".git", ".env", ".venv", ".runs", ".pytest_cache"}
)


@dataclass(frozen=True)
class ModelFile:
    """One file to upload."""

    path: str
    """Relative, with forward slashes; begins with the one top folder of a model."""
    source: Path
    """Where it is read."""


@dataclass(frozen=True)
class Content:
    """Files with the version that their content makes."""

    files: tuple[ModelFile, ...]
    version: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", content_version(self.files))


def folder_files(folder: Path, top: str = "") -> tuple[ModelFile, ...]:
    """The files of a folder, below `top` (a folder name, or nothing), in a stable order."""
    ignored = _ignored(folder)
    files = [
        ModelFile("/".join(part for part in (top, relative) if part), folder / relative)
        for relative in _walk(folder)
        if not ignored(relative)
    ]
    return tuple(sorted(files, key=lambda file: file.path))


def content_version(files: Iterable[ModelFile]) -> str:
    """12 hexadecimal characters of a SHA-256 over paths and contents. Raises OSError."""
    total = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        content = hashlib.sha256(file.source.read_bytes()).digest()
        total.update(file.path.encode() + b"\0" + content)
    return total.hexdigest()[:VERSION_LENGTH]


def text_version(text: str) -> str:
    """12 hexadecimal characters of a SHA-256 over a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH]


def _walk(folder: Path) -> Iterator[str]:
    """Relative paths of the files below; links are followed, but not in circles."""
    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in names:
            if name not in LEFT_OUT and not name.endswith(".pyc"):
                yield Path(root, name).relative_to(folder).as_posix()


def _ignored(folder: Path) -> Callable[[str], bool]:
    from specs.flow.ignore import IGNORE_FILES, IgnoreRules  # which imports this module's types

    for name in IGNORE_FILES:
        file = folder / name
        if file.is_file():
            text = file.read_bytes().decode("utf-8-sig", errors="replace")
            return IgnoreRules(text.splitlines()).leave_out
    return lambda _relative: False
