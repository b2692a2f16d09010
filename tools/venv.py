"""The checkout's .venv, with exactly what requirements-dev.txt says.

Made again when that file changes or when its Python is gone; a stamp inside says what it was
made from. Installed with uv where there is one, else with pip of any age: every package is
pinned, so nothing is left to resolve.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import cache
from tools.checkout import PYTHON, ROOT, VENV, ToolError

REQUIREMENTS = ROOT / "requirements-dev.txt"
_STAMP = VENV / "made-from"


def ready() -> bool:
    """Whether .venv is whole and as the requirements say."""
    return (
        os.access(PYTHON, os.X_OK)
        and _STAMP.is_file()
        and _STAMP.read_text() == cache.digest(REQUIREMENTS.read_bytes())
    )


def packages() -> int:
    """How many packages the requirements name, for the line that says what is going on."""
    return sum("==" in line for line in REQUIREMENTS.read_text().splitlines())


def make() -> None:
    """Make it anew. Raises `ToolError`."""
    with cache.lock(f"venv-{cache.digest(str(ROOT))}"):
        if ready():
            return
        if VENV.is_symlink():
            VENV.unlink()
        shutil.rmtree(VENV, ignore_errors=True)
        uv = shutil.which("uv")
        _create(uv)
        _install(uv)
        _STAMP.write_text(cache.digest(REQUIREMENTS.read_bytes()))


def _create(uv: str | None) -> None:
    python = _base_python()
    done = _run([python, "-m", "venv", str(VENV)])
    if done.returncode and uv:
        # Debian's Python comes without ensurepip; uv brings pip itself.
        shutil.rmtree(VENV, ignore_errors=True)
        done = _run([uv, "venv", "--quiet", "--seed", "--python", python, str(VENV)])
    if done.returncode:
        raise ToolError(
            f"cannot make .venv with {python}: {_last_line(done)}\n"
            "Install that Python's venv module (python3-venv on Debian and Ubuntu), or uv."
        )


def _install(uv: str | None) -> None:
    options = ["--no-deps", "--requirement", str(REQUIREMENTS)]
    if uv:
        # As pip does: uncompiled, every run of the CLI would take seconds longer where Python
        # is told not to write bytecode.
        options = ["--compile-bytecode", *options]
        done = _run([uv, "pip", "install", "--quiet", "--python", str(PYTHON), *options])
    else:
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        done = _run([*pip, "install", "--quiet", *options])
    if done.returncode:
        raise ToolError(
            f"cannot install the Python packages: {_last_line(done)}\n"
            "Is the package index to be reached? `pip config list` and `env | grep -i -e pip -e uv`"
            " say which one is asked."
        )


def _base_python() -> str:
    """This Python, and not a virtual environment's: that one may be the .venv to replace."""
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return str(base) if base.exists() else sys.executable


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or [f"exit {done.returncode}"])[-1]
