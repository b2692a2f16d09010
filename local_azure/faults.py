"""Faults on demand: which requests and operations go wrong, how, and how often.

Owns the list and the matching. `broken_answers` spoils HTTP answers, `arm.writes` operations.
In memory only: a restart clears them all.
"""

from __future__ import annotations

import asyncio
import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Literal, cast, get_args

from local_azure.arm.errors import ArmError
from local_azure.arm.shape import JsonObject

HttpKind = Literal["status", "drop", "half", "slow"]
OperationKind = Literal["fail", "cancel", "hang"]
HTTP_KINDS: tuple[str, ...] = get_args(HttpKind)
OPERATION_KINDS: tuple[str, ...] = get_args(OperationKind)
KINDS: Mapping[str, str] = {
    "status": "answers with `status` (default 500), and Retry-After when `retry_after` is given",
    "drop": "closes the connection without an answer; nothing was done",
    "half": "does what was asked, then sends half of the answer and closes the connection",
    "slow": "waits `seconds`, then answers as usual",
    "fail": "the operation fails after `seconds` with `code` and `message`",
    "cancel": "the operation is canceled after `seconds`",
    "hang": "the operation stays InProgress until the fault is cleared, or it is canceled",
}
_CODES = {
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


_LEAST = {"retry_after": -1.0}
_OWN = ("id", "passed", "hits", "cleared")


class FaultError(Exception):
    """A fault that cannot be; the message is for the user."""


@dataclass(kw_only=True)
class Fault:
    """One rule. Patterns are globs without case; a path may be `re:` and a regular expression.

    For operations, `method` is PUT or DELETE and `path` the resource's id.
    """

    kind: str
    method: str = "*"
    """Several separated by commas. CONNECT, which `*` leaves out, is the proxy's own: drop and
    slow work there, for blob storage too."""
    host: str = "*"
    path: str = "*"
    times: int = 1
    """How many requests it spoils; 0 is all until it is cleared."""
    after: int = 0
    """How many matching requests it lets pass first."""
    status: int = 500
    code: str = ""
    message: str = ""
    retry_after: float = -1.0
    """Seconds; negative is none."""
    seconds: float = 0.0
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    passed: int = 0
    hits: int = 0
    cleared: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def matches(self, method: str, host: str, path: str) -> bool:
        """Whether a request is of the kind this fault waits for."""
        wanted = {word.strip().upper() for word in self.method.split(",")}
        if not wanted & ({"*", method} if method != "CONNECT" else {method}):
            return False
        if not fnmatchcase(host.lower(), self.host.lower()):
            return False
        if self.path.startswith("re:"):
            return re.search(self.path[3:], path, re.IGNORECASE) is not None
        return fnmatchcase(path.lower(), self.path.lower())

    @property
    def spent(self) -> bool:
        """Whether it has done all its harm."""
        return 0 < self.times <= self.hits

    def error(self) -> ArmError:
        """What it says, in ARM's shape."""
        code = self.code or _CODES.get(self.status) or _phrase(self.status)
        message = self.message or f"A fault of the local Azure ({self.id}): {code}."
        return ArmError(self.status, code, message, headers=self.headers())

    def headers(self) -> dict[str, str]:
        """Retry-After, in the milliseconds that clients also know when it is below a second."""
        if self.retry_after < 0:
            return {}
        if 0 < self.retry_after < 1:
            wait = str(int(self.retry_after * 1000))
            return {"x-ms-retry-after-ms": wait, "retry-after-ms": wait}
        return {"Retry-After": str(int(self.retry_after))}

    def shown(self) -> JsonObject:
        """As the admin route lists it."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "cleared"}
        return cast("JsonObject", {**kept, "spent": self.spent})


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.replace(" ", "")
    except ValueError:
        return f"Status{status}"


def fault_of(values: Mapping[str, str]) -> Fault:
    """A fault out of text values. Raises `FaultError` for what is unknown or unreadable."""
    readers = {one.name: str(one.type) for one in fields(Fault) if one.name not in _OWN}
    kind = values.get("kind", "")
    if kind not in KINDS:
        raise FaultError(f"fault kind {kind!r} is unknown. Known: {', '.join(KINDS)}")
    typed: dict[str, str | int | float] = {}
    for name, value in values.items():
        if name not in readers:
            raise FaultError(f"a fault has no {name!r}. Known: {', '.join(readers)}")
        try:
            typed[name] = {"int": int, "float": float, "str": str}[readers[name]](value)
        except ValueError as error:
            raise FaultError(f"{name}={value!r} of a fault is not a number") from error
    for name, value in typed.items():
        if not isinstance(value, str) and not _LEAST.get(name, 0) <= value < math.inf:
            raise FaultError(f"{name}={value} of a fault is out of range: 0 or more")
    made = Fault(**typed)  # pyright: ignore[reportArgumentType] - typed by name above
    if made.path.startswith("re:"):
        try:
            re.compile(made.path[3:])
        except re.error as error:
            raise FaultError(f"{made.path[3:]!r} is no regular expression: {error}") from error
    if not 200 <= made.status <= 599:
        raise FaultError(f"status {made.status} of a fault is not between 200 and 599")
    return made


class Faults:
    """All faults of a world, in the order in which they were added; the first match wins."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have it wait for its requests."""
        self._faults.append(fault)

    def all(self) -> tuple[Fault, ...]:
        """Those that still wait, and those that are spent."""
        return tuple(self._faults)

    def clear(self, identifier: str = "") -> int:
        """Take one away, or all; what hangs on it goes on. Returns how many went."""
        gone = [one for one in self._faults if identifier in ("", one.id)]
        for one in gone:
            one.cleared.set()
            self._faults.remove(one)
        return len(gone)

    def of_request(self, method: str, host: str, path: str) -> Fault | None:
        """The fault that spoils this request; counts it."""
        return self._hit(HTTP_KINDS, method, host=host, path=path)

    def _hit(self, kinds: tuple[str, ...], method: str, *, host: str, path: str) -> Fault | None:
        for one in self._faults:
            if one.kind not in kinds or one.spent or not one.matches(method, host, path):
                continue
            if one.passed < one.after:
                one.passed += 1
                continue
            one.hits += 1
            return one
        return None

    async def of_operation(self, verb: str, resource_id: str) -> None:
        """Called by an operation before its work: fails, cancels or delays it.

        Raises `ArmError` or `asyncio.CancelledError`.
        """
        fault = self._hit(OPERATION_KINDS, verb, host="management.azure.com", path=resource_id)
        if fault is None:
            return
        if fault.kind == "hang":
            await fault.cleared.wait()
            return
        await asyncio.sleep(fault.seconds)
        if fault.kind == "cancel":
            raise asyncio.CancelledError
        raise fault.error()
