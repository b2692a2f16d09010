"""The rule book's own mechanics: what a rule is, the list of all, silencing.

A rule is a function that yields `Problem`s about one subject; its id, severity and source stand
in the decorator, its docstring's first line is its title. What rules say stands in the files
beside this one, one subject each; this one knows no rule.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Generic, TypeVar

from specs.findings import Finding, Severity
from specs.tree import NOWHERE, Place

Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Problem:
    """What a rule saw, before the book adds id, severity and subject."""

    message: str
    """What is wrong and why."""
    fix: str
    """What to do next."""
    place: Place = NOWHERE
    subject: str | None = None
    """Where it is about something narrower than the rule's subject."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the documentation shows of a rule, whoever checks it."""

    id: str
    severity: Severity
    title: str
    """One sentence: what must hold."""
    source: str
    """Who says so, in words."""
    section: str
    """Chapter of the documentation."""
    silenceable: bool = True
    """False where going on is impossible: there is nothing to deploy then."""


@dataclass(frozen=True)
class Rule(Generic[Subject]):
    """One rule."""

    entry: Entry
    look: Callable[[Subject], Iterator[Problem]]

    def findings(self, subject: Subject, called: str) -> Iterator[Finding]:
        """All that this rule has to say about one subject, which the user calls `called`."""
        for problem in self.look(subject):
            yield Finding(
                id=self.entry.id,
                severity=self.entry.severity,
                subject=problem.subject or called,
                message=problem.message,
                fix=problem.fix,
                file=problem.place.file,
                line=problem.place.line,
            )


class Chapter(Generic[Subject]):
    """The rules about one kind of subject, in the order in which they were written."""

    def __init__(self, section: str) -> None:
        self.section = section
        self.rules: list[Rule[Subject]] = []

    def rule(
        self, rule_id: str, severity: Severity, *, source: str
    ) -> Callable[[Callable[[Subject], Iterator[Problem]]], Callable[[Subject], Iterator[Problem]]]:
        """Put the decorated function into the book."""

        def keep(
            look: Callable[[Subject], Iterator[Problem]],
        ) -> Callable[[Subject], Iterator[Problem]]:
            title = (getdoc(look) or "").partition("\n\n")[0].replace("\n", " ")
            entry = Entry(
                id=rule_id, severity=severity, title=title, source=source, section=self.section
            )
            self.rules.append(Rule(entry, look))
            return look

        return keep

    def findings(self, subject: Subject, called: str) -> Iterator[Finding]:
        """What all rules of the chapter have to say about one subject."""
        for rule in self.rules:
            yield from rule.findings(subject, called)


def silence(
    findings: Iterable[Finding],
    reasons: Mapping[str, str],
    *,
    entries: Mapping[str, Entry],
    place: Callable[[str], Place],
) -> Iterator[Finding]:
    """The findings without those silenced by id, plus one for each silence that cannot be kept.

    `reasons` is stack config `silence`: rule id -> why. `place` finds an id's line in it.
    """
    kept: set[str] = set()
    for rule_id, reason in reasons.items():
        complaint = _complaint(rule_id, reason, entries)
        if complaint is None:
            kept.add(rule_id)
            continue
        entry, message, fix = complaint
        where = place(rule_id)
        yield Finding(
            id=entry,
            severity=entries[entry].severity,
            subject="silence",
            message=message,
            fix=fix,
            file=where.file,
            line=where.line,
        )
    yield from (finding for finding in findings if finding.id not in kept)


def _complaint(
    rule_id: str, reason: str, entries: Mapping[str, Entry]
) -> tuple[str, str, str] | None:
    entry = entries.get(rule_id)
    if entry is None:
        nearest = difflib.get_close_matches(rule_id, entries, n=1)
        hint = f"Did you mean `{nearest[0]}`? " if nearest else ""
        message = f"there is no rule `{rule_id}` to silence"
        return "silence-unknown", message, f"{hint}`python -m specs rules` lists them all."
    if not entry.silenceable:
        message = f"`{rule_id}` cannot be silenced: without it there is nothing to deploy"
        return "silence-refused", message, "Correct what it reports, and remove the silence."
    if not reason.strip():
        message = f"`{rule_id}` is silenced without a reason, so it still counts"
        return "silence-reason", message, f"Say why:  {rule_id}: <reason>"
    return None
