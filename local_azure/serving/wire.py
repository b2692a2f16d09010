"""A TCP connection to a loopback port, with no more between it and the event loop than needed.

Sync gunicorn workers close after each answer, so the router connects anew for most requests:
asyncio's own way of connecting costs as much there as all the rest of the exchange.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable

_READ = 65_536


class Wire:
    """Connects at once, without waiting: what is written goes out when it can.

    `receive` gets what arrives; `lost` is called once when the other side is gone: with None
    when it closed, else with the error. Neither is called after `close`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        receive: Callable[[bytes], None],
        lost: Callable[[OSError | None], None],
    ) -> None:
        self._receive = receive
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._pending = b""
        self.closed = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        # The number, not the socket: selectors write down an unknown one's repr at each turn.
        self._number = self._socket.fileno()
        code = self._socket.connect_ex((host, port))
        if code not in (0, errno.EINPROGRESS):
            self._socket.close()
            raise OSError(code, os.strerror(code))
        self._loop.add_reader(self._number, self._readable)

    def write(self, data: bytes) -> None:
        """Send, now or as soon as possible."""
        if self.closed:
            return
        if self._pending:
            self._pending += data
            return
        self._pending = data
        self._send()
        if self._pending and not self.closed:
            self._loop.add_writer(self._number, self._writable)

    def pause(self) -> None:
        """Read nothing until `resume`."""
        if not self.closed:
            self._loop.remove_reader(self._number)

    def resume(self) -> None:
        """Read again."""
        if not self.closed:
            self._loop.add_reader(self._number, self._readable)

    def close(self) -> None:
        """Break off. May be called again."""
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._number)
            if self._pending:
                self._loop.remove_writer(self._number)
            self._socket.close()

    def _send(self) -> None:
        try:
            self._pending = self._pending[self._socket.send(self._pending) :]
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)

    def _writable(self) -> None:
        self._send()
        if not self._pending and not self.closed:
            self._loop.remove_writer(self._number)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)
            return
        if data:
            self._receive(data)
        else:
            self._end(None)

    def _end(self, error: OSError | None) -> None:
        self.close()
        self._lost(error)
