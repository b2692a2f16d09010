"""Every id that any reader reports is in the documentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from specs.rules.catalogue import ENTRIES

SPECS = Path(__file__).parents[2] / "specs"
REPORTING = {"add", "error", "warning", "Fault", "refuse", "_refused", "_unusable"}


def reported_ids() -> Iterator[tuple[str, str]]:
    for file in (*SPECS.glob("*.py"), *(SPECS / "flow").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in REPORTING:
                values = [*node.args, *(keyword.value for keyword in node.keywords)]
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield file.name, value.value


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_all_ids_are_in_the_catalogue() -> None:
    ids = [(file, text) for file, text in reported_ids() if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)]
    assert len(ids) > 50
    assert [pair for pair in ids if pair[1] not in ENTRIES] == []
