"""The cache outside the checkout: `$XDG_CACHE_HOME/flow-endpoints/<thing>/<version or hash>`.

An entry is built beside its place and renamed into it: it is either whole or absent,
whoever interrupts. Two who want the same entry at once: one builds, the other waits.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path


def root() -> Path:
    """The cache's directory; it need not exist."""
    home = os.environ.get("XDG_CACHE_HOME") or ""
    # The XDG rules say to ignore a relative path.
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    return base / "flow-endpoints"


def digest(*parts: bytes | str) -> str:
    """12 hex characters that change with any of the parts, or with where one ends."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()[:12]


def entry(thing: str, key: str) -> Path:
    """Where an entry is, or would be."""
    return root() / thing / key


@contextlib.contextmanager
def lock(name: str) -> Generator[None]:
    """Held by one process at a time on this machine; given up also when it is killed."""
    path = root() / "locks" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure(thing: str, key: str, build: Callable[[Path], None]) -> Path:
    """The entry's directory, made by `build(empty directory)` when there is none yet."""
    place = entry(thing, key)
    if place.is_dir():
        return place
    with lock(f"{thing}-{key}"):
        if place.is_dir():
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        for leftover in place.parent.glob(f".{key}.*"):
            shutil.rmtree(leftover, ignore_errors=True)
        site = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=place.parent))
        try:
            build(site)
            site.chmod(0o755)
            site.rename(place)
        finally:
            shutil.rmtree(site, ignore_errors=True)
    return place
