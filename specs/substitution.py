"""`${NAME}` in a connection's document: a value that comes from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"^\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)\}$")


def from_environment(value: str, environment: Mapping[str, str]) -> str:
    """`${NAME}` or `${env:NAME}` from the environment; other text as it is."""
    match = _VARIABLE.match(value)
    return environment.get(match.group(1), value) if match else value


def variable_of(value: str) -> str | None:
    """Name of the environment variable that a value refers to, None for other text."""
    match = _VARIABLE.match(value)
    return match.group(1) if match else None
