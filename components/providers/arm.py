"""A light client of Azure Resource Manager, on azure-core alone (0.2 s to import, not 3.5).

Reads and small writes of the providers. HTTPS_PROXY and REQUESTS_CA_BUNDLE are honoured.
"""

import functools
import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.rest import HttpRequest, HttpResponse

ARM = "https://management.azure.com"
SCOPE = f"{ARM}/.default"
ML_API = "2025-12-01"
"""The version that pulumi-azure-native 3.29 speaks for Azure ML."""
AUTHORIZATION_API = "2022-04-01"
COGNITIVE_API = "2023-05-01"
IDENTITY_API = "2023-01-31"

Json = dict[str, object]


class ArmError(Exception):
    """ARM refused. `code` is the service's own, as `AuthorizationFailed`."""

    def __init__(self, *, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class Arm:
    """Verbs on ARM ids. Raises `ArmError`, and azure-core's own when nothing answers."""

    def __init__(self, client: "PipelineClient[HttpRequest, HttpResponse]") -> None:
        self._client = client

    def get(self, arm_id: str, *, api: str = ML_API) -> Json | None:
        """The resource; None when there is none."""
        try:
            return _json(self._send("GET", arm_id, api=api))
        except ArmError as error:
            if error.status == 404:
                return None
            raise

    def list(self, arm_id: str, *, api: str = ML_API, query: str = "") -> Iterator[Json]:
        """All resources of a collection, page after page. `query` is raw: `$filter=…`."""
        path: str | None = f"{arm_id}?{query}" if query else arm_id
        while path:
            page = _json(self._send("GET", path, api=api))
            yield from cast("list[Json]", page.get("value") or [])
            path = cast("str | None", page.get("nextLink"))

    def put(self, arm_id: str, body: Mapping[str, object], *, api: str = ML_API) -> None:
        """Create or replace a resource, and wait until Azure is done with it."""
        self._wait(self._send("PUT", arm_id, api=api, body=body))

    def post(self, arm_id: str, body: Mapping[str, object] | None = None) -> Json:
        """Call an action, as `…/listKeys`."""
        return _json(self._send("POST", arm_id, api=ML_API, body=body or {}))

    def delete(self, arm_id: str, *, api: str = ML_API) -> None:
        """Delete a resource and wait; one that does not exist is fine."""
        try:
            self._wait(self._send("DELETE", arm_id, api=api))
        except ArmError as error:
            if error.status != 404:
                raise

    def _send(
        self, method: str, path: str, *, api: str, body: Mapping[str, object] | None = None
    ) -> "HttpResponse":
        from azure.core.rest import HttpRequest

        url = path if path.startswith("https:") else f"{ARM}{path}"
        if "api-version=" not in url:
            url += f"{'&' if '?' in url else '?'}api-version={api}"
        request = HttpRequest(method, url, json=body) if body is not None else None
        response = self._client.send_request(request or HttpRequest(method, url))
        if response.status_code >= 400:
            raise _error(response)
        return response

    def _wait(self, response: "HttpResponse") -> None:
        """Follow a long-running operation to its end."""
        monitor = response.headers.get("Azure-AsyncOperation")
        wait = 0.25
        while monitor:
            time.sleep(float(response.headers.get("Retry-After") or wait))
            wait = min(wait * 2, 10)
            response = self._send("GET", monitor, api=ML_API)
            operation = _json(response)
            status = operation.get("status")
            if status == "Succeeded":
                return
            if status in {"Failed", "Canceled"}:
                raise _operation_error(operation)


@functools.cache
def arm(*, hasty: bool = False) -> Arm:
    """The client of this process, with its connections and tokens.

    `hasty`: gives up after seconds, for what is good to know and not needed.
    """
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import (
        BearerTokenCredentialPolicy,
        RequestIdPolicy,
        RetryPolicy,
        UserAgentPolicy,
    )

    from components.providers.credentials import credential

    retry: RetryPolicy[HttpRequest, HttpResponse] = RetryPolicy(retry_total=0 if hasty else 5)
    bearer: BearerTokenCredentialPolicy[HttpRequest, HttpResponse] = BearerTokenCredentialPolicy(
        credential(), SCOPE
    )
    policies = [RequestIdPolicy(), UserAgentPolicy("flow-endpoints"), retry, bearer]
    client: PipelineClient[HttpRequest, HttpResponse] = (
        PipelineClient(ARM, policies=policies, connection_timeout=3, read_timeout=6)
        if hasty
        else PipelineClient(ARM, policies=policies)
    )
    return Arm(client)


def section(body: Mapping[str, object] | None, *path: str) -> Json:
    """The object at `path` inside a JSON body; empty where there is none."""
    node: Mapping[str, object] = body or {}
    for key in path:
        child = node.get(key)
        node = cast("Json", child) if isinstance(child, dict) else {}
    return dict(node)


def text(body: Mapping[str, object] | None, *path: str) -> str:
    """The text at `path` inside a JSON body; empty where there is none."""
    value = section(body, *path[:-1]).get(path[-1])
    return value if isinstance(value, str) else ""


def _json(response: "HttpResponse") -> Json:
    try:
        return section({"body": json.loads(response.text())}, "body")
    except ValueError:
        return {}


def _error(response: "HttpResponse") -> ArmError:
    error = section(_json(response), "error")
    return ArmError(
        status=response.status_code,
        code=text(error, "code") or response.reason,
        message=text(error, "message") or response.text()[:500],
    )


def _operation_error(operation: Json) -> ArmError:
    error = section(operation, "error")
    return ArmError(
        status=200,
        code=text(error, "code") or text(operation, "status"),
        message=text(error, "message") or "the operation did not succeed",
    )
