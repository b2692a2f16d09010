"""The flow's own Python, read as a syntax tree and never executed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from specs.flow.contents import Contents
from specs.flow.report import Report
from specs.tree import Place

MAX_BYTES = 1_000_000
"""A larger file is data in Python's clothes."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One parsed file."""

    path: str
    """Posix, relative to the flow folder."""
    tree: ast.Module
    place: Place

    def at(self, node: ast.AST) -> Place:
        """Where a node stands."""
        return Place(self.place.file, getattr(node, "lineno", None))

    def definitions(self) -> dict[str, Definition]:
        """Functions and classes of the module itself, also below `if` and `try`."""
        return {
            node.name: node for node in statements(self.tree.body) if isinstance(node, Definition)
        }

    def imports(self) -> dict[str, tuple[str, str]]:
        """Imported name -> (module as written with its leading dots, name in it)."""
        found: dict[str, tuple[str, str]] = {}
        for node in statements(self.tree.body):
            if isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    found[alias.asname or alias.name] = (module, alias.name)
        return found

    def postpones_annotations(self) -> bool:
        """Whether `from __future__ import annotations` makes every annotation a string."""
        return self.imports().get("annotations", ("", ""))[0] == "__future__"


@dataclass
class Sources:
    """Parses files of the flow once each."""

    contents: Contents
    report: Report
    _modules: dict[str, Module | None] = field(default_factory=dict[str, "Module | None"])

    def module(self, path: str) -> Module | None:
        """The module in a file of the flow; None where there is none or it cannot be parsed."""
        if path not in self._modules:
            source = self.contents.files.get(path)
            self._modules[path] = None if source is None else self._parse(path, source)
        return self._modules[path]

    def imported(self, importer: Module, dotted: str) -> Module | None:
        """A module of the flow by the name that an import or an entry gives it."""
        bare = dotted.lstrip(".")
        level = len(dotted) - len(bare)
        folder = importer.path.split("/")[:-1] if level else []
        parts = folder[: len(folder) - level + 1] if level else []
        stem = "/".join([*parts, *(bare.split(".") if bare else [])])
        return self.module(f"{stem}.py") or self.module(f"{stem}/__init__.py")

    def all(self) -> Iterator[Module]:
        """Every Python file that is uploaded and can be parsed."""
        for path in self.contents.python_files():
            if (module := self.module(path)) is not None:
                yield module

    def _parse(self, path: str, source: Path) -> Module | None:
        place = self.report.place(source)
        try:
            if source.stat().st_size > MAX_BYTES:
                return None
            raw = source.read_bytes()
        except OSError as error:
            message = f"the file cannot be read: {error.strerror or type(error).__name__}"
            self.report.error("flow-file-unreadable", place, message, "Check the file.")
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # SyntaxWarning: the flow's own affair
                return Module(path, ast.parse(raw), place)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = error.lineno if isinstance(error, SyntaxError) else None
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            message = f"this is not Python that can be read here: {reason}"
            fix = "Correct it, or run the check with the Python of the flow's environment."
            self.report.warning("flow-python-syntax", Place(place.file, line), message, fix)
            return None


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run on import, also below `if`, `try` and `with`; not under `__main__`."""
    for node in body:
        if isinstance(node, ast.If):
            if not is_main_guard(node):
                yield from statements(node.body)
            yield from statements(node.orelse)
        elif isinstance(node, ast.Try):
            yield from statements(node.body)
            for handler in node.handlers:
                yield from statements(handler.body)
            yield from statements(node.orelse + node.finalbody)
        elif isinstance(node, ast.With):
            yield from statements(node.body)
        else:
            yield node


def is_main_guard(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`, whose body never runs in a serving process."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    return names == ["__name__"]


def walk_served(node: ast.AST) -> Iterator[ast.AST]:
    """Like ast.walk, in the order of the text and without what stands under `__main__`."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if is_main_guard(current):
            waiting.extend(reversed(current.orelse if isinstance(current, ast.If) else []))
            continue
        yield current
        waiting.extend(reversed(list(ast.iter_child_nodes(current))))


def last_name(node: ast.expr | None) -> str:
    """`Optional` of `typing.Optional`, `tool` of `@promptflow.tool(...)`; else empty."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.expr | None) -> str | None:
    """The value of a string literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None
