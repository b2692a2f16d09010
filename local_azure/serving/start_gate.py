"""How many instances may be starting at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

_LONGEST = 20.0
"""Seconds after which a start that is not ready lets the next one go ahead: it may be one
that never will be."""


class StartGate:
    """`width` starts at once; importing the runtime keeps a core busy for seconds each."""

    def __init__(self, width: int, *, longest: float = _LONGEST) -> None:
        self._free = asyncio.Semaphore(width)
        self._longest = longest

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None, None]:
        """Wait for a place; it is given back at the end, or after `longest` seconds."""
        await self._free.acquire()
        held = True

        def give_back() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        timer = asyncio.get_running_loop().call_later(self._longest, give_back)
        try:
            yield
        finally:
            timer.cancel()
            give_back()
