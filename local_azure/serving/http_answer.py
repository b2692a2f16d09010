"""Reading an HTTP/1.1 answer piece by piece (RFC 9112, sections 4 to 7). Pure."""

from __future__ import annotations

from typing import Literal

Headers = list[tuple[str, str]]

_END = b"\r\n\r\n"
_LONGEST_HEAD = 131_072


class AnswerParser:
    """Fed with what arrives. The head is there when `status` is; the body comes by `take`."""

    def __init__(self, *, bodiless: bool) -> None:
        self._bodiless = bodiless
        self._pending: bytes = b""
        self._left = 0
        self._parts: list[bytes] = []
        self.status = 0
        """0 until the whole head has arrived."""
        self.headers: Headers = []
        self.framing: Literal["length", "chunked", "close"] = "close"
        self.keep = False
        """Whether the connection can carry another request afterwards."""
        self.size = 0
        """Bytes that wait to be taken."""
        self.finished = False

    @property
    def missing(self) -> int | None:
        """Bytes of the body that are still to come; None when nobody knows."""
        return self._left if self.framing == "length" else None

    def feed(self, data: bytes) -> None:
        """More bytes. Raises `ValueError` when they are no HTTP answer."""
        if self.finished:
            raise ValueError("more than was announced")
        while not self.status:
            data = self._pending + data
            end = data.find(_END)
            if end < 0:
                if len(data) > _LONGEST_HEAD:
                    raise ValueError("a head that does not end")
                self._pending = data
                return
            head, data, self._pending = data[:end], data[end + 4 :], b""
            self._read_head(head.decode("latin-1"))
        if self.framing == "chunked":
            self._unchunk(data)
            return
        self._store(data)
        if self.framing == "length":
            self._left -= len(data)
            if self._left < 0:
                raise ValueError("a body longer than announced")
            self.finished = not self._left

    def end(self) -> None:
        """The connection was closed. `finished` tells whether the answer was whole."""
        self.finished = self.finished or (self.status > 0 and self.framing == "close")

    def take(self) -> bytes:
        """What has arrived of the body since the last time."""
        parts = self._parts
        joined = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts = []
        self.size = 0
        return joined

    def _read_head(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        version, code, *_ = first.split(" ", 2)
        if not version.startswith("HTTP/1."):
            raise ValueError(f"no HTTP answer: {version!r}")
        status = int(code)
        if status < 200:  # an interim answer: the real one follows
            return
        self.keep = version != "HTTP/1.0"
        for line in lines:
            name, _, value = line.partition(":")
            value = value.strip()
            self.headers.append((name, value))
            lower = name.lower()
            if lower == "content-length" and self.framing != "chunked":
                self.framing, self._left = "length", int(value)
            elif lower == "transfer-encoding" and value.lower() == "chunked":
                self.framing, self._left = "chunked", 0
            elif lower == "connection" and value.lower() == "close":
                self.keep = False
        if self._bodiless or status in (204, 304):
            self.framing, self._left = "length", 0
        self.keep = self.keep and self.framing != "close"
        self.status = status

    def _unchunk(self, data: bytes) -> None:
        """`_left`: bytes missing of a chunk and its line end; `_pending`: an unfinished line."""
        data = self._pending + data
        self._pending = b""
        while data:
            if not self._left:
                line, ended, rest = data.partition(b"\r\n")
                size = int(line.split(b";", 1)[0], 16) if ended else -1
                self.finished = size == 0 and (rest == b"\r\n" or rest.endswith(_END))
                if size <= 0:
                    self._pending = b"" if self.finished else data
                    return
                self._left, data = size + 2, rest
            part, data = data[: self._left], data[self._left :]
            self._store(part[: max(0, self._left - 2)])
            self._left -= len(part)

    def _store(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
            self.size += len(data)
