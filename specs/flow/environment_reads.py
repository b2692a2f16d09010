"""Environment variables, and workspace connections, that a flow's Python names literally."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from specs.flow.flow import EnvRead
from specs.flow.python_source import Module, last_name, text_of, walk_served

_READERS = frozenset({"os.getenv", "os.environ.get", "os.environ.pop", "os.environ.__getitem__"})
_MODEL_CONFIGURATIONS = frozenset({"AzureOpenAIModelConfiguration", "OpenAIModelConfiguration"})


def environment_reads(module: Module) -> Iterator[EnvRead]:
    """`os.environ["X"]`, `os.environ.get("X")`, `os.getenv("X")`, by whatever name imported."""
    names = _os_names(module.tree)
    for node in walk_served(module.tree):
        key, required = _read(node, names)
        if key is not None and module.place.file is not None:
            line = getattr(node, "lineno", 1)
            yield EnvRead(name=key, file=module.place.file, line=line, required=required)


def connections_in_code(module: Module) -> Iterator[str]:
    """Connections that the code gives to a model configuration as a literal."""
    for node in walk_served(module.tree):
        if isinstance(node, ast.Call) and last_name(node.func) in _MODEL_CONFIGURATIONS:
            for keyword in node.keywords:
                name = text_of(keyword.value)
                if keyword.arg == "connection" and name:
                    yield name


def _read(node: ast.AST, names: dict[str, str]) -> tuple[str | None, bool]:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        if _dotted(node.value, names) == "os.environ":
            return text_of(node.slice), True
    elif isinstance(node, ast.Call) and _dotted(node.func, names) in _READERS:
        first = node.args[0] if node.args else None
        keyword = next((k.value for k in node.keywords if k.arg == "key"), None)
        return text_of(first or keyword), False
    return None, False


def _os_names(tree: ast.Module) -> dict[str, str]:
    """Local name -> what it stands for: `os`, `os.environ` or `os.getenv`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(a.asname or a.name): a.name for a in node.names if a.name == "os"}
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and not node.level:
            names |= {(a.asname or a.name): f"os.{a.name}" for a in node.names}
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return ""
