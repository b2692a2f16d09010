"""A finding: one thing that is wrong, or will hurt, in what a user wrote."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding, with all that a person or an editor needs to act on it."""

    id: str
    """The rule's id, kebab-case: `name-illegal`, `timeout-needs-flow-property`."""
    severity: Severity
    subject: str
    """What it is about, as the user calls it: `deployment blue of basic-chat`."""
    message: str
    """What is wrong and why."""
    fix: str
    """What to do next."""
    file: str | None = None
    """Path relative to the project, absolute outside of it; with forward slashes."""
    line: int | None = None
    """1-based."""

    @property
    def place(self) -> str:
        """`deploy/blue.yml:6`; without a line the file, without a file the subject."""
        if self.file is None:
            return self.subject
        return f"{self.file}:{self.line}" if self.line else self.file

    def as_dict(self) -> dict[str, str | int | None]:
        """The JSON form of `python -m specs check --json`."""
        return asdict(self)

    def sort_key(self) -> tuple[bool, str, int, str]:
        """Errors first, then by place."""
        return (self.severity != "error", self.file or "", self.line or 0, self.id)
