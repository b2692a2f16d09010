"""The payloads of one exchange, for the data collector's `request` and `response`."""

from __future__ import annotations

from collections.abc import Sequence

from .collected_events import Event
from .data_collector import Collector

_LONGEST = 64_000_000
"""Bytes of a streamed answer that are kept."""


class PayloadCopy:
    """Takes what is passed on, and keeps it at the end if the sample is hit."""

    def __init__(
        self,
        collector: Collector,
        *,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> None:
        self._collector = collector
        self._method = method
        self._path = path
        self._headers = headers
        self._body = body
        self._request = collector.wants("request")
        self._response = collector.wants("response")
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        """A part of the answer's body."""
        if self._response and self._size < _LONGEST:
            self._parts.append(part)
            self._size += len(part)

    def keep(self, answered: Sequence[tuple[str, str]]) -> None:
        """The exchange is over; `answered`: the headers of the answer."""
        request_id = _header(self._headers, "x-ms-request-id")
        if self._request:
            where = {"path": self._path, "method": self._method}
            self._keep("request", self._headers, self._body, request_id=request_id, more=where)
        if self._response:
            body = b"".join(self._parts)
            self._keep("response", answered, body, request_id=request_id, more={})

    def _keep(
        self,
        collection: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        *,
        request_id: str,
        more: dict[str, str],
    ) -> None:
        wanted = self._collector.captured
        captured = {name: value for name, value in headers if name.lower() in wanted}
        self._collector.add(
            Event(
                collection=collection,
                request_id=request_id,
                content_type=_header(headers, "content-type").partition(";")[0].strip(),
                data=body,
                # Where the service puts captured headers is documented nowhere.
                attributes={**more, **({"headers": captured} if captured else {})},
            )
        )


def _header(headers: Sequence[tuple[str, str]], name: str) -> str:
    return next((value for one, value in headers if one.lower() == name), "")
