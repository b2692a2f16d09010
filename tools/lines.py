"""What a terminal shows: one line a thing, its name in the first column.

Text is wrapped at the window's width, never above 80 columns; commands are never wrapped, so
that they can be copied. Colours only on a terminal, and not under NO_COLOR.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from typing import TextIO

COLUMN = 10
"""Width of the first column."""
_GLUE = "\N{NO-BREAK SPACE}"
_CODES = {"error": "31;1", "warning": "33;1", "": "1"}


class Lines:
    """Writes lines to one stream."""

    def __init__(self, stream: TextIO | None = None, *, width: int | None = None) -> None:
        self.stream = stream or sys.stdout
        if reconfigure := getattr(self.stream, "reconfigure", None):
            # A terminal that is not UTF-8 shows a question mark, and no traceback.
            reconfigure(errors="replace")
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        """Whether a line can be written over."""
        self._colours = self.live and not os.environ.get("NO_COLOR")
        self._width = width or min(80, shutil.get_terminal_size().columns)
        self._passing = False

    def say(self, label: str, text: str, *, kind: str = "") -> None:
        """One thing. Lines of `text` after the first are kept, indented under the first; those
        that are indented by four already (commands, logs) are not wrapped."""
        self._clear()
        first, *rest = text.splitlines() or [""]
        body = [*wrapped(first, self._width - COLUMN)]
        for line in rest:
            verbatim = line.startswith("    ")
            body.extend([line] if verbatim else wrapped(line, self._width - COLUMN))
        self._write(f"{self._coloured(_first_column(label), kind)}{body[0]}")
        for line in body[1:]:
            self._write(f"{'':{COLUMN}}{line}".rstrip())

    def raw(self, label: str, text: str) -> None:
        """One thing that is to be copied or read as it stands."""
        self._clear()
        self._write(f"{self._coloured(_first_column(label), '')}{text}")

    def passing(self, label: str, text: str) -> None:
        """A line for the moment, on terminals only: the next one takes its place."""
        if not self.live:
            return
        line = f"{_first_column(label)}{text}"[: self._width - 1]
        self.stream.write(f"\r\x1b[K{line}")
        self.stream.flush()
        self._passing = True

    def _clear(self) -> None:
        if self._passing:
            self.stream.write("\r\x1b[K")
            self._passing = False

    def _coloured(self, text: str, kind: str) -> str:
        return f"\x1b[{_CODES[kind]}m{text}\x1b[0m" if self._colours else text

    def _write(self, line: str) -> None:
        self.stream.write(line + "\n")
        self.stream.flush()


def _first_column(label: str) -> str:
    return f"{label:<{COLUMN - 1}} "


def listed(parts: Iterable[str], separator: str = " · ") -> str:
    """Parts in a row, to be broken between them and not inside."""
    glued = separator.replace(" ", _GLUE, 1)
    return glued.join(part.replace(" ", _GLUE) if len(part) < 60 else part for part in parts)


def wrapped(line: str, width: int) -> list[str]:
    """A line's parts of at most `width` characters, broken at spaces, indented as it is."""
    indent = line[: len(line) - len(line.lstrip())]
    parts = textwrap.wrap(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
    return [part.replace(_GLUE, " ").rstrip() for part in parts] or [""]


def duration(seconds: float) -> str:
    """`41 ms`, `6 s`, `4 min 9 s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
