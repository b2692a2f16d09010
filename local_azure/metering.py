"""Keeps what is counted: samples processors, memory and connections, and writes all of it down.

Nothing of this is done while a request is under way, which only counts in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

from local_azure.metric_file import MetricFile
from local_azure.serving.backends import Backends
from local_azure.serving.counters import (
    ACTIVE,
    BYTES,
    CAPACITY,
    CPU,
    MEMORY,
    NEW,
    Counters,
    Minute,
    Sampled,
)
from local_azure.serving.instance_group import InstanceGroup
from local_azure.serving.utilization import Utilization

WRITE_SECONDS = 3.0
"""What a kill may lose at most, and how often a file is appended to under load."""
_TICK = 0.5


class Metering:
    """Of one world. `groups`: what runs now. `every`: seconds between two samples, 0 for none."""

    def __init__(
        self,
        backends: Backends,
        file: MetricFile,
        *,
        groups: Callable[[], Iterable[InstanceGroup]],
        every: Callable[[], float],
    ) -> None:
        self._backends = backends
        self._file = file
        self._groups = groups
        self._every = every
        self._utilization = Utilization()
        self._memory = psutil.virtual_memory().total
        self._written: dict[str, tuple[int, int]] = {}
        self._looked = time.monotonic()
        self._loop: asyncio.Task[None] | None = None
        backends.on_forget = self._forget

    def restore(self, known: Callable[[str], bool]) -> None:
        """What was counted before the last stop or kill, of ARM ids that are still known."""
        for arm_id, minutes in self._file.read(known).items():
            self._backends.counters(arm_id).minutes.extend(minutes)

    def start(self) -> None:
        """Sample and write from now on."""
        self._loop = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Write the rest."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        self.write()
        await self._file.close()

    async def _run(self) -> None:
        sampled = written = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            if 0 < self._every() <= now - sampled:
                sampled = now
                await self.sample()
            if now - written >= WRITE_SECONDS:
                written = now
                self.write()

    def write(self) -> None:
        """Append the minutes that have changed since the last time."""
        self._file.write(
            (arm_id, minute)
            for arm_id, counters in self._backends.counted()
            for minute in self._changed(arm_id, counters)
        )

    def _changed(self, arm_id: str, counters: Counters) -> list[Minute]:
        changes, since = self._written.get(arm_id, (0, 0))
        if counters.changes == changes or not counters.minutes:
            return []
        self._written[arm_id] = counters.changes, counters.minutes[-1].start
        return [minute for minute in counters.minutes if minute.start >= since]

    def _forget(self, arm_id: str) -> None:
        self._written.pop(arm_id.lower(), None)
        self._file.forget(arm_id)

    async def sample(self) -> None:
        """One sample of everything."""
        passed = max(time.monotonic() - self._looked, 0.001)
        self._looked = time.monotonic()
        for arm_id, connections in self._backends.connected():
            active, new, size = connections.look()
            counters = self._backends.counters(arm_id)
            for name, value in ((ACTIVE, active), (NEW, new / passed), (BYTES, size / passed)):
                counters.observe(Sampled(metric=name), value)
        await self._sample_instances()

    async def _sample_instances(self) -> None:
        groups = [group for group in self._groups() if group.serves]
        leaders = {one.pid for group in groups for one in group.instances}
        usages = await asyncio.to_thread(self._utilization.look, leaders)
        for group in groups:
            counters, instances = group.backend.counters, group.instances
            counters.observe(Sampled(metric=CAPACITY), len(instances))
            for one in instances:
                state = "Ready" if one.target in group.backend.targets else "NotReady"
                kept = Sampled(metric=CAPACITY, instance=one.name, state=state)
                counters.observe(kept, 1)
                usage = usages.get(one.pid)
                if usage is None:
                    continue
                share = 100 * usage.memory / self._memory
                counters.observe(Sampled(metric=MEMORY, instance=one.name), min(share, 100.0))
                if usage.cores is not None:
                    share = 100 * usage.cores / max(group.backend.cores, 1)
                    counters.observe(Sampled(metric=CPU, instance=one.name), min(share, 100.0))
