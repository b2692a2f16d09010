"""The files below a folder, whatever the folder holds: links, circles, pipes, strange names.

Links are followed, as azure-ai-ml follows them when it uploads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from specs.flow.report import Report
from specs.upload import LEFT_OUT

MAX_FILES = 10_000
"""Far above any flow; ends the walk through a folder that was named by mistake."""


class TooManyFilesError(Exception):
    """The walk was given up."""


class Walk:
    """Walks one folder and tells what in it cannot be uploaded, or comes from elsewhere."""

    def __init__(self, root: Path, report: Report) -> None:
        self._root = root
        self._real_root = Path(os.path.realpath(root))
        self._report = report
        self._count = 0
        self.dotenv: list[str] = []
        """`.env` files that were passed by, relative to the root."""

    def files(self) -> Iterator[tuple[str, Path]]:
        """(posix path relative to the root, the file with its links resolved), sorted.

        Raises TooManyFilesError.
        """
        yield from self._below(self._root, "", (os.path.realpath(self._root),))

    def _below(
        self, folder: Path, prefix: str, open_folders: tuple[str, ...]
    ) -> Iterator[tuple[str, Path]]:
        for entry in self._entries(folder):
            if _is_dotenv(entry.name):
                self.dotenv.append(prefix + entry.name)
                continue
            if entry.name in LEFT_OUT or entry.name.endswith(".pyc"):
                continue
            path, relative = Path(entry.path), prefix + entry.name
            if not self._nameable(path, relative):
                continue
            if entry.is_symlink() and not self._followable(path):
                continue
            if entry.is_dir():
                real = os.path.realpath(path)
                if real in open_folders:
                    self._circle(path)
                    continue
                yield from self._below(path, relative + "/", (*open_folders, real))
            elif self._readable(path, is_file=entry.is_file()):
                self._count += 1
                if self._count > MAX_FILES:
                    raise TooManyFilesError
                yield relative, Path(os.path.realpath(path))

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            message = f"the folder cannot be read: {error.strerror or type(error).__name__}"
            at = self._report.place(folder)
            self._report.error("flow-file-unreadable", at, message, "Give yourself read access.")
            return []

    def _nameable(self, path: Path, relative: str) -> bool:
        try:
            relative.encode()
        except UnicodeEncodeError:
            at = self._report.place(path.parent)
            message = f"the file name {path.name!a} is not text; a blob cannot have it"
            self._report.error("flow-file-name", at, message, "Rename the file.")
            return False
        return True

    def _followable(self, link: Path) -> bool:
        """A link's target is there; one outside of the flow is worth a word."""
        at = self._report.place(link)
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):  # RuntimeError: a circle, before Python 3.13
            message = f"the link leads nowhere: {_target(link)}"
            self._report.warning("flow-link-broken", at, message, "Remove or correct the link.")
            return False
        if not target.is_relative_to(self._real_root):
            message = f"the link leads out of the folder, to {self._report.shown(target)}"
            fix = "What it leads to is uploaded. Remove the link if that is not meant."
            self._report.warning("flow-link-outside", at, message, fix)
        return True

    def _circle(self, path: Path) -> None:
        at = self._report.place(path)
        message = f"the link leads back to a folder that holds it: {_target(path)}"
        self._report.warning("flow-link-circle", at, message, "Remove the link; it is left out.")

    def _readable(self, path: Path, *, is_file: bool) -> bool:
        at = self._report.place(path)
        if not is_file:
            message = "this is a socket, a pipe or a device, not a file"
            self._report.warning("flow-file-special", at, message, "It is left out.")
            return False
        if not os.access(path, os.R_OK):
            message = "the file cannot be read: permission denied"
            self._report.error("flow-file-unreadable", at, message, "Give yourself read access.")
            return False
        return True


def _is_dotenv(name: str) -> bool:
    """Files of secrets: `.env`, `.env.local`; not the templates that people commit."""
    templates = (".example", ".sample", ".template", ".dist")
    return name == ".env" or (name.startswith(".env.") and not name.endswith(templates))


def _target(link: Path) -> str:
    try:
        return str(link.readlink()).encode(errors="replace").decode()
    except OSError:
        return "?"
