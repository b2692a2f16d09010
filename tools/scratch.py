"""A site for the moment: one process has it, and nothing of it is left behind.

Whoever is stopped, by Ctrl-C, a closed terminal or `kill`, still takes down what was started.
A site whose owner was killed outright is taken down by the next one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from tools import engine, environment
from tools.checkout import LOCAL, REHEARSALS, Site, ToolError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Signals that ask this process to end, as KeyboardInterrupt, when it suits."""

    def __init__(self) -> None:
        self.asked = False
        """Whether anybody asked; reading the engine's events goes on until the CLI has ended."""
        self._held = False

    def check(self) -> None:
        """Raises KeyboardInterrupt when somebody asked."""
        if self.asked:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Generator[None]:
        """A step that is not to be broken off in the middle."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self.check()

    def forget(self) -> None:
        """From here on nobody is listened to."""
        self._held = True

    def take(self, number: int, _: FrameType | None) -> None:
        """A signal's handler."""
        self.asked = True
        if number != signal.SIGINT:  # a terminal's reaches the CLI by itself
            engine.interrupt()
        if not self._held:
            raise KeyboardInterrupt


@contextmanager
def scratch(site: Site) -> Generator[Interrupts]:
    """The site, empty, for this process alone. Raises `ToolError` when another one has it."""
    descriptor = _locked(site)
    interrupts = Interrupts()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, interrupts.take)
    try:
        with interrupts.held():
            _clear(site)
        yield interrupts
    finally:
        interrupts.forget()
        engine.end()
        _clear(site)
        _remove(site)
        os.close(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)


def _locked(site: Site) -> int:
    """The lock: on the folder itself, so that it goes with it."""
    while True:
        site.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(site.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise ToolError(
                f"stack {site.stack} is being rehearsed already\n"
                "Wait for its end, or press Ctrl-C there."
            ) from error
        with suppress(FileNotFoundError):
            if site.folder.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)  # it went with the folder of the one before


def _clear(site: Site) -> None:
    """End what runs there, and remove all but the folder. Raises `ToolError`."""
    if site.azure.exists():
        environment.stop_local_azure(site)
    for entry in site.folder.iterdir():
        shutil.rmtree(entry)


def _remove(site: Site) -> None:
    """The folder, and those above it that nobody else uses."""
    for folder in (site.folder, REHEARSALS, LOCAL):
        if not _removed(folder):
            return


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
