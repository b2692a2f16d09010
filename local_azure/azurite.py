"""Blob storage: Azurite, as one child process behind the proxy."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from local_azure import processes
from local_azure.certificates import Authority
from local_azure.home import StartError
from local_azure.world import World

READY = re.compile(rb"listen\w* (?:at|on) https://[\d.]+:(\d+)")
START_SECONDS = 60.0


class AzuriteError(StartError):
    """Azurite is missing or did not start; the message says what to do."""


def command() -> list[str]:
    """How to run Azurite: FLOW_ENDPOINTS_AZURITE, else what the tool chain knows, else PATH.

    Raises `AzuriteError` when there is none.
    """
    given = os.environ.get("FLOW_ENDPOINTS_AZURITE")
    if given:
        return [str(part) for part in json.loads(given)]
    try:
        found: Sequence[str] = importlib.import_module("tools.azurite").command()
    except (ImportError, AttributeError):
        found = ()
    if found:
        return list(found)
    on_path = shutil.which("azurite-blob")
    if on_path:
        return [on_path]
    raise AzuriteError(
        "Azurite is not installed: run `make setup`, or put its command as a JSON list in "
        "FLOW_ENDPOINTS_AZURITE"
    )


def _blob_only(parts: list[str]) -> list[str]:
    """The same Azurite, but its blob service alone (queues and tables are not needed)."""
    script = Path(parts[-1])
    blob_script = script.parent / "blob" / "main.js"
    return [*parts[:-1], str(blob_script)] if blob_script.exists() else parts


class Azurite:
    """The child process. `port` is its TLS port on loopback."""

    def __init__(self, home: Path, world: World, authority: Authority) -> None:
        self._home = home
        self._world = world
        self._authority = authority
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Start it and wait until it listens. Raises `AzuriteError`."""
        certificate, key = self._authority.files_for("azurite", "*.blob.core.windows.net")
        data = self._home / "azurite"
        data.mkdir(exist_ok=True)
        accounts = f"{self._world.storage_account}:{self._world.storage_key}"
        self._process = await asyncio.create_subprocess_exec(
            *_blob_only(command()),
            *("--location", str(data), "--blobHost", "127.0.0.1", "--blobPort", "0"),
            *("--cert", str(certificate), "--key", str(key), "--oauth", "basic"),
            *("--skipApiVersionCheck", "--disableTelemetry", "--silent"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "AZURITE_ACCOUNTS": accounts, "HOME": str(data)},
            start_new_session=True,
        )
        processes.remember(self._home, self._process.pid, "azurite")
        try:
            self.port = await asyncio.wait_for(self._listening(), START_SECONDS)
        except asyncio.TimeoutError as error:
            raise AzuriteError(f"Azurite did not listen after {START_SECONDS:.0f} s") from error
        self._drain = asyncio.create_task(self._read_on())

    async def _listening(self) -> int:
        output = self._output()
        said: list[str] = []
        while line := await output.readline():
            found = READY.search(line)
            if found:
                return int(found[1])
            said.append(line.decode(errors="replace").strip())
        raise AzuriteError(f"Azurite ended at its start: {' / '.join(said[-3:]) or 'no output'}")

    async def _read_on(self) -> None:
        while await self._output().read(65536):
            pass  # its access log would hold SAS signatures

    def _output(self) -> asyncio.StreamReader:
        if self._process is None or self._process.stdout is None:
            raise AzuriteError("Azurite was not started")
        return self._process.stdout

    def abandon(self) -> None:
        """End it at once: what it would write has no place any more."""
        if self._process is not None:
            self._process.kill()

    async def close(self) -> None:
        """End it. It writes its index on SIGTERM, so it gets the time for that."""
        if self._process is None:
            return
        pid = self._process.pid
        found = [child for child in processes.children(self._home) if child.pid == pid]
        for child in found:
            await asyncio.to_thread(processes.end, self._home, child, patience=10.0)
        await self._process.wait()
        if self._drain is not None:
            await self._drain
