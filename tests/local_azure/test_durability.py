"""kill -9 at any moment: no torn snapshot, nothing lost that was acknowledged."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from local_azure import control
from local_azure.arm.shape import items, text
from local_azure.arm.snapshot import Snapshot
from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import ROOT, LocalAzure, an_endpoint

WRITER = """
import sys
from pathlib import Path
from local_azure.arm.snapshot import Snapshot
from local_azure.arm.store import Resource
snapshot = Snapshot(Path(sys.argv[1]))
for number in range(1_000_000):
    name = f"/subscriptions/s/resourceGroups/g/providers/A.B/c/{number % 500}"
    snapshot.store.put(Resource(id=name, type="A.B/c", body={"n": number, "x": "y" * 400}))
    snapshot.flush()
    print(number, flush=True)
"""


def test_a_snapshot_is_never_torn(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    command = [sys.executable, "-c", WRITER, str(path)]
    for moment in range(6):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.0137 * moment)
            writer.kill()
            acknowledged = [int(line) for line in writer.stdout if line.endswith("\n")]
        kept = [one.body["n"] for one in Snapshot(path).store.all()]
        if acknowledged:
            assert acknowledged[-1] in kept


def test_with_fsync_a_write_is_on_the_disk_before_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For power cuts, which no test can make: the order of what is asked of the disk."""
    asked: list[str] = []
    really, replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        asked.append(f"sync {kind}")
        really(descriptor)

    def rename(path: Path, target: Path) -> Path:
        asked.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    snapshot = Snapshot(tmp_path / "snapshot.json")
    for sync in (False, True):
        snapshot.sync = lambda sync=sync: sync
        snapshot.mark()
        snapshot.flush()
    assert asked == ["rename", "sync file", "rename", "sync folder"]


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    """Resources that a client was told of, operations that one polls over the restart."""
    with LocalAzure(tmp_path / "home") as azure:
        control.ask(azure.home, "POST", "/_local/faults", body={"kind": "fail", "code": "Full"})
        ended = azure.arm("PUT", azure.endpoint_id("polled-failed"), an_endpoint())
        azure.set(endpoint_seconds=600)
        killed = azure.arm("PUT", azure.endpoint_id("polled-killed"), an_endpoint())
        acknowledged: list[str] = []
        writer = threading.Thread(target=_write_until_dead, args=(azure, acknowledged))
        writer.start()
        time.sleep(0.5)
        os.kill(azure.running.pid, signal.SIGKILL)
        writer.join()
        _closed(azure)
        azure.start()
        assert len(acknowledged) > 5
        assert set(acknowledged) <= _kept(azure)
        told = azure.done(ended).body
        assert (text(told, "status"), text(told, "error", "code")) == ("Failed", "Full")
        assert text(azure.done(killed).body, "status") == "Succeeded"
        stopped = azure.arm("PUT", azure.endpoint_id("polled-stopped"), an_endpoint())
        azure.stop()
        azure.start()
        assert text(azure.done(stopped).body, "status") == "Succeeded"


def _kept(azure: LocalAzure) -> set[str]:
    """The ids of what the service has after its start."""
    found: set[str] = set()
    page = f"{azure.workspace}/environments/kept/versions"
    while page:
        answer = azure.arm("GET", page)
        found |= {text(one, "id") for one in items(answer.body, "value")}
        page = text(answer.body, "nextLink")
    return found


def _write_until_dead(azure: LocalAzure, acknowledged: list[str]) -> None:
    for version in range(100_000):
        path = f"{azure.workspace}/environments/kept/versions/{version}"
        try:
            answer = azure.arm("PUT", path, {"properties": {"image": "x"}})
        except (httpx.TransportError, OSError):
            return
        if answer.status == 201:
            acknowledged.append(path)


def _closed(azure: LocalAzure) -> None:
    """Wait for the kernel to take the dead service's lock, and drop its connections."""
    deadline = time.monotonic() + 5
    while control.running(azure.home) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    azure.forget_connections()


@pytest.mark.parametrize("gone", [True, False])
def test_an_interrupted_delete_is_told_by_what_became_of_it(
    engine: EngineWorld, gone: bool
) -> None:
    path = engine.endpoint_id("deleted")
    engine.must("PUT", path, an_endpoint())
    operations = engine.azure.operations
    kept = engine.azure.snapshot.part("operations")
    kept["x"] = {"resource": path, "verb": "DELETE", "status": "InProgress", "startTime": "t"}
    restored = type(operations)(kept, lambda: None, flush=lambda: None)
    if gone:
        engine.must("DELETE", path)
    restored.settle(engine.azure.store.get)
    found = restored.get("x")
    assert found is not None
    assert found.status == ("Succeeded" if gone else "Failed")
