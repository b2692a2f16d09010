"""Counted minutes on disk: a file of lines that is appended to, the last line of a minute counts.

A kill may lose what was counted since the last `write`, and tear the last line: what cannot be
read is left out. The file never stops anybody: without it, metrics begin anew.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from local_azure.arm.shape import JsonObject, JsonValue, items, number, parse_object, section, text
from local_azure.serving.counters import Gauge, Minute, Sampled
from local_azure.world import write_private

LOG = logging.getLogger("local_azure")
_DAY = 24 * 3600
_SMALL = 2_000_000
"""Bytes up to which old lines may lie among the current ones."""
_VALUES = ', "v": '


class MetricFile:
    """`metrics.jsonl` of a home. All methods belong to one event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[str] = []
        self._compacting: asyncio.Task[None] | None = None
        self._limit = _SMALL

    def read(self, known: Callable[[str], bool]) -> dict[str, list[Minute]]:
        """ARM id -> the minutes of the last day, in order, of what is still `known`; everything
        else is dropped from the file too."""
        found: dict[str, dict[int, Minute]] = {}
        for line in _current(self._lines()):
            try:
                held = parse_object(line)
                minute = _decoded(int(number(held, "at")), section(held, "v"))
            except (ValueError, OverflowError, RecursionError):
                continue
            arm_id = text(held, "of")
            if held is not None and known(arm_id):
                found.setdefault(arm_id, {})[minute.start] = minute
        minutes = {arm_id: [held[at] for at in sorted(held)] for arm_id, held in found.items()}
        if self._path.exists():
            self._replace(_encoded(arm_id, one) for arm_id, all_ in minutes.items() for one in all_)
        return minutes

    def write(self, minutes: Iterable[tuple[str, Minute]]) -> None:
        """Append the present state of minutes, by ARM id."""
        self._waiting += [_encoded(arm_id, minute) for arm_id, minute in minutes]
        self._append()

    def forget(self, arm_id: str) -> None:
        """What was written of it counts no more."""
        self._waiting.append(f'{{"of": {json.dumps(arm_id.lower())}, "gone": true}}\n')
        self._append()

    async def close(self) -> None:
        """Finish what is under way, and write what waited for it."""
        while self._compacting is not None:
            await self._compacting
            self._append()

    def _append(self) -> None:
        if not self._waiting or self._compacting is not None:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(self._waiting)
                size = file.tell()
        except OSError as error:
            LOG.warning("metrics cannot be kept: %s", error)
            size = 0
        self._waiting.clear()
        if size > self._limit:
            self._compacting = asyncio.create_task(self._compact())

    async def _compact(self) -> None:
        """Drop what counts no more; whatever is to be written meanwhile waits."""
        try:
            await asyncio.to_thread(lambda: self._replace(_current(self._lines())))
        finally:
            self._compacting = None

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text("utf-8", errors="replace").splitlines(keepends=True)
        except OSError:
            return []

    def _replace(self, lines: Iterable[str]) -> None:
        content = "".join(lines)
        self._limit = _SMALL + 2 * len(content)
        try:
            write_private(self._path, content)
        except OSError as error:
            LOG.warning("metrics cannot be kept: %s", error)


def _current(lines: Iterable[str]) -> Iterator[str]:
    """The last line of each minute of the last day. Lines are compared, not decoded."""
    held: dict[str, dict[float, str]] = {}
    for line in lines:
        key, values, _ = line.partition(_VALUES)
        try:
            start = parse_object(f"{key}}}" if values else key)
        except RecursionError:
            continue
        if start is None or not text(start, "of"):
            continue
        minutes = held.setdefault(text(start, "of"), {})
        if "gone" in start:
            minutes.clear()
        elif number(start, "at") > time.time() - _DAY:
            minutes[number(start, "at")] = line
    for minutes in held.values():
        yield from minutes.values()


def _encoded(arm_id: str, minute: Minute) -> str:
    gauges: list[JsonValue] = [
        [key.metric, key.instance, key.state, held.count, held.total, held.low, held.high]
        for key, held in minute.gauges.items()
    ]
    values: JsonObject = {
        "statuses": _texts(minute.statuses),
        "model": _texts(minute.model_statuses),
        "latencies": _texts(minute.latencies),
        "ms": minute.total_ms,
        "gauges": gauges,
    }
    head = f'{{"of": {json.dumps(arm_id.lower())}, "at": {minute.start}'
    return f"{head}{_VALUES}{json.dumps(values, separators=(',', ':'))}}}\n"


def _decoded(start: int, values: JsonObject) -> Minute:
    minute = Minute(
        start=start,
        statuses=_counter(values, "statuses"),
        model_statuses=_counter(values, "model"),
        latencies=_counter(values, "latencies"),
        total_ms=number(values, "ms"),
    )
    for one in items(values, "gauges"):
        if isinstance(one, list) and len(one) == 7:
            metric, instance, state, *samples = one
            key = Sampled(metric=str(metric), instance=str(instance), state=str(state))
            count, total, low, high = (number(sample) for sample in samples)
            minute.gauges[key] = Gauge(count=int(count), total=total, low=low, high=high)
    return minute


def _texts(counter: Counter[int]) -> JsonObject:
    return {str(key): held for key, held in counter.items()}


def _counter(values: JsonObject, name: str) -> Counter[int]:
    held = section(values, name)
    return Counter({int(key): int(number(n)) for key, n in held.items() if _is_number(key)})


def _is_number(key: str) -> bool:
    return key.removeprefix("-").isdecimal()
