"""The world on disk: one JSON file, always whole, so that a kill at any moment loses nothing.

A request's writes are on disk before its answer leaves (`Snapshot.flush` is called by the
engine), by writing a new file and renaming it over the old one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict, cast

from local_azure.arm.shape import JsonObject, section
from local_azure.arm.store import Resource, Store

FORMAT = 1


class SnapshotError(Exception):
    """The snapshot cannot be read; the message says what to do."""


class _Written(TypedDict):
    format: int
    extra: JsonObject
    resources: list[JsonObject]


class Snapshot:
    """Keeps a store, and a small `extra` object of whoever needs one, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.extra: JsonObject = {}
        self.store = Store(self.mark)
        self.sync: Callable[[], bool] = lambda: False
        """Whether each write waits for the disk, so that it survives a power cut too."""
        self._dirty = False
        self._read()

    def part(self, name: str) -> JsonObject:
        """One object of `extra`, attached; an empty one is put there when missing."""
        held = section(self.extra, name)
        self.extra[name] = held
        return held

    def mark(self) -> None:
        """Note that there is something to write."""
        self._dirty = True

    def flush(self) -> None:
        """Write when something changed. Atomic: readers see the old file or the new one."""
        if not self._dirty:
            return
        self._dirty = False
        temporary = self.path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(f'{{"format": {FORMAT}, "extra": {json.dumps(self.extra)}, "resources": ')
            file.write(self.store.encoded())
            file.write("}\n")
            if self.sync():
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(self.path)
        if self.sync():
            _sync_folder(self.path.parent)

    def _read(self) -> None:
        if not self.path.exists():
            return
        try:
            written = cast("_Written", json.loads(self.path.read_text("utf-8")))
            if written["format"] != FORMAT:
                raise SnapshotError(
                    f"{self.path} has format {written['format']}, this program reads {FORMAT}: "
                    "delete the home folder to begin a new world"
                )
            resources = [Resource(**held) for held in written["resources"]]  # pyright: ignore
        except (ValueError, KeyError, TypeError) as error:
            raise SnapshotError(
                f"{self.path} is no snapshot of a local Azure ({error}): "
                "delete the home folder to begin a new world"
            ) from error
        self.extra = written["extra"]
        self.store.load(resources)


def _sync_folder(folder: Path) -> None:
    """Put the renaming on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
