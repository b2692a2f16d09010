"""*.prompty: YAML between two lines of dashes, then a prompt."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from specs.flow.contents import Contents
from specs.flow.dag import Interface
from specs.flow.flow import EnvRead, Port
from specs.flow.ports import read_ports
from specs.flow.report import Report
from specs.flow.usage import ConnectionUse
from specs.tree import Block, Items, Place, parse_tree, read_tree

_FORM = re.compile(r"-{3,}\n(.*)-{3,}\n(.*)", re.DOTALL)
"""As promptflow parses it (1.18, Prompty._parse_prompty), greedy front matter included."""
_REFERENCE = re.compile(r"\$\{(\w+):(.*)\}")
_ENV = re.compile(r"\$\{env:([^}]+)\}")


@dataclass(frozen=True)
class Prompty:
    """One prompty file's front matter."""

    path: str
    """Relative to the flow folder."""
    source: Path
    root: Block
    env_reads: tuple[EnvRead, ...]


def read_prompty(path: str, source: Path, report: Report) -> Prompty | None:
    """The front matter; None where the file is no prompty that promptflow would load."""
    shown = report.shown(source)
    try:
        text = source.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else "it is not there"
        report.error(
            "file-not-text",
            Place(shown, None),
            f"the prompty cannot be read: {reason}",
            "Save it as UTF-8.",
        )
        return None
    match = _FORM.search(text)
    if match is None:
        message = "the prompty has no front matter between two lines `---`"
        fix = "Begin it with `---`, the YAML (name, model, inputs), and `---`."
        report.error("prompty-form", Place(shown, 1), message, fix)
        return None
    before = text[: match.start(1)].count("\n")
    parsed = parse_tree(("\n" * before + match[1]).encode(), shown)
    report.add_faults(parsed.faults)
    if parsed.root is None:
        return None
    reads = tuple(_environment(match[1], first_line=before + 1, shown=shown))
    return Prompty(path, source, parsed.root, reads)


def prompty_files(contents: Contents, report: Report) -> Iterator[Prompty]:
    """Every prompty that is uploaded and can be read."""
    for path in sorted(contents.files):
        if PurePosixPath(path).suffix.lower() == ".prompty":
            prompty = read_prompty(path, contents.files[path], report)
            if prompty is not None:
                yield prompty


def check_references(prompty: Prompty, contents: Contents, report: Report) -> None:
    """`${file:…}` in the front matter: promptflow loads no prompty that lacks one of them."""
    for value, at in _texts(prompty.root):
        match = _REFERENCE.match(value)
        if (
            match is None
            or match[1] != "file"
            or _referred(match[2], prompty.path) in contents.files
        ):
            continue
        message = f"the prompty refers to the file `{match[2]}`, which is not in the flow"
        fix = "Correct the path (relative to the prompty), or list the file in additional_includes."
        report.error("flow-file-missing", at, message, fix)


def _texts(block: Block) -> Iterator[tuple[str, Place]]:
    for key, value in block.items():
        if isinstance(value, str):
            yield value, block.place_of(key)
        elif isinstance(value, Block):
            yield from _texts(value)


def _referred(name: str, owner: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(owner), name))


def prompty_connections(prompty: Prompty, contents: Contents, uses: ConnectionUse) -> None:
    """`model.configuration.connection`, also where the configuration is in a file."""
    model = prompty.root.get("model")
    configuration = model.get("configuration") if isinstance(model, Block) else None
    configuration = resolved(configuration, prompty.path, contents)
    if isinstance(configuration, dict):
        settings = cast(dict[str, object], configuration)
        uses.add(str(settings.get("connection") or ""), prompty.path)


def prompty_interface(prompty: Prompty, contents: Contents, report: Report) -> Interface:
    """Inputs as written, else by the sample's values; a text where no outputs are written."""
    inputs = read_ports(prompty.root, "inputs", report, default_type="string")
    if not inputs:
        sample = prompty_sample(prompty, contents)
        inputs = {name: Port(type=_type_of(value)) for name, value in sample.items()}
    outputs = read_ports(prompty.root, "outputs", report, default_type="string")
    return Interface(inputs, outputs or {"output": Port(type="string")}, {})


def prompty_sample(prompty: Prompty, contents: Contents) -> dict[str, object]:
    """`sample:` in place or from a JSON file; empty where there is none."""
    value = resolved(prompty.root.get("sample"), prompty.path, contents)
    return cast(dict[str, object], value) if isinstance(value, dict) else {}


def resolved(value: object, owner: str, contents: Contents) -> object:
    """The content of `${file:…}` or `file:…` (JSON or YAML); other values as they are."""
    if not isinstance(value, str):
        return value
    match = _REFERENCE.match(value)
    if match is not None and match[1] == "file":
        name = match[2]
    elif value.startswith("file:") or value.endswith(".json"):
        name = value.removeprefix("file:")
    else:
        return value
    source = contents.files.get(_referred(name, owner))
    if source is None:
        return None
    if source.suffix.lower() != ".json":
        return read_tree(source, name).root
    try:
        return cast(object, json.loads(source.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None


def _environment(text: str, *, first_line: int, shown: str) -> Iterator[EnvRead]:
    """`${env:NAME}` in the front matter; promptflow keeps the text itself where NAME is unset."""
    for number, line in enumerate(text.split("\n"), start=first_line):
        for match in _ENV.finditer(line):
            yield EnvRead(name=match[1].strip(), file=shown, line=number, required=True)


def _type_of(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "double"
        case str():
            return "string"
        case list() | Items():
            return "list"
        case _:
            return "object"
