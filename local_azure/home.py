"""A world's home folder: who holds it, and the settings kept in it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local_azure.arm.shape import parse_object
from local_azure.settings import SettingError, Settings
from local_azure.world import write_private

HEADER = "X-Local-Azure-Key"
"""Of requests to `/_local`: the world's admin key."""


class StartError(Exception):
    """The service cannot start; the message is for the user."""


def load_settings(home: Path, values: Mapping[str, str]) -> Settings:
    """The settings kept in `home`, with `values` set and kept. Raises `SettingError`."""
    path = home / "settings.json"
    kept = (parse_object(path.read_bytes()) or {}) if path.exists() else {}
    settings = Settings()
    with suppress(SettingError):  # a setting that an older version knew is dropped
        settings = settings.with_values({name: str(value) for name, value in kept.items()})
    settings = settings.with_values(values)
    write_private(path, json.dumps(settings.as_texts()))
    return settings


def lock(home: Path) -> int | None:
    """Take the home's lock for this process; None when another process has it."""
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    os.set_inheritable(descriptor, False)
    return descriptor


async def lost(home: Path, descriptor: int) -> None:
    """Returns when the lock that `descriptor` holds is not the home's any more: the folder was
    removed, or another one is in its place. Nobody would find this process again."""
    held = os.fstat(descriptor)
    while True:
        try:
            if not os.path.samestat(held, (home / "lock").stat()):
                return
        except FileNotFoundError:
            return
        await asyncio.sleep(1)
