"""`additional_includes`: files and folders from elsewhere that belong to the flow.

Resolved as `pf flow build` does (promptflow 1.18, `_merge_local_code_and_additional_includes`):
each lands at the top of the flow folder under its own name, a folder with all that is below it, and
wins over a file of the flow. `NAME.zip` without such a file but beside a folder NAME is that
folder as a zip. The cloud does none of this: it must be done before the upload.
"""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from specs.documents import a_kind
from specs.flow.report import Report
from specs.flow.walk import Walk
from specs.flow.zipped import zipped_folder
from specs.tree import Block, Items, Place


def written_includes(root: Block, report: Report) -> tuple[tuple[str, Place], ...]:
    """The entries as written, with forward slashes and no trailing one."""
    value = root.get("additional_includes")
    if value is None:
        return ()
    at = root.place_of("additional_includes")
    if not isinstance(value, Items):
        message = f"`additional_includes` is {a_kind(value)}, not a list of paths"
        report.error("wrong-type", at, message, "Write each path in a line `- path`.")
        return ()
    entries: list[tuple[str, Place]] = []
    for index, item in enumerate(value):
        if not isinstance(item, str) or not item.strip():
            message = f"an additional include is {a_kind(item)}, not a path"
            report.error("wrong-type", value.place_of(index), message, "Write a path.")
            continue
        text = item.replace("\\", "/")
        entries.append((text.rstrip("/") or "/", value.place_of(index)))
    return tuple(entries)


class Includes:
    """Lays the includes of one flow over its own files."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._folder = folder
        self._report = report

    def lay_over(
        self, files: dict[str, Path], entries: tuple[tuple[str, Place], ...]
    ) -> dict[str, Path]:
        """`files`, relative path -> source, with the includes; clashes and gaps are findings."""
        merged = dict(files)
        for entry, at in entries:
            for relative, source in self._resolved(entry, at):
                self._clash(merged.get(relative), source, relative=relative, at=at)
                merged[relative] = source
        return merged

    def _resolved(self, entry: str, at: Place) -> Iterator[tuple[str, Path]]:
        source = self._source(entry)
        name = source.name
        if not name:
            message = f"the additional include `{entry}` is the whole file system"
            self._report.error("flow-include-missing", at, message, "Name a file or folder.")
            return
        zip_of = source.with_suffix("")
        if source.is_file():
            if os.access(source, os.R_OK):
                yield name, Path(os.path.realpath(source))
                return
            message = f"the include `{entry}` cannot be read"
            self._report.error("flow-include-missing", at, message, "Give yourself read access.")
        elif source.is_dir():
            for relative, file in Walk(source, self._report).files():
                yield str(PurePosixPath(name, relative)), file
        elif PurePosixPath(entry).suffix == ".zip" and zip_of.is_dir():
            yield name, zipped_folder(zip_of, Walk(zip_of, self._report).files())
        else:
            message = f"the additional include `{entry}` does not exist"
            fix = "Correct the path; it is relative to the flow folder."
            self._report.error("flow-include-missing", at, message, fix)

    def _source(self, entry: str) -> Path:
        """Links resolved before `..` and the name are taken, as promptflow does."""
        try:
            return Path(os.path.realpath(Path(os.path.realpath(self._folder)) / entry))
        except ValueError:  # a null character
            return self._folder / "\0"

    def _clash(self, present: Path | None, source: Path, *, relative: str, at: Place) -> None:
        if present is None or present == source or filecmp.cmp(present, source, shallow=False):
            return
        message = (
            f"`{relative}` is in the flow already, with other content: "
            f"{self._report.shown(source)} takes its place"
        )
        fix = "Rename or remove one of the two."
        self._report.warning("flow-include-clash", at, message, fix)
