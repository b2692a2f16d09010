"""Each tool: there already, or got now, with the time it took.

When everything is there, this costs a few file reads: what was found out about the machine
is kept in .venv/tools.json.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from tools import azurite, cache, pulumi_cli, venv
from tools.checkout import PYTHON, ROOT, VENV, ToolError
from tools.lines import Lines, duration, listed

_KNOWN = VENV / "tools.json"
_RUNTIME_PINS = ROOT / "local_azure" / "serving" / "requirements" / "promptflow-runtime.txt"
_RUNTIME_MODULE = "local_azure.serving.environments"


class ToolChain:
    """Gets the tools in order; `summary` says what there is."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._parts: list[str] = []
        self.slow = False
        """Whether anything had to be made."""
        self.pulumi_bin = Path()
        """The directory of the Pulumi CLI, once `pulumi` was called."""

    def summary(self) -> str:
        """`Pulumi CLI 3.258.0 (built in 4 min 9 s) · Azurite 3.35.0`."""
        return listed(self._parts)

    def python(self) -> None:
        """.venv with the pinned packages."""
        if venv.ready():
            return
        self._say(f"installing {venv.packages()} Python packages into .venv")
        seconds = _timed(venv.make)
        self._parts.append(f"Python packages ({duration(seconds)})")

    def pulumi(self) -> None:
        """The Pulumi CLI: on PATH, in the cache, or got now."""
        version = self._version_on_path()
        found = pulumi_cli.on_path()
        if found and pulumi_cli.new_enough(version):
            self.pulumi_bin = found.parent
            self._parts.append(f"Pulumi CLI {version}")
            return
        made = pulumi_cli.cached()
        how = ""
        if made is None:
            began = time.monotonic()
            made, verb = pulumi_cli.provide(self._say)
            how = f" ({verb} in {duration(time.monotonic() - began)})"
        self.pulumi_bin = made
        self._parts.append(f"Pulumi CLI {pulumi_cli.VERSION}{how}")

    def azurite(self) -> None:
        """The blob store of the local Azure."""
        how = ""
        if not azurite.ready():
            self._say(f"installing Azurite {azurite.version()}")
            how = f" ({duration(_timed(azurite.install))})"
        self._parts.append(f"Azurite {azurite.version()}{how}")

    def runtime(self) -> None:
        """The Python environment that local deployments run in."""
        if not _RUNTIME_PINS.exists():
            return
        pins = _RUNTIME_PINS.read_text()
        version = next(
            (p.split("==")[1] for p in pins.split() if p.startswith("promptflow-core==")), ""
        )
        place = cache.root() / "environments"
        key = cache.digest(pins, str(place))
        how = ""
        if _recall().get("runtime") != key or not place.is_dir():
            text = f"installing the prompt flow runtime {version}, about a minute"
            began = time.monotonic()
            if _warm_runtime(lambda: self._say(text)):
                how = f" ({duration(time.monotonic() - began)})"
            _remember("runtime", key)
        self._parts.append(f"prompt flow runtime {version}{how}")

    def _version_on_path(self) -> str | None:
        """Of the CLI on PATH. Asked once per binary: starting it takes 0.2 s."""
        found = pulumi_cli.on_path()
        if found is None:
            return None
        seen = found.stat()
        binary = f"{found.resolve()} {seen.st_size} {seen.st_mtime_ns}"
        known = _recall()
        if known.get("pulumi") == binary:
            return known.get("pulumi_version")
        version = pulumi_cli.version_of(found)
        _remember("pulumi", binary)
        _remember("pulumi_version", version or "")
        return version

    def _say(self, text: str) -> None:
        self.slow = True
        self._lines.say("tools", text)


def _timed(make: Callable[[], None]) -> float:
    """Seconds it took."""
    began = time.monotonic()
    make()
    return time.monotonic() - began


def _warm_runtime(begins: Callable[[], None]) -> bool:
    """Returns whether there was anything to install; its first word says so."""
    command = [str(PYTHON), "-m", _RUNTIME_MODULE]
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            if not said:
                begins()
            said.append(line.strip())
    if process.returncode:
        raise ToolError(
            f"cannot install the prompt flow runtime: {said[-1] if said else 'no reason given'}\n"
            "Is the package index to be reached?"
        )
    return bool(said)


def _recall() -> dict[str, str]:
    try:
        return cast("dict[str, str]", json.loads(_KNOWN.read_text()))
    except (OSError, ValueError):
        return {}


def _remember(name: str, value: str) -> None:
    _KNOWN.write_text(json.dumps({**_recall(), name: value}))
