"""What a flow consists of when it is uploaded: its folder, its includes, less what is ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from specs.flow.ignore import IGNORE_FILES, IgnoreRules
from specs.flow.includes import Includes
from specs.flow.report import Report
from specs.flow.walk import MAX_FILES, TooManyFilesError, Walk
from specs.tree import Place
from specs.upload import ModelFile


@dataclass(frozen=True)
class Contents:
    """Files by their posix path relative to the flow folder."""

    top: str
    """The flow folder's name."""
    files: Mapping[str, Path]
    """What is uploaded -> its source, links resolved."""
    ignored: Mapping[str, Path]
    """What an ignore file leaves out."""
    ignore_file: str | None
    """Which one: `.amlignore` or `.gitignore`."""
    dotenv: tuple[str, ...]
    """`.env` files of the folder, which are never uploaded."""

    def uploads(self) -> tuple[ModelFile, ...]:
        """Below the one top folder, sorted by path."""
        return tuple(
            ModelFile(f"{self.top}/{path}", source) for path, source in sorted(self.files.items())
        )

    def python_files(self) -> tuple[str, ...]:
        """The `.py` files that are uploaded, sorted."""
        return tuple(sorted(path for path in self.files if path.endswith(".py")))


def read_contents(
    folder: Path, *, includes: tuple[tuple[str, Place], ...], report: Report
) -> Contents:
    """All that a folder and its includes make; trouble becomes findings."""
    merged: dict[str, Path] = {}
    walk = Walk(folder, report)
    try:
        merged.update(walk.files())
        merged = Includes(folder, report).lay_over(merged, includes)
    except TooManyFilesError:
        message = f"the flow has more than {MAX_FILES} files; the folder is probably not the flow's"
        at = report.place(folder)
        report.error("flow-too-many-files", at, message, "Correct the path, or add .amlignore.")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        at = report.place(Path(str(error.filename or folder)))
        report.error("flow-file-unreadable", at, f"reading failed: {reason}", "Check the file.")
    return _less_ignored(folder, merged, dotenv=tuple(walk.dotenv), report=report)


def _less_ignored(
    folder: Path, merged: Mapping[str, Path], *, dotenv: tuple[str, ...], report: Report
) -> Contents:
    name = next((name for name in IGNORE_FILES if name in merged), None)
    rules = IgnoreRules(_lines(merged[name], report) if name else ())
    kept = {path: source for path, source in merged.items() if not rules.leave_out(path)}
    ignored = {path: source for path, source in merged.items() if path not in kept}
    return Contents(folder.name, kept, ignored, name, dotenv)


def _lines(path: Path, report: Report) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 (byte {error.start}); azure-ai-ml cannot read it"
        report.error("file-not-text", report.place(path), message, "Save it as UTF-8.")
        return []
