"""Start, stop, kill, start again: nothing is lost and nothing is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from local_azure import control, processes
from local_azure.arm.shape import JsonObject, items, number
from tests.local_azure.world import LocalAzure, an_endpoint

pytestmark = pytest.mark.local


def gone(pid: int) -> bool:
    """Whether a process has ended, or ends soon."""
    return soon(lambda: processes.start_mark(pid) is None)


def soon(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_a_kill_loses_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    with LocalAzure(tmp_path / "home") as azure:
        endpoint = azure.endpoint_id("survivor")
        before = azure.must("PUT", endpoint, an_endpoint())
        keys = azure.arm("POST", f"{endpoint}/listKeys").body
        children = [child.pid for child in processes.children(azure.home)]
        running = azure.running
        azure.arm("PUT", azure.endpoint_id("halfway"), an_endpoint())
        os.kill(running.pid, signal.SIGKILL)
        assert gone(running.pid)
        assert soon(lambda: control.running(azure.home) is None)

        azure.start()
        assert all(gone(pid) for pid in children)
        again = azure.running
        assert (again.http_port, again.proxy_port) == (running.http_port, running.proxy_port)
        assert azure.arm("GET", endpoint).body == before
        assert azure.arm("POST", f"{endpoint}/listKeys").body == keys
        halfway = azure.arm("GET", azure.endpoint_id("halfway")).body
        properties = halfway["properties"]
        assert isinstance(properties, dict)
        assert properties["provisioningState"] == "Succeeded"

        children = [child.pid for child in processes.children(azure.home)]
        os.kill(again.pid, signal.SIGKILL)
        assert gone(again.pid)
    assert children
    assert all(gone(pid) for pid in children)
    assert "nothing was running" in azure.command("stop")


def test_what_a_kill_kept_from_being_recorded_is_ended_too(tmp_path: Path) -> None:
    """A child whose start and record a kill fell between: its HOME tells whose it is."""
    azure = LocalAzure(tmp_path / "home")
    environment = {**os.environ, "HOME": str(azure.home / "azurite")}
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    for end in (azure.start, azure.stop):
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as stray:
            end()
            assert stray.wait(5) == -signal.SIGKILL


def test_metrics_outlive_a_kill_but_not_their_endpoint(tmp_path: Path) -> None:
    """Rule metric-span."""
    with LocalAzure(tmp_path / "home", "--setting", "metrics_seconds=0.2") as azure:
        endpoint = azure.endpoint_id("measured")
        azure.must("PUT", endpoint, an_endpoint())
        with httpx.Client(base_url=azure.url, trust_env=False) as client:
            assert client.post("/measured/score").status_code == 401
            assert soon(lambda: connections(azure, endpoint) == 1)
        kept = azure.home / "metrics.jsonl"
        assert soon(lambda: kept.exists() and "ConnectionsActive" in kept.read_text())
        pid = azure.running.pid
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
        azure.forget_connections()
        azure.start()
        assert connections(azure, endpoint) == 1
        azure.must("DELETE", endpoint)
        azure.must("PUT", endpoint, an_endpoint())
        assert connections(azure, endpoint) == 0


def connections(azure: LocalAzure, endpoint: str) -> float:
    """The most clients that an endpoint has had at once; 0 when nothing was seen yet."""
    answer = azure.arm(
        "GET",
        f"{endpoint}/providers/Microsoft.Insights/metrics",
        query={"metricnames": "ConnectionsActive", "aggregation": "Maximum", "interval": "FULL"},
    )
    data = items(items(items(answer.body, "value")[0], "timeseries")[0], "data")
    return max(number(point, "maximum") for point in data)


def test_two_worlds_side_by_side_know_nothing_of_each_other(
    azure: LocalAzure, tmp_path: Path
) -> None:
    with LocalAzure(tmp_path, "--workspace", "mlw-other", "--location", "northeurope") as other:
        assert other.workspace.endswith("/mlw-other")
        endpoint: JsonObject = {**an_endpoint(), "location": "North Europe"}
        other.must("PUT", other.endpoint_id("theirs"), endpoint)
        assert azure.arm("GET", azure.endpoint_id("theirs")).status == 404
        url = "https://management.azure.com/subscriptions"
        theirs = azure.client().get(
            url,
            params={"api-version": "2022-12-01"},
            headers={"Authorization": f"Bearer {other.token()}"},
        )
        assert theirs.status_code == 401
        assert "mlw-other" in other.command("status")
        other.command("start")
        assert "stop it first" in other.command("start", "--workspace", "third", fails=True)
    assert "not running" in other.command("status", fails=True)


def test_env_sends_everything_through_the_proxy(azure: LocalAzure) -> None:
    lines = azure.command("env").splitlines()
    assert all(line.startswith("export ") for line in lines)
    assert f"export HTTPS_PROXY='http://127.0.0.1:{azure.running.proxy_port}'" in lines
    assert f"export LOCAL_AZURE_HOME='{azure.home}'" in lines


def test_mistakes_are_told_in_one_line(tmp_path: Path) -> None:
    broken = LocalAzure(tmp_path)
    said = broken.command("start", "--setting", "speed=9", fails=True)
    assert "setting 'speed' is unknown" in said
    assert "no local Azure runs" in broken.command("env", fails=True)
    (tmp_path / "snapshot.json").write_text("{torn")
    said = broken.command("start", fails=True)
    assert "is no snapshot" in said
    assert len(said.strip().splitlines()) == 1


def test_it_ends_when_its_home_is_removed(tmp_path: Path) -> None:
    with LocalAzure(tmp_path / "home") as azure:
        service = azure.running.pid
        children = [one.pid for one in psutil.Process(service).children()]
        assert children

        shutil.rmtree(azure.home)

        assert gone(service)
        assert all(gone(child) for child in children)
