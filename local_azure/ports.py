"""The two public ports of a world: the plain site and the proxy."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from local_azure.arm.shape import parse_object
from local_azure.home import StartError
from local_azure.world import write_private


class Ports:
    """The two public ports: those of the last time where they are free, so that scoring URIs in
    a stack's state stay true over a restart."""

    def __init__(self, home: Path) -> None:
        self._path = home / "ports.json"
        before = parse_object(self._path.read_bytes()) if self._path.exists() else None
        self._http, self._proxy = (_bound((before or {}).get(name)) for name in ("http", "proxy"))
        self.http: int = self._http.getsockname()[1]
        self.proxy: int = self._proxy.getsockname()[1]

    def take_http(self) -> socket.socket:
        """The bound socket of the plain site."""
        return self._http

    def take_proxy(self) -> socket.socket:
        """The bound socket of the proxy."""
        return self._proxy

    def keep(self) -> None:
        """Write the ports down for the next start."""
        write_private(self._path, json.dumps({"http": self.http, "proxy": self.proxy}))


def _bound(port: object) -> socket.socket:
    for wanted in (port if isinstance(port, int) else 0, 0):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", wanted))
        except OSError:
            found.close()
            continue
        return found
    raise StartError("there is no free port on 127.0.0.1")
