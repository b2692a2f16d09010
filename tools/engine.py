"""Runs the Pulumi CLI and reads the events of its engine.

One run of the CLI an update: `--json` makes it write every event to stdout as it happens.
The automation API would start it three times more (select, outputs, history), at half a
second each.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, cast

from tools.checkout import PULUMI_BIN, ROOT

Event = Mapping[str, object]
"""One event of the engine, as its JSON has it: `{"sequence": …, "resourcePreEvent": …}`."""

TICK_SECONDS = 1.0
END_SECONDS = 15.0
SUCCEEDED = 0
_running: list[subprocess.Popen[str]] = []


def binary() -> str:
    """The Pulumi CLI that the first stage found."""
    directory = os.environ.get(PULUMI_BIN, "")
    return str(Path(directory) / "pulumi") if directory else "pulumi"


def cli(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """One short command of the CLI, without events."""
    return subprocess.run(
        [binary(), "--non-interactive", *arguments],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
    )


def interactive(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """A command of the CLI at the user's own terminal, with its own questions and display."""
    return subprocess.call([binary(), *arguments], cwd=ROOT, env=dict(environment))


def run(
    operation: Sequence[str],
    environment: Mapping[str, str],
    *,
    on_event: Callable[[Event], None],
    on_tick: Callable[[], None],
) -> tuple[int, str]:
    """Run `up`, `preview` or `destroy`. Returns the exit status and what is on stderr.

    An interrupt goes to the CLI as well (same terminal), which then ends in good order; so
    this goes on reading until it has. A second one makes it end at once.
    """
    stderr: list[str] = []
    arrived: queue.Queue[str] = queue.Queue()
    with subprocess.Popen(
        [binary(), *operation, "--json", "--non-interactive", "--color", "never"],
        cwd=ROOT,
        env={**environment, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _running.append(process)
        readers = [
            threading.Thread(target=_read, args=(process.stdout, arrived.put), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, stderr.append), daemon=True),
        ]
        for reader in readers:
            reader.start()
        events = _until_closed(arrived, on_tick)
        try:
            for event in events:
                on_event(event)
        finally:
            # Whatever went wrong here: the CLI ends in good order, and takes its lock along.
            for _ in events:
                pass
        for reader in readers:
            reader.join()
    _running.remove(process)
    return process.returncode, "".join(stderr).strip()


def interrupt() -> None:
    """Pass an interrupt on that was sent to this process alone, not from a terminal."""
    for process in _running:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)


def end() -> None:
    """End what an interrupt has left running, in good order where that takes no longer than
    `END_SECONDS`."""
    interrupt()
    while _running:
        process = _running.pop()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read(stream: IO[str] | None, take: Callable[[str], None]) -> None:
    for line in stream or ():
        take(line)
    # A line is never empty: this is the end.
    take("")


def _until_closed(arrived: queue.Queue[str], on_tick: Callable[[], None]) -> Iterator[Event]:
    while True:
        try:
            line = arrived.get(timeout=TICK_SECONDS)
        except queue.Empty:
            on_tick()
            continue
        except KeyboardInterrupt:
            continue
        if not line:
            return
        try:
            event = json.loads(line)
        except ValueError:
            # Not the engine's: a plugin that writes to stdout.
            continue
        if isinstance(event, dict):
            yield cast("Event", event)
