"""ISO 8601 durations, as ARM sends times."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"^P(?:(?P<D>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<H>\d+(?:\.\d+)?)H)?(?:(?P<M>\d+(?:\.\d+)?)M)?(?:(?P<S>\d+(?:\.\d+)?)S)?)?$"
)
_SECONDS = {"D": 86400.0, "H": 3600.0, "M": 60.0, "S": 1.0}


def seconds(value: str) -> float | None:
    """`PT1M30S` -> 90.0; None for what is no duration."""
    match = _DURATION.fullmatch(value)
    if match is None or not any(match.groups()):
        return None
    return sum(float(held) * _SECONDS[part] for part, held in match.groupdict().items() if held)
