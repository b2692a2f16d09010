"""HTTP/1.1 to the instances, in as few steps as it takes.

A general client spends several times as long on a request as this: no redirects, cookies,
proxies, compression or name resolution happen between the router and a loopback port. What is
sent is bytes that the router has put together; what comes back is either whole or a stream.
"""

from __future__ import annotations

import asyncio
import time

from .http_answer import AnswerParser, Headers
from .wire import Wire

_WHOLE = 1_048_576
"""Bytes up to which an answer of known length is handed over in one piece."""
_QUEUED = 262_144
"""Bytes waiting for a slow caller above which an instance is not read any further."""
_IDLE = 1.2
"""Seconds. gunicorn drops an idle connection after 2: let go of it before it does."""


class BrokenAnswerError(ConnectionError):
    """The instance broke off, or what it sent is no HTTP answer."""


class Answer:
    """The head of an answer, and its body: whole, or to be read."""

    __slots__ = ("_connection", "body", "headers", "status")

    def __init__(self, connection: Connection, parser: AnswerParser) -> None:
        self._connection = connection
        self.status = parser.status
        self.headers: Headers = parser.headers
        self.body = parser.take() if parser.finished else None
        """All of it; None when it must be read with `next`."""

    def next(self) -> asyncio.Future[bytes]:
        """More of the body; b"" at its end. Raises `BrokenAnswerError`."""
        return self._connection.read()

    async def rest(self) -> bytes:
        """All that is left of the body."""
        if self.body is not None:
            return self.body
        parts: list[bytes] = []
        while part := await self.next():
            parts.append(part)
        return b"".join(parts)


class InstanceConnections:
    """Connections by the instances' URLs, http://host:port."""

    def __init__(self) -> None:
        self._idle: dict[str, list[Connection]] = {}

    def _free(self, url: str) -> Connection | None:
        idle = self._idle.get(url)
        while idle:
            found = idle.pop()
            if found.usable:
                return found
            found.close()
        return None

    def to(self, url: str) -> Connection:
        """A free one, or a new one. Raises `OSError`."""
        return self._free(url) or Connection(url, self._idle.setdefault(url, []))

    def close(self) -> None:
        """Close the idle ones."""
        for idle in self._idle.values():
            for one in tuple(idle):
                one.close()
        self._idle.clear()


class Connection:
    """One connection to an instance; one exchange at a time."""

    def __init__(self, url: str, idle: list[Connection]) -> None:
        host, _, port = url.removeprefix("http://").rpartition(":")
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._wire = Wire(host, int(port), receive=self._received, lost=self._lost)
        self._parser: AnswerParser | None = None
        self._head: asyncio.Future[Answer] | None = None
        self._reader: asyncio.Future[bytes] | None = None
        self._error: BrokenAnswerError | None = None
        self._paused = False
        self._idle_since = time.monotonic()

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return not self._wire.closed and time.monotonic() - self._idle_since < _IDLE

    def send(self, message: bytes, *, bodiless: bool) -> asyncio.Future[Answer]:
        """Send a whole request. `bodiless`: its answer has no body whatever its head says.

        The future raises `BrokenAnswerError`. Who stops waiting for it closes the connection.
        """
        self._head = self._loop.create_future()
        self._parser = AnswerParser(bodiless=bodiless)
        self._reader = None
        self._wire.write(message)
        return self._head

    def read(self) -> asyncio.Future[bytes]:
        """The next part of a body that is not whole."""
        self._reader = self._loop.create_future()
        self._hand_over()
        return self._reader

    def close(self) -> None:
        """Break off, whatever is under way."""
        self._wire.close()
        if self in self._idle:
            self._idle.remove(self)

    def _lost(self, error: OSError | None) -> None:
        self.close()
        if self._parser is not None and error is None:
            self._parser.end()
        why = "it closed the connection" if error is None else type(error).__name__
        self._go_on(why, lost=True)

    def _received(self, data: bytes) -> None:
        if self._parser is None:  # nothing was asked
            self.close()
            return
        try:
            self._parser.feed(data)
        except ValueError as error:
            self._fail(str(error))
        else:
            self._go_on("")

    def _go_on(self, why: str, *, lost: bool = False) -> None:
        parser, head = self._parser, self._head
        if parser is None:
            return
        if lost and not parser.finished:
            self._fail(why)
            return
        if head is not None and not head.done() and _tellable(parser):
            head.set_result(Answer(self, parser))
            if parser.finished:
                self._release(parser)
                return
        self._hand_over()
        told = head is not None and head.done()
        if told and parser.size > _QUEUED and not self._paused:
            self._paused = True
            self._wire.pause()

    def _hand_over(self) -> None:
        reader, parser = self._reader, self._parser
        if reader is None or reader.done():
            return
        if parser is not None and parser.size:
            reader.set_result(parser.take())
            if self._paused:
                self._paused = False
                self._wire.resume()
        elif self._error is not None:
            reader.set_exception(self._error)
        elif parser is None or parser.finished:
            reader.set_result(b"")
            if parser is not None:
                self._release(parser)

    def _release(self, parser: AnswerParser) -> None:
        """The answer is handed over: ready for the next request, or closed."""
        self._parser = None
        if not parser.keep:
            self.close()
        elif not self._wire.closed:
            self._idle_since = time.monotonic()
            self._idle.append(self)

    def _fail(self, why: str) -> None:
        self._error = BrokenAnswerError(why)
        if self._head is not None and not self._head.done():
            self._head.set_exception(self._error)
        self._hand_over()
        self.close()


def _tellable(parser: AnswerParser) -> bool:
    """Whether it is time to hand over the head: a short answer waits for its body."""
    if not parser.status:
        return False
    missing = parser.missing
    return parser.finished or missing is None or missing + parser.size > _WHOLE
