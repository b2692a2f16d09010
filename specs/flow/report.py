"""Collects the findings of one flow folder, with the paths that users see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from specs.documents import Findings, shown
from specs.tree import Place


@dataclass(kw_only=True)
class Report(Findings):
    """Findings about one flow."""

    project: Path
    """What file names in findings are relative to; absolute."""

    def shown(self, path: Path) -> str:
        """A path for people."""
        return shown(path, self.project)

    def place(self, path: Path, line: int | None = None) -> Place:
        """A place in a file of the flow."""
        return Place(self.shown(path), line)

    def error(self, rule: str, at: Place, message: str, fix: str) -> None:
        """The flow cannot be uploaded, or its process would not start."""
        self.add(rule, message, fix=fix, at=at)

    def warning(self, rule: str, at: Place, message: str, fix: str) -> None:
        """It will hurt, or cannot be told from here."""
        self.add(rule, message, fix=fix, at=at, severity="warning")
