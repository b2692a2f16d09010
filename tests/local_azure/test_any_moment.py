"""kill -9 at random moments of a busy service, its own start among them: after each, everything
that was acknowledged is there, with the same keys, and nothing runs that nobody knows of."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from local_azure import processes
from local_azure.arm.shape import JsonObject, items, number, parse_object, text
from local_azure.serving.deployment_folders import temporary_root
from tests.local_azure.inhabitants import inhabitants
from tests.local_azure.world import ROOT, Answer, LocalAzure, a_deployment, an_endpoint

pytestmark = pytest.mark.local
SEED = 20270420
ROUNDS = 8
"""Of two kills each."""
ABSENT = -1


class Record:
    """What one resource may be: the last acknowledged state, or that of the write under way."""

    def __init__(self) -> None:
        self.acknowledged = ABSENT
        self.under_way: int | None = None

    def allowed(self) -> set[int]:
        """The states it may have after a kill."""
        return {self.acknowledged, *([] if self.under_way is None else [self.under_way])}

    def write(self, state: int, request: Callable[[], Answer]) -> None:
        """Ask for a state. A refusal (409 while the last operation ends) changes nothing."""
        self.under_way = state
        answer = request()
        if answer.status < 300:
            self.acknowledged = state
        self.under_way = None


class Writers:
    """Clients that write at once, each with a connection of its own, until the service is gone."""

    def __init__(self, azure: LocalAzure) -> None:
        self.azure = azure
        self.records: dict[str, Record] = {}
        self.keys = {name: Record() for name in ("primary", "secondary")}
        self.writes = 0
        self._next = iter(range(1, 1_000_000))

    def prepare(self) -> None:
        """What they work on."""
        for name in ("served", "keyed"):
            self.azure.must("PUT", self.azure.endpoint_id(name), an_endpoint())
        path = f"{self.azure.endpoint_id('keyed')}/regenerateKeys"
        for name, record in self.keys.items():
            body: JsonObject = {"keyType": name.title(), "keyValue": "key-0"}
            self.azure.arm("POST", path, body)
            record.acknowledged = 0

    def work(self, seconds: float, kill: Callable[[], None]) -> None:
        """Write for a while, then kill in the middle of it."""
        token, api = self.azure.token(), {"api-version": "2025-12-01"}
        headers = {"Authorization": f"Bearer {token}"}
        tasks = (self._endpoints, self._deployments, self._regenerate)
        clients = [self.azure.new_client() for _ in tasks]

        def run(client: httpx.Client, task: Callable[[httpx.Client], Iterator[None]]) -> None:
            client.headers.update(headers)
            client.params = client.params.merge(api)
            with suppress(httpx.TransportError, OSError):
                for _ in task(client):
                    self.writes += 1

        threads = [
            threading.Thread(target=run, args=pair) for pair in zip(clients, tasks, strict=True)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        kill()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()

    def _endpoints(self, client: httpx.Client) -> Iterator[None]:
        """Made, changed, and every third one deleted."""
        for n in self._next:
            path = self.azure.endpoint_id(f"e{n % 7}")
            record = self.records.setdefault(path, Record())
            if n % 3 == 0 and record.acknowledged != ABSENT:
                record.write(ABSENT, lambda path=path: ask(client, "DELETE", path))
            else:
                record.write(n, lambda path=path, n=n: ask(client, "PUT", path, an_endpoint(), n))
            yield

    def _deployments(self, client: httpx.Client) -> Iterator[None]:
        """Of one endpoint. None can run: each has an operation that fails, and stays."""
        for n in self._next:
            path = f"{self.azure.endpoint_id('served')}/deployments/d{n % 5}"
            record = self.records.setdefault(path, Record())
            record.write(n, lambda path=path, n=n: ask(client, "PUT", path, a_deployment(), n))
            yield

    def _regenerate(self, client: httpx.Client) -> Iterator[None]:
        """Keys of a client's choice, so that each is known before its answer."""
        path = f"{self.azure.endpoint_id('keyed')}/regenerateKeys"
        for n in self._next:
            name = ("primary", "secondary")[n % 2]
            body: JsonObject = {"keyType": name.title(), "keyValue": f"key-{n}"}
            self.keys[name].write(n, lambda body=body: ask(client, "POST", path, body))
            yield

    def compare(self) -> None:
        """What the service has now is what it may have; from here on, it is acknowledged."""
        for path, record in self.records.items():
            found = self.azure.arm("GET", path)
            state = ABSENT if found.status == 404 else int(number(found.body, "tags", "n"))
            assert state in record.allowed(), (path, state, record.allowed())
            settled = text(found.body, "properties", "provisioningState")
            assert settled in ("", "Succeeded", "Failed"), (path, settled)
            record.acknowledged, record.under_way = state, None
        keys = self.azure.arm("POST", f"{self.azure.endpoint_id('keyed')}/listKeys").body
        for name, record in self.keys.items():
            state = int(text(keys, f"{name}Key").removeprefix("key-"))
            assert state in record.allowed(), (name, state, record.allowed())
            record.acknowledged, record.under_way = state, None


def ask(
    client: httpx.Client, method: str, path: str, body: JsonObject | None = None, n: int = 0
) -> Answer:
    if n and body is not None:
        body["tags"] = {"n": n}  # ARM keeps it as it came
    content = None if body is None else json.dumps(body)
    answer = client.request(method, f"https://management.azure.com{path}", content=content)
    assert answer.status_code < 500, answer.text
    return Answer(answer.status_code, {}, answer.headers)


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while processes.start_mark(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.002)


def killed_at_its_start(home: Path, seconds: float) -> None:
    """Start it, and kill it before anybody has seen it ready."""
    command = [sys.executable, "-m", "local_azure", "start", "--foreground", f"--home={home}"]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as child:
        time.sleep(seconds)
        child.kill()


def test_kills_at_any_moment_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    draw = random.Random(SEED)  # noqa: S311  moments, no secrets
    home = tmp_path / "home"
    with LocalAzure(home) as azure:
        writers = Writers(azure)
        writers.prepare()
        for _ in range(ROUNDS):
            pid = azure.running.pid
            writers.work(draw.uniform(0.02, 0.5), lambda pid=pid: killed(pid))
            whole(home)
            killed_at_its_start(home, draw.uniform(0.1, 1.1))
            whole(home)
            azure.forget_connections()
            azure.start()
            writers.compare()
            (azurite,) = inhabitants(home) - {azure.running.pid}
            assert psutil.Process(azurite).ppid() == azure.running.pid
        assert writers.writes > 10 * ROUNDS
    assert inhabitants(home) == set()
    assert not temporary_root(home).exists()


def whole(home: Path) -> None:
    """The snapshot parses, whatever was killed."""
    assert items(parse_object((home / "snapshot.json").read_bytes()), "resources")
