"""The documentation page of the rule book, docs/rules.md, made from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from specs.rules.book import Entry
from specs.rules.catalogue import ENTRIES

_HEAD = """\
# The rule book

Everything that `pulumi preview`, `pulumi up` and `make check` can complain about. Made by
`python -m specs rules --markdown`; a test fails when it is not up to date.

All findings come in one go, each with file and line. One error stops everything before the first
resource; warnings stop nothing. What nobody is sure of is never an error.

## Silencing a rule

In the stack's file, by id and with a reason:

```yaml
config:
  flow-endpoints:silence:
    image-floating: the registry forbids moving tags
    instances-few: a demo, nobody waits for it
```

Warnings can be silenced, and so can those errors of the rule book that leave something to deploy:
you may know better than this page, but Azure has the last word and may still refuse, minutes
later. Rules marked † cannot be silenced, since what they report leaves nothing to deploy. A
silence without reason, or of a rule that does not exist, is itself a finding.
"""


def markdown() -> str:
    """The whole page."""
    return "\n".join((_HEAD, *_sections()))


def _sections() -> Iterator[str]:
    for section, entries in groupby(ENTRIES.values(), key=lambda entry: entry.section):
        yield f"## {section}\n"
        yield "| id | severity | what must hold | source |\n|---|---|---|---|"
        yield from (_row(entry) for entry in entries)
        yield ""


def _row(entry: Entry) -> str:
    mark = "" if entry.silenceable else " †"
    cells = (f"`{entry.id}`{mark}", entry.severity, entry.title, entry.source)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
