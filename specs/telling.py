"""Findings as people read them: where, what and why, what to do; said once for all it is true of.

Used by `python -m specs check`, by `make` and by the program itself (warnings and errors of a
preview). JSON has every finding by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from specs.findings import Finding

MOST_PLACES = 6
"""Places of a warning that are listed with file and line; of an error all are."""
MOST_NAMES = 60


def messages(findings: Iterable[Finding]) -> list[str]:
    """One text of two or three lines for all findings that differ only in their place."""
    return [told(group) for group in groups(findings)]


def groups(findings: Iterable[Finding]) -> list[tuple[Finding, ...]]:
    """Findings that say the same of several places, each group where its first one stood."""
    same: dict[tuple[str, ...], list[Finding]] = {}
    for finding in map(_printable, findings):
        key = (finding.severity, finding.id, finding.message, finding.fix)
        same.setdefault(key, []).append(finding)
    return [tuple(group) for group in same.values()]


def _printable(finding: Finding) -> Finding:
    """Control characters of what users wrote as escapes: they would steer the terminal."""
    subject, message, fix = map(_escaped, (finding.subject, finding.message, finding.fix))
    file = _escaped(finding.file) if finding.file else None
    return replace(finding, subject=subject, message=message, fix=fix, file=file)


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def told(group: Sequence[Finding]) -> str:
    """A group's text: what, on the next line what to do, and for several places where."""
    first = group[0]
    said = f"{first.message} ({first.id})."
    if len({(finding.place, finding.subject) for finding in group}) > 1:
        lines = [said, first.fix, _everywhere(group)]
    else:
        about = "" if first.subject in ("", first.place, first.file) else f"{first.subject}: "
        place = "" if said.startswith(first.place) else f"{first.place}  "
        lines = [f"{place}{about}{said}", first.fix]
    return "\n".join(line for line in lines if line)


def _everywhere(group: Sequence[Finding]) -> str:
    """`in 2 places: deployment blue of chat (deploy/blue.yml:6), …`."""
    subjects: dict[str, list[str]] = {}
    for finding in group:
        subjects.setdefault(finding.place, []).append(finding.subject)
    if group[0].severity == "error" or len(subjects) <= MOST_PLACES:
        places = [_at(place, names) for place, names in subjects.items()]
        return f"At {', '.join(places)}."
    names = list(dict.fromkeys(finding.subject for finding in group))
    noun = "places"
    if all(name.startswith("deployment ") for name in names):
        noun, names = "deployments", [name.removeprefix("deployment ") for name in names]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{len(names)} {noun}: {', '.join(names[:MOST_NAMES])}{more}."


def _at(place: str, subjects: Sequence[str]) -> str:
    first, *more = dict.fromkeys(subjects)
    if first in ("", place) or place.startswith(f"{first}:"):
        return place
    return f"{place} ({first}{f' and {len(more)} more' if more else ''})"
