"""Azure Resource Manager as a client sees it: requests, retries, long-running operations.

Follows the published plugin's client (azcore): a PUT or DELETE that is accepted is polled at
`Azure-AsyncOperation`, else at `Location`, else at the resource's own provisioning state,
as often as `Retry-After` says.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from local_azure.plugin.errors import (
    AbortedError,
    ArmError,
    NotReachedError,
    PluginError,
    arm_error,
)
from local_azure.plugin.sign_in import TokenSource
from local_azure.plugin.transport import Answer, Transport
from local_azure.plugin.values import Properties, as_properties, text

_HOST = "management.azure.com"
_TRANSIENT = frozenset((408, 429, 500, 502, 503, 504))
_RETRIES = 3
_RETRY_SECONDS = 1.0
"""First of a doubling series where the answer gives no Retry-After. The published plugin begins
with 20 s: too long to wait for a process on the same machine."""
_POLL_SECONDS = 1.0
_WAIT_SECONDS = 2 * 3600.0
"""How long an operation may take without a `customTimeouts` of its own, as published."""
_TERMINAL = frozenset(("succeeded", "failed", "canceled"))


@dataclass(frozen=True)
class Accepted:
    """A write that ARM took on. `failure` is set when the operation then did not succeed."""

    answer: Properties
    failure: PluginError | None


class Deadline:
    """The end of one wait: a point in time, or the plugin being told to stop."""

    def __init__(self, stop: threading.Event, *, seconds: float = 0.0) -> None:
        self._stop = stop
        self._end = time.monotonic() + (seconds if seconds > 0 else _WAIT_SECONDS)

    def sleep(self, seconds: float) -> None:
        """Waits. Raises AbortedError when the time is up or the plugin shall stop."""
        left = self._end - time.monotonic()
        if self._stop.wait(max(0.0, min(seconds, left))):
            raise AbortedError("the operation was cancelled; what ARM had accepted goes on")
        if seconds >= left:
            raise AbortedError("operation timed out")


class ArmClient:
    """ARM calls of a signed-in principal. Safe between threads."""

    def __init__(self, transport: Transport, tokens: TokenSource) -> None:
        self._transport = transport
        self._tokens = tokens

    def get(self, path: str, api_version: str, *, deadline: Deadline) -> Properties:
        """The resource. Raises ArmError, with status 404 when there is none."""
        answer = self._call("GET", _target(path, api_version), deadline=deadline)
        if answer.status != 200:
            raise _refusal(answer)
        return as_properties(answer.body)

    def post(self, path: str, api_version: str, *, deadline: Deadline) -> Properties:
        """The answer of an action without parameters, such as listKeys."""
        target = _target(path, api_version)
        answer = self._call("POST", target, deadline=deadline, body={})
        if answer.status not in (200, 201):
            raise _refusal(answer)
        return as_properties(answer.body)

    def put(
        self,
        path: str,
        api_version: str,
        body: Properties,
        *,
        query: Mapping[str, str],
        deadline: Deadline,
    ) -> Accepted:
        """Creates or updates, and waits. Raises ArmError only when the PUT itself is refused."""
        target = _target(path, api_version, query)
        answer = self._call("PUT", target, deadline=deadline, body=body)
        if answer.status not in (200, 201, 202):
            raise _refusal(answer)
        try:
            self._wait(answer, target, deadline=deadline)
        except PluginError as failure:
            return Accepted(as_properties(answer.body), failure)
        return Accepted(as_properties(answer.body), None)

    def delete(self, path: str, api_version: str, *, deadline: Deadline) -> None:
        """Deletes, and waits. A resource that is not there is what was wanted."""
        try:
            answer = self._call("DELETE", _target(path, api_version), deadline=deadline)
            if answer.status not in (200, 202, 204):
                raise _refusal(answer)
            self._wait(answer, None, deadline=deadline)
        except ArmError as error:
            if error.status != 404:
                raise

    def _wait(self, answer: Answer, target: str | None, *, deadline: Deadline) -> None:
        """Follows an accepted write to its end. Raises what it failed with."""
        operation = answer.headers.get("azure-asyncoperation")
        location = answer.headers.get("location") if answer.status == 202 else None
        if operation:
            self._poll(operation, answer, _operation_state, deadline=deadline)
        elif location:
            self._poll(location, answer, _location_state, deadline=deadline)
        elif target and not _is_over(answer, _resource_state(answer)):
            self._poll(target, answer, _resource_state, deadline=deadline)

    def _poll(
        self, url: str, answer: Answer, state_of: Callable[[Answer], str], *, deadline: Deadline
    ) -> None:
        while True:
            deadline.sleep(_pause(answer, _POLL_SECONDS))
            answer = self._call("GET", _on_arm(url), deadline=deadline)
            if answer.status not in (200, 201, 202, 204):
                raise _refusal(answer)
            if _is_over(answer, state_of(answer)):
                return

    def _call(
        self, method: str, target: str, *, deadline: Deadline, body: Properties | None = None
    ) -> Answer:
        """One request, repeated while the answer says that it may succeed later."""
        content = None if body is None else json.dumps(body).encode()
        attempt = 0
        while True:
            pause = _RETRY_SECONDS * 2**attempt
            try:
                answer = self._sent(method, target, content)
            except NotReachedError as error:
                if attempt == _RETRIES or not error.may_pass:
                    raise
            else:
                if attempt == _RETRIES or not _may_succeed_later(answer):
                    return answer
                pause = _pause(answer, pause)
            deadline.sleep(pause)
            attempt += 1

    def _sent(self, method: str, target: str, content: bytes | None) -> Answer:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self._tokens.token()}",
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "azure-native-stand-in",
        }
        return self._transport.send(method, _HOST, target, headers=headers, body=content)


def _target(path: str, api_version: str, query: Mapping[str, str] | None = None) -> str:
    path = path if path.startswith("/") else f"/{path}"
    return f"{path}?{urlencode({'api-version': api_version, **(query or {})})}"


def _on_arm(url: str) -> str:
    """Path and query of a polling URL. Raises PluginError when it leads elsewhere."""
    parts = urlsplit(url)
    if parts.netloc and parts.hostname != _HOST:
        raise PluginError(f"ARM answered with a polling address of another host: {url}")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _refusal(answer: Answer) -> ArmError:
    return arm_error(answer.status, answer.body, raw=answer.raw)


def _may_succeed_later(answer: Answer) -> bool:
    if answer.status in _TRANSIENT:
        return True
    error = as_properties(as_properties(answer.body).get("error"))
    return answer.status == 409 and text(error, "code") == "AnotherOperationInProgress"


def _pause(answer: Answer, otherwise: float) -> float:
    """Seconds that the answer asks to wait. Retry-After as a date is not played."""
    try:
        return max(0.0, float(answer.headers["retry-after"]))
    except (KeyError, ValueError):
        return otherwise


def _is_over(answer: Answer, state: str) -> bool:
    """Whether the operation has ended. Raises ArmError when it ended badly."""
    if state.lower() not in _TERMINAL:
        return False
    if state.lower() == "succeeded":
        return True
    error = arm_error(answer.status, answer.body)
    if error.code:
        raise error
    message = f"the operation ended as {state} and ARM gave no reason"
    raise ArmError(status=answer.status, code=state, message=message)


def _operation_state(answer: Answer) -> str:
    return text(as_properties(answer.body), "status")


def _location_state(answer: Answer) -> str:
    return "InProgress" if answer.status == 202 else "Succeeded"


def _resource_state(answer: Answer) -> str:
    """The resource's provisioning state; a resource without one is ready when it answers."""
    properties = as_properties(as_properties(answer.body).get("properties"))
    return text(properties, "provisioningState") or "Succeeded"
