"""What process groups use of the machine's processors and memory, between two looks."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psutil

_Process = tuple[int, float]
"""pid and start time, which no two processes share."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Of one process group."""

    cores: float | None
    """Processors kept busy on average since the last look; None at the first one."""
    memory: int
    """Bytes resident; pages that its processes share count for each of them."""


class Utilization:
    """Looks at process groups by the pids of their leaders.

    What a process did between the last look and its end is not seen.
    """

    def __init__(self) -> None:
        self._spent: dict[int, dict[_Process, float]] = {}
        self._looked = time.monotonic()

    def look(self, leaders: Collection[int]) -> Mapping[int, Usage]:
        """Leader -> usage of its group; a few milliseconds for all of them together."""
        now = time.monotonic()
        passed = max(now - self._looked, 0.001)
        before, self._spent = self._spent, {leader: {} for leader in leaders}
        self._looked = now
        memory = dict.fromkeys(leaders, 0)
        for pid in psutil.pids() if leaders else ():
            try:
                group = os.getpgid(pid)
                if group not in memory:
                    continue
                process = psutil.Process(pid)
                with process.oneshot():
                    times = process.cpu_times()
                    memory[group] += process.memory_info().rss
                    key = pid, process.create_time()
            except (OSError, psutil.Error):
                continue
            self._spent[group][key] = times.user + times.system
        return {
            leader: Usage(
                cores=_busy(before.get(leader), self._spent[leader], passed), memory=memory[leader]
            )
            for leader in leaders
            if self._spent[leader]
        }


def _busy(
    before: Mapping[_Process, float] | None, now: Mapping[_Process, float], passed: float
) -> float | None:
    """A process that was not there before has spent all its time since."""
    if not before:
        return None
    return sum(max(spent - before.get(one, 0.0), 0.0) for one, spent in now.items()) / passed
