"""The instances of one generation of a deployment, kept running."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

from .backends import Backend
from .instance import Instance, Launch
from .placement import PlacementError

_LONGEST_BACK_OFF = 30.0
_STABLE = 60.0
"""Seconds after which a crash counts as the first one again."""


class InstanceGroup:
    """Starts instances, registers those that are ready, restarts those that end."""

    def __init__(self, launch: Launch, backend: Backend) -> None:
        self._launch = launch
        self.backend = backend
        self._instances: set[Instance] = set()
        self._watches: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def instances(self) -> Sequence[Instance]:
        """Those that have a process, ready or not."""
        return tuple(self._instances)

    @property
    def serves(self) -> bool:
        """Whether it has started and is not being ended."""
        return bool(self._watches) and not self._stopping

    async def start(self, count: int) -> None:
        """Start `count` instances and wait until all are ready. Raises `PlacementError`."""
        instances = await asyncio.gather(*(self._start_one() for _ in range(count)))
        if self._stopping or not instances:
            raise _stopped()
        for instance in instances:
            self.backend.add(instance.target)
            watch = asyncio.create_task(self._watch(instance))
            self._watches.add(watch)
            watch.add_done_callback(self._watches.discard)

    async def stop(self, *, grace: float) -> None:
        """End all instances; `grace` seconds for what they are doing."""
        self._stopping = True
        watches = tuple(self._watches)
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        for instance in tuple(self._instances):
            self.backend.discard(instance.target)
        await asyncio.gather(*(i.stop(grace=grace) for i in tuple(self._instances)))
        self._instances.clear()
        if self.backend.collector is not None:
            await self.backend.collector.close()

    async def _start_one(self) -> Instance:
        async with self._launch.gate.slot():
            return await self._started()

    async def _started(self) -> Instance:
        for _ in range(3):
            if self._stopping:
                break
            instance = await Instance.start(self._launch)
            self._instances.add(instance)
            try:
                if self._stopping:  # it began while `stop` was already ending the others
                    raise _stopped()
                await instance.ready()
            except PlacementError:
                taken = instance.port_was_taken
                await self._end(instance)
                if not taken:
                    raise
            else:
                return instance
        raise _stopped()

    async def _end(self, instance: Instance, *, grace: float = 1.0) -> None:
        self.backend.discard(instance.target)
        await instance.stop(grace=grace)
        self._instances.discard(instance)

    async def _watch(self, instance: Instance) -> None:
        """Restart the instance whenever it ends or stops answering, with back-off."""
        crashes = 0
        while True:
            started = time.monotonic()
            why = await self._until_lost(instance)
            crashes = 1 if time.monotonic() - started > _STABLE else crashes + 1
            await self._end(instance)
            restarted = None
            while restarted is None:
                pause = min(2.0 ** (crashes - 1), _LONGEST_BACK_OFF)
                self._launch.log.write(f"instance lost: {why}; restarting it in {pause:.0f} s")
                await asyncio.sleep(pause)
                with contextlib.suppress(PlacementError):
                    restarted = await self._start_one()
                why, crashes = "it did not start again", crashes + 1
            instance = restarted
            self.backend.add(instance.target)

    async def _until_lost(self, instance: Instance) -> str:
        """Watch until the process ends or the liveness probe fails too often; says why."""
        probe = self._launch.liveness
        failures = 0
        while True:
            await asyncio.wait({instance.exited}, timeout=max(probe.period, 1.0))
            if instance.exited.done():
                return f"its process ended with {instance.exited.result()}"
            self._launch.log.trim()
            failures = 0 if await instance.alive() else failures + 1
            if failures >= probe.failure_threshold:
                return f"the liveness probe failed {failures} times"


def _stopped() -> PlacementError:
    return PlacementError("OperationCanceled", "The deployment was stopped while it started.")
