"""Every id that a finding can have: the rules, and what the readers of files report.

The documentation page, the silences and the tests all go by this list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specs.findings import Severity
from specs.rules import (
    capacity,
    chapters,
    environments,
    flows,
    identity,
    keys,
    monitoring,
    naming,
    requests,
    retirement,
    splitting,
    variables,
)
from specs.rules.book import Entry
from specs.rules.readers import DOCUMENT_ENTRIES, FLOW_ENTRIES

RULE_FILES = (
    *(naming, identity, requests, capacity, variables, flows),
    *(environments, monitoring, keys, splitting, retirement),
)
"""Importing them fills the chapters; in the order of the documentation."""

_SILENCES: tuple[tuple[str, Severity, str], ...] = (
    ("silence-unknown", "warning", "A silence names a rule that exists."),
    ("silence-reason", "error", "A silence says why."),
    ("silence-refused", "error", "Only rules that leave something to deploy can be silenced."),
)

_SURVEY: tuple[tuple[str, Severity, str], ...] = (
    ("azure-unread", "warning", "Azure could be read before the plan was made."),
    ("workspace-missing", "error", "The workspace exists."),
    ("identity-unknown", "error", "A user-assigned identity that an endpoint names exists."),
    ("version-missing", "error", "What `@latest` names has a version."),
    ("connection-missing", "error", "The workspace has the connections that flows use."),
    (
        "registry-missing",
        "warning",
        "There is a registry for a user-assigned identity to pull from.",
    ),
    ("openai-account-unknown", "warning", "A connection without a key tells its account."),
    ("endpoint-replaced", "warning", "An endpoint is changed in place; production: an error."),
)
"""What the program finds by looking at Azure, in previews and updates only."""


_NEEDED = frozenset({"workspace-missing", "identity-unknown", "version-missing"})
"""Of these: without what they miss, there is nothing to deploy."""


def _rules() -> Iterator[Entry]:
    order = [file.__name__ for file in RULE_FILES]
    for chapter in (
        chapters.ENDPOINT,
        chapters.DEPLOYMENT,
        chapters.MODEL,
        chapters.ENVIRONMENT,
        chapters.CONNECTION,
        chapters.SERVICE,
        chapters.STACK,
    ):
        written = sorted(chapter.rules, key=lambda rule: order.index(rule.look.__module__))
        yield from (rule.entry for rule in written)


def _others(
    rows: tuple[tuple[str, Severity, str], ...], section: str, *, silenceable: bool
) -> Iterator[Entry]:
    for rule_id, severity, title in rows:
        yield Entry(
            id=rule_id,
            severity=severity,
            title=title,
            source="this project",
            section=section,
            silenceable=silenceable and rule_id not in _NEEDED,
        )


def _entries() -> Iterator[Entry]:
    yield from _rules()
    yield from _others(_SILENCES, "Silences", silenceable=False)
    yield from _others(_SURVEY, "The survey of the workspace", silenceable=True)
    yield from DOCUMENT_ENTRIES
    yield from FLOW_ENTRIES


RULES: Mapping[str, Entry] = {entry.id: entry for entry in _rules()}
"""The rule book's own rules."""
ENTRIES: Mapping[str, Entry] = {entry.id: entry for entry in _entries()}
"""All ids, in the order of the documentation."""
