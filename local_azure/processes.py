"""The processes a world has started, on disk, so that none outlives it, not even a kill -9.

Every child is the leader of its own process group. It is identified by pid and start time, so
that a pid which was given to somebody else since is never touched.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from local_azure.arm.shape import number, parse_object, text
from local_azure.world import write_private


@dataclass(frozen=True, kw_only=True)
class Child:
    """One recorded process."""

    pid: int
    started: str
    name: str


def start_mark(pid: int) -> str | None:
    """Something that tells this process from any other that has or had its pid; None when the
    process does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        boot = Path("/proc/sys/kernel/random/boot_id")
        return None if fields[0] == "Z" else f"{boot.read_text().strip()}/{fields[19]}"
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def _folder(home: Path) -> Path:
    return home / "processes"


def remember(home: Path, pid: int, name: str) -> None:
    """Record a child right after it was started."""
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    record = {"pid": pid, "started": start_mark(pid) or "", "name": name}
    write_private(folder / f"{pid}.json", json.dumps(record))


def forget(home: Path, pid: int) -> None:
    """Drop the record of a child that has ended."""
    with suppress(FileNotFoundError):
        (_folder(home) / f"{pid}.json").unlink()


def children(home: Path) -> list[Child]:
    """What is recorded, whether it still runs or not."""
    found: list[Child] = []
    for path in sorted(_folder(home).glob("*.json")):
        record = parse_object(path.read_bytes())
        pid = int(number(record, "pid"))
        if pid > 1:
            found.append(Child(pid=pid, started=text(record, "started"), name=text(record, "name")))
    return found


def end(home: Path, child: Child, *, patience: float = 5.0) -> None:
    """End a child and its whole process group: TERM, `patience` seconds, KILL."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if not _group_is_ours(child):
            break
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, sign)
        deadline = time.monotonic() + patience
        while _group_is_ours(child) and time.monotonic() < deadline:
            _reap(child.pid)
            time.sleep(0.02)
    forget(home, child.pid)


def end_all(home: Path, *, patience: float = 5.0) -> list[Child]:
    """End everything recorded; returns what there was to end."""
    ended: list[Child] = []
    for child in children(home):
        if _group_is_ours(child):
            ended.append(child)
        end(home, child, patience=patience)
    return ended


def end_strays(home: Path, *, patience: float = 5.0) -> int:
    """End what is not recorded: a kill may fall between a child's start and its record. Whatever
    a world starts has a HOME inside the world's. Returns how many there were."""
    found = [one for one in psutil.process_iter() if _lives_in(one, home)]
    for one in found:
        with suppress(psutil.Error):
            one.kill()
    psutil.wait_procs(found, timeout=patience)
    return len(found)


def _lives_in(process: psutil.Process, home: Path) -> bool:
    try:
        place = process.environ().get("HOME", "")
        return (
            Path(place) != home
            and Path(place).is_relative_to(home)
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except (psutil.Error, OSError):
        return False


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _group_is_ours(child: Child) -> bool:
    """Whether the group led by this child still has members. While it has, its number is given
    to no new process; a process with that number and another start time means it is gone."""
    mark = start_mark(child.pid)
    if mark is not None:
        return mark == child.started
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    return not _only_zombies(child.pid)


def _only_zombies(group: int) -> bool:
    """Whether a group consists of ended processes that nobody has waited for."""
    if not Path("/proc/self").exists():
        return False
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return False
    return True
