"""Documents: the CLI v2 YAML files, however the stack config names them.

An entry of the stack config is a path, an inline mapping with the same fields, or `{file:, set:}`
where `set` is merged into the file as `az ml --set` would. Relative paths inside a document are
relative to its file; those of an inline one to the directory of the stack file.
What the fields mean is the matter of `endpoint.py`, `deployment.py` and the others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from specs.findings import Finding, Severity
from specs.tree import NOWHERE, Block, Fault, Items, Place, read_tree

LONGEST = 200
"""Characters of a path that are shown."""


@dataclass(frozen=True)
class Document:
    """One document: its data, and where paths in it start."""

    root: Block = field(repr=False)  # it may hold secrets
    directory: Path
    """What relative paths inside the document are relative to."""
    project: Path
    """What file names in findings are relative to."""
    path: Path | None = None
    """The file; None for an inline document."""

    def place(self, *keys: str | int) -> Place:
        """Where a field stands: `place("request_settings", "request_timeout_ms")`.

        The nearest enclosing field for one that was not written.
        """
        return place_in(self.root, *keys)

    def get(self, *keys: str) -> object:
        """The value as written (after `set`), None where there is none."""
        value: object = self.root
        for key in keys:
            if not isinstance(value, Block):
                return None
            value = value.get(key)
        return value

    def resolve(self, path: str) -> Path:
        """A path of the document as an absolute one."""
        return absolute(self.directory, path)


@dataclass
class Findings:
    """Collects findings about one subject."""

    subject: str
    found: list[Finding] = field(default_factory=list[Finding])

    def add(
        self, rule: str, message: str, *, fix: str, at: Place, severity: Severity = "error"
    ) -> None:
        """One finding about the subject."""
        finding = Finding(
            id=rule,
            severity=severity,
            subject=self.subject,
            message=message,
            fix=fix,
            file=at.file,
            line=at.line,
        )
        if finding not in self.found:
            self.found.append(finding)

    def add_faults(self, faults: tuple[Fault, ...]) -> None:
        """What is wrong with a file as YAML."""
        for fault in faults:
            self.add(fault.id, fault.message, fix=fault.fix, at=fault.place)

    @property
    def has_error(self) -> bool:
        """Whether one of them is an error."""
        return any(finding.severity == "error" for finding in self.found)


def place_in(root: object, *keys: str | int) -> Place:
    """Where a value stands in a tree; the nearest enclosing one that was written."""
    place, value = NOWHERE, root
    if isinstance(value, Block | Items):
        place = value.place
    for key in keys:
        if isinstance(value, Block) and str(key) in value:
            place, value = value.place_of(str(key)), value[str(key)]
        elif isinstance(value, Items) and isinstance(key, int) and 0 <= key < len(value):
            place, value = value.place_of(key), value[key]
    return place


def absolute(directory: Path, path: str) -> Path:
    """`path` from `directory`, without following links."""
    return Path(os.path.normpath(directory / path))


def shown(path: Path, project: Path) -> str:
    """A path for people: relative to the project where it lies below it, else absolute."""
    relative = os.path.relpath(path, project)
    outside = relative == os.pardir or relative.startswith(os.pardir + os.sep)
    text = Path(os.path.abspath(path) if outside else relative).as_posix()  # noqa: PTH100
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def open_document(
    entry: object, *, directory: Path, project: Path, at: Place, findings: Findings
) -> Document | None:
    """The document that an entry of the stack config names; None after an error finding.

    `directory`: what a relative path in the entry is relative to. `at`: where the entry stands.
    """
    if isinstance(entry, str):
        return read_document(absolute(directory, entry), project=project, at=at, findings=findings)
    if not isinstance(entry, Mapping):
        message = f"this is {a_kind(entry)}, not a document"
        fix = "Give a path, a mapping with the document's fields, or {file: …, set: …}."
        findings.add("wrong-type", message, fix=fix, at=at)
        return None
    block = as_block(cast(Mapping[object, object], entry), at)
    if "file" not in block:
        return Document(block, directory, project)
    return _from_file(block, directory=directory, project=project, findings=findings)


def _from_file(
    block: Block, *, directory: Path, project: Path, findings: Findings
) -> Document | None:
    file, changes = block["file"], block.get("set")
    for key in block:
        if key not in ("file", "set"):
            message = f"`{key}` beside `file`: an entry with `file` has only `set` besides"
            fix = f"Move `{key}` under `set`."
            findings.add("unknown-field", message, fix=fix, at=block.place_of(key))
    if not isinstance(file, str):
        message = f"`file` is {a_kind(file)}, not a path"
        findings.add("wrong-type", message, fix="Give a path.", at=block.place_of("file"))
        return None
    if changes is not None and not isinstance(changes, Mapping):
        message = f"`set` is {a_kind(changes)}, not a mapping"
        fix = "Give the fields to change: set: {instance_count: 3}."
        findings.add("wrong-type", message, fix=fix, at=block.place_of("set"))
        return None
    document = read_document(
        absolute(directory, file), project=project, at=block.place_of("file"), findings=findings
    )
    if document is None or not changes:
        return document
    changed = as_block(cast(Mapping[object, object], changes), block.place_of("set"))
    merged = merge(document.root, changed)
    return Document(merged, document.directory, project, document.path)


def read_document(path: Path, *, project: Path, at: Place, findings: Findings) -> Document | None:
    """A document from its file; None after an error finding. `at`: where the path was written."""
    if not is_file(path):
        kind = "is a folder" if is_folder(path) else lacking(path)
        message = f"{shown(path, project)} {kind}"
        fix = "Correct the path (relative to the file it stands in)."
        place = at if at.file else Place(shown(path, project), None)
        findings.add("file-missing", message, fix=fix, at=place)
        return None
    parsed = read_tree(path, shown(path, project))
    findings.add_faults(parsed.faults)
    return Document(parsed.root, path.parent, project, path) if parsed.root is not None else None


def is_file(path: Path) -> bool:
    """Whether there is a file; unlike Path.is_file(), also for a path no system can have."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Whether there is a folder; unlike Path.is_dir(), also for a path no system can have."""
    return os.path.isdir(path)  # noqa: PTH112


