"""No secret leaves its place: canaries are planted, and everything a run leaves is searched."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import cast

import psutil

from tests.stack.project import Project

CANARY = "canary-7f41c0de"
KEEPERS = {"world.json", "snapshot.json"}
"""The local Azure's own vault: the files it keeps its keys in, for its owner's eyes alone."""


class ArgvWatch(threading.Thread):
    """Sees the arguments of all processes, for as long as it runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[str] = set()
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.is_set():
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    self.seen.update(process.cmdline())
            time.sleep(0.02)

    def stop(self) -> str:
        self._done.set()
        self.join()
        return "\n".join(self.seen)


def test_no_planted_secret_is_found(project: Project) -> None:
    project.env["CANARY_FROM_SHELL"] = CANARY
    watch = ArgvWatch()
    watch.start()
    said = [project.tools(*words).must_work().text for words in RUNS]
    said.append(project.pulumi("preview", "--json", "--stack", "local").text)
    said.append(project.pulumi("stack", "output", "--json", "--stack", "local").text)
    said.append(project.pulumi("stack", "export", "--stack", "local").text)
    argv = watch.stop()

    home = project.folder / ".local" / "azure"
    secrets = secrets_of(home) | {project.tools("key").must_work().out.strip(), CANARY}
    assert len(secrets) >= 5, "the local Azure keeps fewer secrets than it must"

    places = {"what was printed": "\n".join(said), "process arguments": argv}
    for path in (project.folder / ".local").rglob("*"):
        if path.is_file() and path.name not in KEEPERS and path.suffix not in (".key", ".pem"):
            places[str(path.relative_to(project.folder))] = path.read_text(errors="replace")
    assert any("service.log" in place for place in places)
    assert any(".local/pulumi/" in place for place in places)
    found = {place for place, text in places.items() if any(s in text for s in secrets)}
    assert found == set()


RUNS = (("up",), ("up",), ("invoke",), ("logs",), ("status",), ("preview",))


def secrets_of(home: Path) -> set[str]:
    """Every string in the local Azure's vault that stands under a secret's name."""
    found: set[str] = set()

    def walk(value: object, name: str = "") -> None:
        match value:
            case dict():
                for key, each in cast("dict[str, object]", value).items():
                    walk(each, key)
            case list():
                for each in cast("list[object]", value):
                    walk(each, name)
            case str() if len(value) >= 16 and is_secret(name):
                found.add(value)
            case _:
                pass

    for path in KEEPERS:
        walk(json.loads((home / path).read_text()))
    return found


def is_secret(name: str) -> bool:
    lowered = name.lower()
    return lowered.endswith("key") or any(
        part in lowered for part in ("secret", "signing", "password")
    )
