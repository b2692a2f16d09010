"""How a check is shown: as text for people (80 columns, the most important line last), as JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from specs.bodies import CheckResult
from specs.findings import Finding
from specs.quota import LedgerLine

COLUMNS = 80
_COLOURS = {"error": "\033[1;31m", "warning": "\033[1;33m", "good": "\033[1;32m"}
_PLAIN = "\033[0m"
_LABEL = 9
"""Columns of `warning` and two spaces."""


def as_json(result: CheckResult) -> str:
    """The JSON of `python -m specs check --json`."""
    data = {
        "findings": [finding.as_dict() for finding in result.findings],
        "documents": [
            {"file": document.file, "kind": document.kind, "body": document.body}
            for document in result.documents
        ],
        "flows": [flow.as_dict() for flow in result.flows],
    }
    return json.dumps(data, indent=2, ensure_ascii=False, default=str)


def as_text(result: CheckResult, *, what: str, colour: bool) -> str:
    """Text for people. `what`: what was checked, `stack local` or `2 files`.

    Warnings first, then errors, and last the sum, so that nobody has to scroll back.
    """
    lines: list[str] = []
    for finding, more in _folded(sorted(result.findings, key=_urgency)):
        lines += _finding(finding, more, colour=colour)
    notes: dict[str, list[str]] = {}
    for name, sentence in result.notes:
        notes.setdefault(sentence, []).append(name)
    for sentence, names in notes.items():
        lines += _wrapped(f"{_and_more(names[0], len(names) - 1)}  {sentence}", "", label="note")
    lines += _wrapped(_summary(result, what), "", label="check")
    lines.append(_verdict(result, colour=colour))
    return "\n".join(lines)


def _urgency(finding: Finding) -> tuple[bool, str, int, str]:
    _, *place = finding.sort_key()
    return (finding.severity == "error", *place)  # type: ignore[return-value]


def _folded(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """One file can make many deployments: what is said of one line is said once."""
    places: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        place = (finding.id, finding.file, finding.line, finding.message, finding.fix)
        places.setdefault(place, []).append(finding)
    for same in places.values():
        yield same[0], len({finding.subject for finding in same}) - 1


def _and_more(name: str, more: int) -> str:
    return f"{name} and {more} more" if more else name


def _finding(finding: Finding, more: int, *, colour: bool) -> Iterator[str]:
    place = finding.file or finding.subject
    if finding.file and finding.line:
        place = f"{finding.file}:{finding.line}"
    about = "" if finding.subject in ("", place) else f"{_and_more(finding.subject, more)}: "
    head, *rest = _wrapped(
        f"{place}  {about}{finding.message} ({finding.id}).", "", label=finding.severity
    )
    mark = _COLOURS[finding.severity]
    yield head.replace(finding.severity, f"{mark}{finding.severity}{_PLAIN}", 1) if colour else head
    yield from rest
    if finding.fix:
        yield from _wrapped(finding.fix, " " * _LABEL)


def _wrapped(text: str, indent: str, *, label: str = "") -> list[str]:
    """Lines of at most 80 columns; words as paths and commands are never cut."""
    shown = re.sub(r"  +", "\u00a0\u00a0", text)
    lines = textwrap.wrap(
        shown,
        COLUMNS,
        initial_indent=label.ljust(_LABEL) if label else indent,
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\u00a0", " ").rstrip() for line in lines]


def _summary(result: CheckResult, what: str) -> str:
    kinds = Counter(document.kind.removeprefix("online-") for document in result.documents)
    if result.flows:
        kinds["flow"] = len(result.flows)
    counted = ", ".join(counts(number, kind) for kind, number in kinds.items())
    cores = [_cores(line) for line in result.quota]
    worst = f"{', '.join(cores)} at the worst step of the rollout" if cores else ""
    return f"{what}: {'; '.join(part for part in (counted, worst) if part) or 'nothing to deploy'}"


def _cores(line: LedgerLine) -> str:
    family = re.sub(r"^standard\s*|\s*Family$", "", line.family, flags=re.IGNORECASE)
    limit = f" of {line.limit}" if line.limit is not None else ""
    return f"{line.total}{limit} {family} cores"


def _verdict(result: CheckResult, *, colour: bool) -> str:
    severities = Counter(finding.severity for finding in result.findings)
    errors, warnings = severities["error"], severities["warning"]
    said = [counts(errors, "error")] if errors else []
    said += [counts(warnings, "warning")] if warnings else []
    if errors:
        label, rest = "error", f"{' and '.join(said)}: nothing would be created"
    elif warnings:
        label, rest = "warning", f"{said[0]}, no error"
    else:
        label, rest = "good", "nothing to complain about"
    word = label.ljust(_LABEL) if label != "good" else "good".ljust(_LABEL)
    return f"{_COLOURS[label]}{word}{_PLAIN}{rest}" if colour else f"{word}{rest}"


def counts(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def rules_text(rows: Sequence[tuple[str, str, str]]) -> str:
    """A list of (id, severity, title) for people."""
    lines: list[str] = []
    for rule_id, severity, title in rows:
        lines += [f"{severity.ljust(_LABEL)}{rule_id}", *_wrapped(title, " " * _LABEL)]
    return "\n".join(lines)
