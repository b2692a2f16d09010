"""What can go wrong on the way to ARM, worded as the published plugin words it."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.plugin.values import Json, Properties, as_properties


class PluginError(Exception):
    """Anything the user is told as it stands: one message, no traceback."""


class ArmError(PluginError):
    """ARM refused, or an operation that it had accepted failed.

    `status` is that of the HTTP answer: 200 for an operation that was polled to its failure.
    """

    def __init__(self, *, status: int, code: str, message: str, details: str = "") -> None:
        said = f'Code="{code}" Message="{message}"' if code else f'Message="{message}"'
        super().__init__(f"Status={status} {said}{details}")
        self.status = status
        self.code = code


class NotReachedError(PluginError):
    """No answer. `may_pass`: the connection ended; otherwise nothing listens there at all."""

    def __init__(self, message: str, *, may_pass: bool) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class AbortedError(PluginError):
    """The wait for an operation ended before the operation did."""


def arm_error(status: int, answer: Json, *, raw: str = "") -> ArmError:
    """The error of an answer body `{error: {code, message, details: [{code, message}]}}`."""
    error = as_properties(as_properties(answer).get("error"))
    code = str(error.get("code") or "")
    message = str(error.get("message") or raw or "no message")
    details = "".join(f'\n  Code="{c}" Message="{m}"' for c, m in _details(error))
    return ArmError(status=status, code=code, message=message, details=details)


def _details(error: Mapping[str, Json]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    details = error.get("details")
    for item in details if isinstance(details, list) else []:
        detail: Properties = as_properties(item)
        message = str(detail.get("message") or "")
        if message and message != error.get("message"):
            found.append((str(detail.get("code") or ""), message))
        found += _details(detail)
    return found
