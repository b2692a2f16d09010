"""The fields of a document as they were written.

Rules read what the user wrote (after `set`), not the typed documents: a file with one wrong field
still gets all its other findings, and each finding knows its line. Fields of a wrong type count
as absent here: the documents report those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from specs.documents import Document
from specs.tree import Block, Items, Place


@dataclass(frozen=True)
class Part:
    """A document, or a mapping inside one."""

    document: Document
    keys: tuple[str, ...] = ()

    def get(self, *keys: str) -> object:
        """The value as written, None where there is none."""
        return self.document.get(*self.keys, *keys)

    def place(self, *keys: str | int) -> Place:
        """Where it stands; the nearest enclosing field for one that was not written."""
        return self.document.place(*self.keys, *keys)

    def text(self, *keys: str) -> str | None:
        """Text of a scalar; None for anything else and for empty text."""
        value = self.get(*keys)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return str(value).strip() or None

    def number(self, *keys: str) -> int | None:
        """A whole number, also one in quotes, as azure-ai-ml reads it."""
        value = self.get(*keys)
        if isinstance(value, str) and re.fullmatch(r"\s*[-+]?[0-9]{1,18}\s*", value):
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, *keys: str) -> bool:
        """True when it says so."""
        return self.get(*keys) is True or (self.text(*keys) or "").lower() in ("true", "enabled")

    def has(self, *keys: str) -> bool:
        """Whether anything but null was written."""
        return self.get(*keys) is not None

    def block(self, *keys: str) -> Mapping[str, object]:
        """A mapping, empty for anything else."""
        value = self.get(*keys)
        return cast(Mapping[str, object], value) if isinstance(value, Block) else {}

    def items(self, *keys: str) -> list[object]:
        """A list, empty for anything else."""
        value = self.get(*keys)
        return list(value) if isinstance(value, Items) else []

    def texts(self, *keys: str) -> dict[str, str]:
        """A mapping of texts as it goes over the wire: `True` for true, `8` for 8."""
        return {
            key: str(value)
            for key, value in self.block(*keys).items()
            if isinstance(value, str | int | float)
        }

    def part(self, *keys: str) -> Part:
        """A mapping inside this one."""
        return Part(self.document, (*self.keys, *keys))