def lacking(path: Path) -> str:
    """Why there is neither a file nor a folder, in words."""
    exists = os.path.exists(path)  # noqa: PTH110  also for a path no system can have
    return "is a pipe, a socket or a device" if exists else "does not exist"


def merge(base: Block, changes: Block) -> Block:
    """`changes` laid over `base`: mappings merge, everything else replaces, null removes nothing.

    Values keep the place where they were written.
    """
    merged = Block(base, place=base.place, places=base.places)
    merged.texts = {k: text for k, text in base.texts.items() if k not in changes} | changes.texts
    for key, value in changes.items():
        below = merged.get(key)
        both = isinstance(below, Block) and isinstance(value, Block)
        merged[key] = merge(cast(Block, below), cast(Block, value)) if both else value
        merged.places[key] = changes.place_of(key)
    return merged


def as_block(mapping: Mapping[object, object], at: Place = NOWHERE) -> Block:
    """A plain mapping as a tree; what knows its place keeps it, the rest stands at `at`."""
    if isinstance(mapping, Block):
        return mapping
    block = Block(place=at)
    for key, value in mapping.items():
        block[str(key)] = _as_tree(value, at)
        block.places[str(key)] = at
    return block


def _as_tree(value: object, at: Place) -> object:
    if isinstance(value, Mapping):
        return as_block(cast(Mapping[object, object], value), at)
    if isinstance(value, list) and not isinstance(value, Items):
        items = [_as_tree(item, at) for item in cast(list[object], value)]
        return Items(items, place=at, places=[at] * len(items))
    return cast(object, value)


def a_kind(value: object) -> str:
    """What a YAML value is, in words: `a number`, `a list`."""
    match value:
        case None:
            return "empty"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return f"a {type(value).__name__}"
