"""A world from outside: is it running, start it, ask it, end it. Uses the home folder only."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil

from local_azure import processes
from local_azure.arm.shape import JsonObject, number, parse_object, text
from local_azure.home import HEADER, lock
from local_azure.serving.deployment_folders import temporary_root
from local_azure.serving.orphans import ProcessRecord
from local_azure.world import open_world

START_SECONDS = 180.0
STOP_SECONDS = 30.0


class ControlError(Exception):
    """The command cannot be done; the message is for the user."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running service, as its `service.json` says."""

    pid: int
    http_port: int
    proxy_port: int
    workspace: str
    resource_group: str
    subscription: str
    location: str


def running(home: Path) -> Running | None:
    """The service of this home; None when there is none. A record that a killed service left
    behind does not count: whoever runs holds the lock."""
    record = _record(home)
    if record is None or not _locked(home):
        return None
    return record


def need(home: Path) -> Running:
    """The running service. Raises `ControlError` when there is none."""
    found = running(home)
    if found is None:
        raise ControlError(
            f"no local Azure runs in {home}: start it with `python -m local_azure start`"
        )
    return found


def _record(home: Path) -> Running | None:
    path = home / "service.json"
    try:
        held = parse_object(path.read_bytes())
    except FileNotFoundError:
        return None
    return (
        None
        if held is None
        else Running(
            pid=int(number(held, "pid")),
            http_port=int(number(held, "http_port")),
            proxy_port=int(number(held, "proxy_port")),
            workspace=text(held, "workspace"),
            resource_group=text(held, "resource_group"),
            subscription=text(held, "subscription"),
            location=text(held, "location"),
        )
    )


def _locked(home: Path) -> bool:
    if not home.is_dir():
        return False
    held = lock(home)
    if held is None:
        return True
    os.close(held)
    return False


def spawn(home: Path, *, names: Mapping[str, str], values: Mapping[str, str]) -> Running:
    """Start the service in the background; returns when it is ready.

    Raises `ControlError` with the service's own words when it ends instead.
    """
    with suppress(FileNotFoundError):
        (home / "service.json").unlink()
    options = [f"--{_FLAGS[name]}={value}" for name, value in names.items() if value]
    options += [f"--setting={name}={value}" for name, value in values.items()]
    root = str(Path(__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    words = home / "start.log"
    with words.open("wb") as output:
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "local_azure", "start", "--foreground"),
                *(f"--home={home}", *options),
            ],
            cwd=root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            if _locked(home):  # somebody else was faster
                return _ready(home, deadline)
            raise ControlError(_last_words(words))
        record = _record(home)
        if record is not None and record.pid == child.pid:
            return _ready(home, deadline)
        time.sleep(0.02)
    raise ControlError(
        f"the local Azure did not start in {START_SECONDS:.0f} s: {home}/service.log"
    )


_FLAGS = {
    "subscription_id": "subscription",
    "resource_group": "resource-group",
    "workspace": "workspace",
    "location": "location",
    "openai_upstream": "openai-upstream",
}


def _ready(home: Path, deadline: float) -> Running:
    """Wait for the health route: until then deployments are being started again."""
    while time.monotonic() < deadline:
        record = _record(home)
        if record is not None:
            with suppress(ControlError):
                if ask(home, "GET", "/_local/health").get("ready") is True:
                    return record
        time.sleep(0.02)
    raise ControlError(f"the local Azure did not become ready: see {home}/service.log")


def _last_words(path: Path) -> str:
    lines = path.read_text("utf-8", errors="replace").strip().splitlines()
    last = lines[-1].removeprefix("error").strip() if lines else "it ended without a word"
    return f"the local Azure did not start: {last}"


def agree(home: Path, *, names: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Make a running service what `start` was asked for: settings are set; other names cannot
    be. Raises `ControlError`."""
    world = open_world(home, {})
    for name, value in names.items():
        if value and str(getattr(world, name)).lower() != value.lower():
            raise ControlError(
                f"it runs already with {_FLAGS[name]} {getattr(world, name)!r}: stop it first"
            )
    _ready(home, time.monotonic() + START_SECONDS)
    if values:
        ask(home, "POST", "/_local/settings", body=dict(values))


def ask(
    home: Path,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, str] | None = None,
    tolerate: str = "",
) -> JsonObject:
    """One request to the service's own routes, with the home's key.

    Raises `ControlError` with the service's message; an error with code `tolerate` is an answer.
    """
    record = _record(home)
    if record is None:
        raise ControlError(f"no local Azure runs in {home}")
    connection = http.client.HTTPConnection("127.0.0.1", record.http_port, timeout=60)
    target = f"{path}?{urlencode(query)}" if query else path
    content = None if body is None else json.dumps(dict(body))
    try:
        connection.request(method, target, content, {HEADER: open_world(home, {}).admin_key})
        answer = connection.getresponse()
        held = parse_object(answer.read()) or {}
    except OSError as error:
        raise ControlError(f"the local Azure does not answer: {error}") from error
    finally:
        connection.close()
    if answer.status >= 400 and text(held, "error", "code") != (tolerate or None):
        raise ControlError(text(held, "error", "message", default=f"status {answer.status}"))
    return held


def stop(home: Path) -> list[str]:
    """End the service and everything it has started, also what a killed one left behind.

    Returns the names of what was ended.
    """
    ended: list[str] = []
    record = running(home)
    if record is not None:
        ended.append("the local Azure")
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(record.pid, sign)
            deadline = time.monotonic() + STOP_SECONDS
            while _locked(home) and time.monotonic() < deadline:
                time.sleep(0.02)
            if not _locked(home):
                break
        # The lock goes a moment before the process does.
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            psutil.Process(record.pid).wait(STOP_SECONDS)
    ended += [child.name for child in processes.end_all(home)]
    groups = ProcessRecord(home / "deployments" / "processes.json").end_leftovers()
    groups += processes.end_strays(home)
    ended += [f"{groups} deployment processes"] if groups else []
    shutil.rmtree(temporary_root(home), ignore_errors=True)  # a killed service leaves it
    with suppress(FileNotFoundError):
        (home / "service.json").unlink()
    return ended
