"""One instance of a deployment: a process group that is started, probed, watched and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from .backends import Target
from .container_log import ContainerLog
from .orphans import ProcessRecord
from .placement import PlacementError, Probe
from .start_gate import StartGate

_POLL = 0.1
_PATIENCE = 60.0
"""Seconds that a start may take at least, whatever the probe says: laptops are slow."""
_LAST_LINES = 12
_LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class Launch:
    """All that is needed to start one more instance of a generation."""

    command: Callable[[int], list[str]]
    """Port -> command line."""
    environment: Mapping[str, str]
    directory: Path
    readiness: Probe
    readiness_path: str
    liveness: Probe
    liveness_path: str
    log: ContainerLog
    record: ProcessRecord
    client: aiohttp.ClientSession
    gate: StartGate


class Instance:
    """A process group listening on a loopback port of its own."""

    def __init__(self, launch: Launch, process: asyncio.subprocess.Process, port: int) -> None:
        self._launch = launch
        self._process = process
        self._log_start = launch.log.size()
        self.target = Target(f"http://127.0.0.1:{port}")
        self.name = secrets.token_hex(6)
        """Of this start: as in the cloud, what takes its place has another one."""
        self.exited = asyncio.ensure_future(process.wait())

    @classmethod
    async def start(cls, launch: Launch) -> Instance:
        """Start the process group. It is not ready yet."""
        port = _free_port()
        with launch.log.path.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *launch.command(port),
                cwd=launch.directory,
                env=dict(launch.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        launch.record.add(process.pid)
        return cls(launch, process, port)

    async def ready(self) -> None:
        """Wait until the readiness probe succeeds.

        The probe's initial delay is only an upper bound here. Raises ResourceNotReady when
        the process ends, answers the probe badly `failure_threshold` times, or takes too long.
        """
        probe = self._launch.readiness
        allowed = probe.initial_delay + probe.period * probe.failure_threshold
        deadline = asyncio.get_running_loop().time() + max(allowed, _PATIENCE)
        refusals = successes = 0
        while asyncio.get_running_loop().time() < deadline:
            asked = asyncio.ensure_future(self._probe(self._launch.readiness_path, 5.0))
            await asyncio.wait({asked, self.exited}, return_when=asyncio.FIRST_COMPLETED)
            if self.exited.done():
                asked.cancel()
                raise self._crashed()
            status = asked.result()
            successes = successes + 1 if status is not None and status < 400 else 0
            if successes >= probe.success_threshold:
                return
            refusals += status is not None and status >= 400
            if refusals >= probe.failure_threshold:
                raise self._not_ready(
                    f"the readiness probe GET {self._launch.readiness_path} was answered with "
                    f"{status} {refusals} times"
                )
            await asyncio.sleep(_POLL)
        raise self._not_ready(
            f"the readiness probe had no answer for {max(allowed, _PATIENCE):.0f} s"
        )

    async def alive(self) -> bool:
        """Whether the liveness probe succeeds now."""
        status = await self._probe(
            self._launch.liveness_path, max(self._launch.liveness.timeout, 2.0)
        )
        return status is not None and status < 400

    async def stop(self, *, grace: float) -> None:
        """End the whole process group: politely for `grace` seconds, then for certain."""
        if not self.exited.done():
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await asyncio.wait({self.exited}, timeout=grace)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self.exited
        self._launch.record.discard(self._process.pid)

    @property
    def pid(self) -> int:
        """Of the leader of its process group."""
        return self._process.pid

    @property
    def port_was_taken(self) -> bool:
        """Whether it ended because another process took its port first."""
        return self.exited.done() and "Connection in use" in self._own_log()

    async def _probe(self, path: str, seconds: float) -> int | None:
        """The status, None when nothing answers."""
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._launch.client.get(self.target.url + path, timeout=timeout) as answer:
                return answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return None

    def _own_log(self) -> str:
        return self._launch.log.read_from(self._log_start)

    def _crashed(self) -> PlacementError:
        text = self._own_log()
        why = boot_failure(text) or f"its process ended with {self._process.returncode}"
        return self._not_ready(why, last=text)

    def _not_ready(self, why: str, *, last: str | None = None) -> PlacementError:
        lines = (self._own_log() if last is None else last).splitlines()[-_LAST_LINES:]
        shown = "".join(f"\n  {line}" for line in lines)
        return PlacementError(
            "ResourceNotReady",
            f"User container has crashed or terminated: {why}. Please see troubleshooting guide, "
            f"available here: https://aka.ms/oe-tsg#error-resourcenotready\nLast log lines:{shown}",
        )


_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?::.*)?$")
_LOG_LINE = re.compile(r"^\[?\d{4}-\d\d-\d\d")


def boot_failure(log: str) -> str | None:
    """The exception that ended the last traceback of a log, on one line; None without one."""
    _, found, after = log.rpartition("Traceback (most recent call last):")
    if not found:
        return None
    lines = after.splitlines()[1:]
    for index, line in enumerate(lines):
        if not line.startswith((" ", "\t")) and _EXCEPTION.match(line):
            ends = (i for i, one in enumerate(lines) if i > index and _LOG_LINE.match(one))
            message = " ".join(" ".join(lines[index : next(ends, len(lines))]).split())
            return message[:_LONGEST_REASON].rstrip(".")
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
