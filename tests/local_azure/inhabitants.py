"""Who lives in a world's home, seen from outside: by what the machine says of its processes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil


def inhabitants(home: Path) -> set[int]:
    """The processes that belong to a home: the service itself, and what it has started."""
    found: set[int] = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            lives = Path(process.environ().get("HOME", "")).is_relative_to(home)
            serves = f"--home={home}" in process.cmdline()
            if (lives or serves) and process.status() != psutil.STATUS_ZOMBIE:
                found.add(process.pid)
    return found
