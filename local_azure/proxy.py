"""The CONNECT proxy: Azure's host names end here, every other host is refused.

It opens connections to loopback only: to our own TLS site, and to Azurite for blobs. So a
client that is pointed at it can never reach a real cloud.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Mapping
from contextlib import suppress

from local_azure import telemetry
from local_azure.faults import Faults

LOG = logging.getLogger("local_azure.proxy")
HOSTS = ("management.azure.com", "login.microsoftonline.com", telemetry.HOST)
SUFFIXES = (
    ".inference.ml.azure.com",
    ".openai.azure.com",
    ".api.azureml.ms",
    ".experiments.azureml.net",
    telemetry.SUFFIX,
)
BLOB_SUFFIX = ".blob.core.windows.net"
HEAD_SECONDS = 30.0
CHUNK = 262144


class Proxy:
    """`asyncio.start_server` with one rule: played hosts are spliced, others get a 403."""

    def __init__(
        self, *, site_port: int, blob_port: int, blob_host: str, faults: Faults | None = None
    ) -> None:
        self._site_port = site_port
        self._blob_port = blob_port
        self._blob_host = blob_host.lower()
        self._faults = faults or Faults()
        """Those with method CONNECT: the only ones that can hit blob storage."""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self, bound: socket.socket) -> None:
        """Listen on a socket that is bound to loopback."""
        self._server = await asyncio.start_server(self._accept, sock=bound, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop what is open."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=2)

    def target(self, host: str, port: int) -> int | None:
        """The loopback port that answers for a host, None for a host that is not played."""
        host = host.lower().rstrip(".")
        if port != 443:
            return None
        if host in HOSTS or host.endswith(SUFFIXES):
            return self._site_port
        return self._blob_port if host == self._blob_host else None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, or does not speak HTTP
        except asyncio.TimeoutError:
            pass
        finally:
            if task is not None:
                self._open.discard(task)
            with suppress(OSError, RuntimeError):
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        method, address = (words[0], words[1]) if len(words) == 3 else ("?", "")
        host, port = _authority(method, address)
        target = self.target(host, port) if method == "CONNECT" else None
        if target is None:
            await _refuse(writer, host, port)
            return
        fault = self._faults.of_request("CONNECT", host, "")
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind != "slow":
                return
        out_reader, out_writer = await asyncio.open_connection("127.0.0.1", target)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, out_writer), _pump(out_reader, writer))
        finally:
            with suppress(OSError, RuntimeError):
                out_writer.close()


def _authority(method: str, address: str) -> tuple[str, int]:
    """Host and port of a CONNECT target, or of the absolute URL of a plain request."""
    plain = 443
    if method != "CONNECT":
        scheme, _, rest = address.partition("://")
        plain = 80 if scheme == "http" else 443
        address = rest.split("/", 1)[0].rsplit("@", 1)[-1]
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        return address.strip("[]"), plain
    return host.strip("[]"), int(port)


async def _refuse(writer: asyncio.StreamWriter, host: str, port: int) -> None:
    shown = "".join(char for char in host[:253] if char.isprintable()) or "(no host)"
    LOG.info("refused %s:%d", shown, port)
    message = (
        f"{shown}:{port} is not played by the local Azure, and it connects to nothing else. "
        f"Played: {', '.join([*HOSTS, '*' + BLOB_SUFFIX, *('*' + end for end in SUFFIXES)])}, "
        "each on port 443 by CONNECT (of blob accounts the world's own)."
    )
    error: Mapping[str, object] = {"error": {"code": "HostNotPlayed", "message": message}}
    body = json.dumps(error).encode()
    writer.write(
        b"HTTP/1.1 403 Host not played by the local Azure\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the one side ends, then let the other side know."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()
