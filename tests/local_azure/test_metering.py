"""What is counted outlives the service, and costs it little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_azure import metric_file
from local_azure.metering import Metering
from local_azure.metric_file import MetricFile
from local_azure.serving.backends import Backends
from local_azure.serving.counters import CPU, Counters, Sampled
from local_azure.serving.utilization import Utilization

BLUE, GREEN = "/endpoints/e/deployments/Blue", "/endpoints/e/deployments/green"


class AService:
    """A start of the service, as far as it counts."""

    def __init__(self, path: Path, *, known: tuple[str, ...] = (BLUE, GREEN)) -> None:
        self.backends = Backends()
        file = MetricFile(path)
        self.metering = Metering(self.backends, file, groups=lambda: (), every=lambda: 0)
        self.metering.restore(lambda arm_id: arm_id in {one.lower() for one in known})

    def requests(self, arm_id: str) -> int:
        """How many were counted."""
        metrics = self.backends.metrics(arm_id)
        return metrics.requests if metrics else 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def counted(path: Path, *, times: int = 3) -> AService:
    """A service that has counted for both deployments, and written."""
    service = AService(path)
    for arm_id in (BLUE, GREEN):
        counters = service.backends.counters(arm_id)
        for _ in range(times):
            counters.count(424, 0.05, model_status=500)
        counters.observe(Sampled(metric=CPU, instance="i"), 12.5)
    service.metering.write()
    return service


def test_what_was_written_is_there_after_a_kill(path: Path) -> None:
    before = counted(path)
    again = AService(path)
    assert again.backends.minutes(BLUE) == before.backends.minutes(BLUE)
    assert again.backends.metrics(BLUE) == before.backends.metrics(BLUE)


def test_only_what_has_changed_is_written_and_the_last_word_counts(path: Path) -> None:
    service = counted(path)
    size = path.stat().st_size
    service.metering.write()
    assert path.stat().st_size == size
    service.backends.counters(BLUE).count(200, 0.1)
    service.metering.write()
    assert size < path.stat().st_size < 2 * size
    again = AService(path)
    assert (again.requests(BLUE), again.requests(GREEN)) == (4, 3)


def test_a_torn_file_costs_its_torn_line_only(path: Path) -> None:
    counted(path)
    lines = path.read_bytes().splitlines(keepends=True)
    torn = lines[1][: len(lines[1]) // 2]
    nonsense = (
        b'\xff\xfe{"of": 3}\n[]\n{"of": "%s", "at": 1e999, "v": {}}\n' % BLUE.lower().encode()
    )
    path.write_bytes(lines[0] + nonsense + torn)
    again = AService(path)
    assert (again.requests(BLUE), again.requests(GREEN)) == (3, 0)
    again.backends.counters(GREEN).count(200, 0.1)
    again.metering.write()
    assert AService(path).requests(GREEN) == 1


def test_a_file_that_cannot_be_had_stops_nobody(path: Path) -> None:
    path.mkdir()
    assert counted(path).requests(BLUE) == 3
    assert AService(path).requests(BLUE) == 0


def test_what_is_deleted_is_forgotten(path: Path) -> None:
    service = counted(path)
    service.backends.forget(BLUE.upper())
    assert service.requests(BLUE) == 0
    assert AService(path).requests(BLUE) == 0
    assert AService(path).requests(GREEN) == 3


def test_what_is_not_known_any_more_is_dropped_from_the_file(path: Path) -> None:
    counted(path)
    assert AService(path, known=(BLUE,)).requests(GREEN) == 0
    assert AService(path).requests(GREEN) == 0


def test_only_the_last_day_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = counted(path)
    later = time.time() + 23 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    service.backends.counters(BLUE).count(200, 0.1)
    assert len(service.backends.minutes(BLUE)) == 2
    service.metering.write()
    monkeypatch.setattr(time, "time", lambda: later + 2 * 3600)
    service.backends.counters(BLUE).count(200, 0.1)
    assert len(service.backends.minutes(BLUE)) == 2
    assert AService(path).requests(BLUE) == 1


async def test_old_lines_do_not_pile_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_file, "_SMALL", 5000)
    service = counted(path)
    largest = 0
    for _ in range(200):
        service.backends.counters(BLUE).count(200, 0.1)
        await service.metering.close()
        largest = max(largest, os.path.getsize(path))  # noqa: PTH202, ASYNC240
    assert largest < 10_000
    again = AService(path)
    assert (again.requests(BLUE), again.requests(GREEN)) == (203, 3)


def test_counting_a_request_touches_no_file(path: Path) -> None:
    service = counted(path)
    written = path.read_bytes()
    service.backends.counters(BLUE).count(200, 0.1)
    assert path.read_bytes() == written
    assert all(json.loads(line) for line in written.splitlines())


BUSY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"],
    stdin=subprocess.PIPE)
for line in sys.stdin:
    until = time.process_time() + float(line)
    while time.process_time() < until:
        pass
    print("done", flush=True)
"""


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[str]]:
    """The leader of a process group of two that spends the seconds that it is told."""
    with subprocess.Popen(
        [sys.executable, "-c", BUSY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def spend(busy: subprocess.Popen[str], seconds: float) -> None:
    assert busy.stdin is not None
    assert busy.stdout is not None
    busy.stdin.write(f"{seconds}\n")
    busy.stdin.flush()
    assert busy.stdout.readline() == "done\n"


def test_a_process_group_is_seen_at_work(busy: subprocess.Popen[str]) -> None:
    utilization = Utilization()
    spend(busy, 0.01)
    first = utilization.look([busy.pid])[busy.pid]
    assert first.cores is None
    assert first.memory > 2 * 2**20
    began = time.monotonic()
    spend(busy, 0.2)
    second = utilization.look([busy.pid])[busy.pid]
    passed = time.monotonic() - began
    assert second.cores is not None
    assert 0.15 / passed < second.cores < 1.2
    assert utilization.look([]) == {}


def test_a_minute_of_an_endpoint_is_as_good_as_one_of_a_deployment() -> None:
    counters = Counters()
    counters.observe(Sampled(metric="x"), 1)
    counters.observe(Sampled(metric="x"), 3)
    (gauge,) = counters.minutes[0].gauges.values()
    assert (gauge.count, gauge.total, gauge.low, gauge.high) == (2, 4, 1, 3)
