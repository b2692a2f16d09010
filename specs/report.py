"""How a check is shown: as text for people (80 columns, the most important line last), as JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from specs.bodies import CheckResult
from specs.findings import Finding
from specs.quota import LedgerLine
from specs.telling import groups, told

COLUMNS = 80
_COLOURS = {"error": "\033[1;31m", "warning": "\033[1;33m", "check": "\033[1m"}
_PLAIN = "\033[0m"
_LABEL = 10
"""Columns of the label, as in everything that `make` says."""


def as_json(result: CheckResult) -> str:
    """The JSON of `python -m specs check --json`, in ASCII: file names may be no Unicode."""
    data = {
        "findings": [finding.as_dict() for finding in result.findings],
        "documents": [
            {"file": document.file, "kind": document.kind, "body": document.body}
            for document in result.documents
        ],
        "flows": [flow.as_dict() for flow in result.flows],
    }
    return json.dumps(data, indent=2, default=str)


def as_text(result: CheckResult, *, what: str, colour: bool) -> str:
    """Text for people. `what`: what was checked, `stack local` or `2 files`.

    Warnings first, then errors, and last the sum, so that nobody has to scroll back.
    """
    lines: list[str] = []
    for group in groups(sorted(result.findings, key=_urgency)):
        lines += _labelled(group[0].severity, told(group), colour=colour)
    notes: dict[str, list[str]] = {}
    for name, sentence in result.notes:
        notes.setdefault(sentence, []).append(name)
    for sentence, names in notes.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines += _labelled("note", f"{names[0]}{more}  {sentence}", colour=colour)
    lines += _labelled("check", _summary(result, what), colour=colour)
    errors, warnings = _numbers(result)
    if errors:
        also = f" and {counts(warnings, 'warning')}" if warnings else ""
        text = f"{counts(errors, 'error')}{also}: nothing would be created"
        lines += _labelled("error", text, colour=colour)
    return "\n".join(lines)


def _urgency(finding: Finding) -> tuple[bool, str, int, str]:
    _, *place = finding.sort_key()
    return (finding.severity == "error", *place)  # type: ignore[return-value]


def _labelled(label: str, text: str, *, colour: bool) -> Iterator[str]:
    """A text under a label of the first column, its lines wrapped each by itself."""
    paragraphs = text.split("\n")
    lines = [line for paragraph in paragraphs for line in _wrapped(paragraph, " " * _LABEL)]
    mark = _COLOURS.get(label) if colour else None
    head = f"{mark}{label}{_PLAIN}" if mark else label
    yield f"{head}{' ' * (_LABEL - len(label))}{lines[0].lstrip()}"
    yield from lines[1:]


def _wrapped(text: str, indent: str) -> list[str]:
    """Lines of at most 80 columns; words as paths and commands are never cut."""
    shown = re.sub(r"  +", "\u00a0\u00a0", text)
    lines = textwrap.wrap(
        shown,
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\u00a0", " ").rstrip() for line in lines] or [""]


def _summary(result: CheckResult, what: str) -> str:
    kinds = Counter(document.kind.removeprefix("online-") for document in result.documents)
    if result.flows:
        kinds["flow"] = len(result.flows)
    counted = ", ".join(counts(number, kind) for kind, number in kinds.items())
    cores = [_cores(line) for line in result.quota]
    worst = f"{', '.join(cores)} at the worst step of the rollout" if cores else ""
    errors, warnings = _numbers(result)
    verdict = "" if errors else (counts(warnings, "warning") if warnings else "all is well")
    parts = (counted or "nothing to deploy", worst, verdict)
    return f"{what}: {'; '.join(part for part in parts if part)}"


def _numbers(result: CheckResult) -> tuple[int, int]:
    """Errors and warnings, each counted once for all that it is said of."""
    severities = Counter(group[0].severity for group in groups(result.findings))
    return severities["error"], severities["warning"]


def _cores(line: LedgerLine) -> str:
    family = re.sub(r"^standard\s*|\s*Family$", "", line.family, flags=re.IGNORECASE)
    limit = f" of {line.limit}" if line.limit is not None else ""
    return f"{line.total}{limit} {family} cores"


def counts(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def rules_text(rows: Sequence[tuple[str, str, str]]) -> str:
    """A list of (id, severity, title) for people."""
    lines: list[str] = []
    for rule_id, severity, title in rows:
        lines += [f"{severity.ljust(_LABEL)}{rule_id}", *_wrapped(title, " " * _LABEL)]
    return "\n".join(lines)
