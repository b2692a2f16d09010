"""Ignore rules, with the matcher inside azure-ai-ml as the judge."""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.flow.ignore import IgnoreRules


def _judge() -> Callable[[list[str], str], bool | None]:
    """azure-ai-ml's own rule, from its one file: the package takes seconds to import."""
    import azure

    place = next(
        file
        for folder in azure.__path__
        if (file := Path(folder, "ai/ml/_utils/_pathspec.py")).is_file()
    )
    spec = importlib.util.spec_from_file_location("azure_pathspec", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)

    def leaves_out(lines: list[str], path: str) -> bool | None:
        left_out = False
        for line in lines:
            try:
                pattern = module.GitWildMatchPattern(line.rstrip())
            except (ValueError, re.error, IndexError):
                return None  # azure-ai-ml ends with a traceback here
            if pattern.include is not None and pattern.match_file(path) is not None:
                left_out = pattern.include
        return left_out

    return leaves_out


JUDGE = _judge()
PARTS = st.sampled_from(
    ["a", "b", "ab", "a.py", "*", "**", "*.py", "?", "[ab]", "[!a]b", "a*", "", ".x", "\\*", "[]a]"]
)
PATTERNS = st.lists(PARTS, min_size=1, max_size=4).map("/".join) | st.lists(
    PARTS, min_size=1, max_size=3
).map(lambda parts: "!" + "/".join(parts))
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "a.py", ".x", "*"]), min_size=1, max_size=4).map(
    "/".join
)


@given(st.lists(PATTERNS, max_size=4), PATHS)
def test_rules_agree_with_azure_ai_ml(lines: list[str], path: str) -> None:
    expected = JUDGE(lines, path)
    if expected is not None:
        assert IgnoreRules(lines).leave_out(path) == expected


@given(st.lists(st.text("ab/*?![]-^\\#. ", max_size=8), max_size=3), PATHS)
def test_any_line_is_taken(lines: list[str], path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the judge
        expected = JUDGE(lines, path)
    found = IgnoreRules(lines).leave_out(path)
    assert expected is None or found == expected


@pytest.mark.parametrize(
    ("line", "path", "left_out"),
    [
        ("data", "deep/data/x.csv", True),
        ("data/", "data/x.csv", True),
        ("data/", "data", False),
        ("/data", "deep/data", False),
        ("/**/", "a", False),
        ("/**/", "a/b", False),
        ("a/**/z", "a/b/c/z", True),
        ("# data", "# data", False),
        ("  data  ", "data", True),
    ],
)
def test_some_of_them_by_hand(line: str, path: str, left_out: bool) -> None:
    assert IgnoreRules([line]).leave_out(path) is left_out
