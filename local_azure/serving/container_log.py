"""The logs of one deployment's two containers, in files, as `get_logs` shows them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path

_STAGES = ("SystemSetup", "UserContainerImagePull", "ModelDownload", "UserContainerStart")
_LIMIT = 20_000_000
"""Bytes: a longer log is cut to its second half."""


class ContainerLog:
    """A file that the platform and the container's processes append to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, text: str) -> None:
        """Append lines, each with the time (UTC)."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        with self.path.open("a") as file:
            file.writelines(f"{now} {line}\n" for line in text.splitlines())

    def size(self) -> int:
        """Bytes; a place to `read_from` later."""
        return self.path.stat().st_size if self.path.exists() else 0

    def read_from(self, offset: int) -> str:
        """What was written since `offset`, at most the last 256 kB of it."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(max(offset, self.size() - 262_144))
            return file.read().decode(errors="replace")

    def tail(self, lines: int) -> str:
        """The last lines, each ended by a newline."""
        kept = self.read_from(0).splitlines()[-lines:] if lines > 0 else []
        return "".join(f"{line}\n" for line in kept)

    def trim(self) -> None:
        """Cut a log that has grown long. Processes append, so they go on at the new end."""
        if self.size() > _LIMIT:
            with self.path.open("r+b") as file:
                file.seek(-_LIMIT // 2, os.SEEK_END)
                rest = file.read()
                file.seek(0)
                file.write(rest)
                file.truncate()


class DeploymentLog:
    """Both logs of a deployment, and how far its start has come."""

    def __init__(self, folder: Path) -> None:
        self.server = ContainerLog(folder / "inference-server.log")
        self.storage = ContainerLog(folder / "storage-initializer.log")
        self._stages: dict[str, str] = {}

    def begin(self) -> None:
        """A new start: no stage has begun."""
        self._stages.clear()

    def stage(self, name: str, state: str) -> None:
        """`state`: InProgress, Succeeded or Failed."""
        self._stages[name] = state

    @property
    def stages(self) -> Mapping[str, str]:
        """Name -> state, for the stages that have begun."""
        return self._stages

    def server_text(self, tail: int) -> str:
        """The inference server's log under the status lines that the service puts first."""
        status = "".join(
            f"{name}: {self._stages[name]}\n" for name in _STAGES if name in self._stages
        )
        return f"Instance status:\n{status}\nContainer logs:\n{self.server.tail(tail)}"
