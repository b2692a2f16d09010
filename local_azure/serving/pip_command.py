"""Reads a `pip install` command of a Dockerfile: which of its words matter here. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_PIP = re.compile(r"^(?:.*/)?pip[\d.]*$")
_PYTHON = re.compile(r"^(?:.*/)?python[\d.]*$")
_TOOLS = frozenset({"pip", "setuptools", "wheel"})
_FLAGS = frozenset({"-U", "--upgrade", "--pre", "--no-deps"})
_VALUES = frozenset(
    ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-binary", "--only-binary")
)
_FILES = {"-r": "-r", "--requirement": "-r", "-c": "-c", "--constraint": "-c"}
_DROPPED = frozenset({"--progress-bar", "--timeout", "--retries", "--trusted-host", "--cache-dir"})


def pip_install(words: Sequence[str]) -> list[str] | None:
    """What follows `pip install` (also `python -m pip`, `uv pip`, `conda run … pip`), options
    included; None when the command is something else."""
    for index, word in enumerate(words):
        tail = list(words[index + 1 :])
        if _PYTHON.match(word) and tail[:2] == ["-m", "pip"]:
            tail = tail[2:]
        elif not _PIP.match(word):
            continue
        while tail and tail[0].startswith("-"):
            tail = tail[1:]
        return tail[1:] if tail[:1] == ["install"] else None
    return None


def kept_arguments(words: Sequence[str], in_context: Callable[[str], str]) -> tuple[str, ...]:
    """The arguments that decide what is installed; empty when that is pip itself at most.

    `in_context`: a path inside the image -> the same file in the build context.
    """
    kept: list[str] = []
    wants = False
    queue = [part for word in words for part in _split_option(word)]
    while queue:
        word = queue.pop(0)
        value = queue.pop(0) if queue and word in {*_FILES, *_VALUES, *_DROPPED, "-e"} else ""
        if word in _FILES:
            kept += [_FILES[word], in_context(value)]
            wants = wants or _FILES[word] == "-r"
        elif word in _VALUES:
            kept += [word, value]
        elif word in _FLAGS:
            kept.append(word)
        elif word == "-e":  # an editable install would point into a folder that goes away
            kept.append(in_context(value or "."))
            wants = True
        elif not word.startswith("-"):
            kept.append(in_context(word) if word.startswith((".", "/")) else word)
            wants = wants or word not in _TOOLS
    return tuple(kept) if wants else ()


def _split_option(word: str) -> list[str]:
    if word == "--editable":
        return ["-e"]
    if word.startswith("--") and "=" in word:
        return word.split("=", 1)
    if re.match(r"^-[rc][^-]", word):  # -rrequirements.txt
        return [word[:2], word[2:]]
    return [word]
