"""Durations as ARM wants them: ISO 8601, written as azure-ai-ml writes them."""

from __future__ import annotations

from datetime import timedelta


def iso_seconds(seconds: int | None) -> str | None:
    """`PT10S` for 10. None for None and for 0, which azure-ai-ml does not send either."""
    return _iso(timedelta(seconds=seconds)) if seconds else None


def iso_milliseconds(milliseconds: int | None) -> str | None:
    """`PT5M` for 300000, `PT0.5S` for 500. None for None and for 0."""
    return _iso(timedelta(milliseconds=milliseconds)) if milliseconds else None


def _iso(duration: timedelta) -> str:
    sign, duration = ("-", -duration) if duration < timedelta() else ("", duration)
    days, rest = duration.days, duration.seconds
    hours, minutes, seconds = rest // 3600, rest // 60 % 60, rest % 60
    fraction = f".{duration.microseconds:06d}".rstrip("0") if duration.microseconds else ""
    clock = f"{hours}H" if hours else ""
    clock += f"{minutes}M" if minutes else ""
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    return f"{sign}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"
