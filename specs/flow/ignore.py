"""What .amlignore and .gitignore leave out of an upload, as azure-ai-ml reads them.

azure-ai-ml 1.35 takes the one file in the uploaded folder's root (.amlignore before .gitignore)
and matches files only, so a folder's pattern reaches the files below it and a later `!` can bring
one of them back. Patterns are Git's, with blanks at both ends dropped.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

IGNORE_FILES = (".amlignore", ".gitignore")
"""In the order of precedence; a second one has no effect."""


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    leaves_out: bool


class IgnoreRules:
    """The lines of an ignore file."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._rules = [rule for rule in map(_rule, lines) if rule is not None]

    def leave_out(self, path: str) -> bool:
        """Whether a file stays behind. `path`: posix, relative to the folder of the rules."""
        left_out = False
        for rule in self._rules:
            if rule.pattern.match(path):
                left_out = rule.leaves_out
        return left_out


def _rule(line: str) -> _Rule | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    leaves_out = not text.startswith("!")
    regex = _regex(text if leaves_out else text[1:])
    if regex is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # `[--x]`: set syntax to come
            return _Rule(re.compile(regex, re.DOTALL), leaves_out)
    except re.error:  # `[z-a]`: no such range
        return None


def _regex(pattern: str) -> str | None:
    """None for a pattern that matches nothing, or is none (`/`, a lone backslash at the end)."""
    if pattern in ("", "/"):
        return None
    parts = _without_repeated_stars(pattern.split("/"))
    folder_only = len(parts) > 1 and parts[-1] == ""
    if folder_only:
        parts.pop()
    if parts == ["**"]:
        return r".+/.*\Z" if folder_only else r".+\Z"
    if parts[0] == "":
        parts.pop(0)  # a leading slash ties the pattern to the root
    elif len(parts) == 1:
        parts.insert(0, "**")  # a bare name matches at any depth
    if not parts:
        return None
    if parts == ["**"] and folder_only:
        return r"(?:.+/)?/.*\Z"  # `/**/` asks for an empty name, so it matches nothing
    body = _joined(parts)
    if body is None:
        return None
    if parts[-1] == "**":
        return body + r"\Z"
    return body + (r"/.*\Z" if folder_only else r"(?:/.*)?\Z")


def _without_repeated_stars(parts: list[str]) -> list[str]:
    return [part for i, part in enumerate(parts) if part != "**" or i == 0 or parts[i - 1] != "**"]


def _joined(parts: list[str]) -> str | None:
    """The parts of a path with `**` for any number of folders between them."""
    regex = ""
    slash = False
    for i, part in enumerate(parts):
        if part == "**":
            if i == len(parts) - 1:
                regex += "/.*" if i else ".+"
            else:
                regex += "(?:/.+)?" if i else "(?:.+/)?"
                slash = i > 0
            continue
        translated = _segment(part)
        if translated is None:
            return None
        regex += ("/" if slash else "") + translated
        slash = True
    return regex


def _segment(glob: str) -> str | None:
    """One part between slashes; None where a backslash escapes nothing."""
    if glob == "*":
        return "[^/]+"
    regex = ""
    at = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "\\":
            if at == len(glob):
                return None
            regex += re.escape(glob[at])
            at += 1
        elif char == "*":
            regex += "[^/]*"
        elif char == "?":
            regex += "[^/]"
        elif char == "[" and (end := _class_end(glob, at)) is not None:
            regex += _class(glob[at:end])
            at = end + 1
        else:
            regex += re.escape(char)
    return regex


def _class_end(glob: str, start: int) -> int | None:
    """Index of the `]` that closes a character class; one right at its start is a member."""
    at = start + (glob[start : start + 1] == "!")
    at += glob[at : at + 1] == "]"
    end = glob.find("]", at)
    return None if end < 0 else end


def _class(members: str) -> str:
    negated = members.startswith("!")
    body = "".join(c if c == "-" else re.escape(c) for c in members[negated:])
    return f"[{'^' if negated else ''}{body}]"
