"""A record on disk of the processes we started, so that a later start can end what a killed
service left behind. Only ours: the pid and the start time must both be as recorded."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import psutil

_DYING = 5.0
"""Seconds that a killed process may take to be gone."""


class ProcessRecord:
    """`processes.json`: pid -> start time (Unix seconds) of each process group's leader."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started: dict[int, float] = {}

    def add(self, pid: int) -> None:
        """Remember a process group that was just started."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._started[pid] = psutil.Process(pid).create_time()
            self._write()

    def discard(self, pid: int) -> None:
        """Forget a process group that has ended."""
        if self._started.pop(pid, None) is not None:
            self._write()

    def end_leftovers(self) -> int:
        """Kill what an earlier service left running; returns how many groups there were."""
        leaders = [
            psutil.Process(pid)
            for pid, started in self._read()
            if pid not in self._started and _is_running(pid, started)
        ]
        for leader in leaders:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(leader.pid, signal.SIGKILL)
        psutil.wait_procs(leaders, timeout=_DYING)
        self._write()
        return len(leaders)

    def _read(self) -> Iterable[tuple[int, float]]:
        try:
            document: object = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return []
        if not isinstance(document, dict):
            return []
        entries = cast("dict[str, object]", document).items()
        return [(int(p), s) for p, s in entries if p.isdigit() and isinstance(s, float)]

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._started))
        fresh.replace(self._path)


def _is_running(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        ours = abs(process.create_time() - started) < 1 and os.getpgid(pid) == pid
        return ours and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ProcessLookupError):
        return False
