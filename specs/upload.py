"""What is uploaded: the files of a folder, and the version that their content makes.

Files are chosen as azure-ai-ml chooses them (.amlignore, else .gitignore, of the folder itself),
less what never belongs into a model: caches, version control, and `.env`, which may hold secrets.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

VERSION_LENGTH = 12
"""Hexadecimal characters of a content hash that make a version."""
MOST_FILES = 50_000
"""Far above any model; ends the walk through a folder that was named by mistake (`/`)."""
_PIECE = 1 << 20
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
    """The files of a folder, below `top` (a folder name, or nothing), in a stable order.

    Raises OSError, also for a folder of more than 50,000 files.
    """
    ignored = _ignored(folder)
    files: list[ModelFile] = []
    for relative in _walk(folder):
        if len(files) == MOST_FILES:
            reason = f"it holds more than {MOST_FILES} files, and is probably not meant"
            raise OSError(errno.E2BIG, reason, str(folder))
        if not ignored(relative):
            path = "/".join(part for part in (top, relative) if part)
            files.append(ModelFile(path, folder / relative))
    return tuple(sorted(files, key=lambda file: file.path))


def content_version(files: Iterable[ModelFile]) -> str:
    """12 hexadecimal characters of a SHA-256 over paths and contents. Raises OSError."""
    total = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        total.update(file.path.encode() + b"\0" + _digest(file.source))
    return total.hexdigest()[:VERSION_LENGTH]


def _digest(source: Path) -> bytes:
    """SHA-256 of a file, read in pieces: a model may be larger than the memory. Raises OSError."""
    if not stat.S_ISREG(source.stat().st_mode):  # reading a pipe would wait for ever
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device", str(source))
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.digest()


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
