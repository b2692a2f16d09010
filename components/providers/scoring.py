"""Calling an endpoint as its users do, with the key that only this module sees."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.providers.arm import Json, arm, section, text
from components.providers.credentials import credential

if TYPE_CHECKING:
    from collections.abc import Mapping

AAD_SCOPE = "https://ml.azure.com/.default"
MODEL_STATUS = "ms-azureml-model-error-statuscode"
"""https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints"""
READ_TIMEOUT = 310.0
"""Seconds; the longest request_timeout that Azure allows is 300."""


@dataclass(frozen=True)
class Answer:
    """What came back. `status` 0: nothing did."""

    status: int
    text: str
    """The first 2,000 characters of the body (or of the reason), without the key."""
    model_status: int | None = None
    """What the flow itself answered, where a managed endpoint made a 424 of it."""


def score(endpoint: Json, deployment: str, *, request: "Mapping[str, object]") -> Answer:
    """Send `request` to one deployment of an endpoint, whatever the traffic split is.

    `endpoint` is the ARM body. Raises `ArmError` when the key is not to be had.
    """
    from azure.core import PipelineClient
    from azure.core.exceptions import AzureError
    from azure.core.rest import HttpRequest, HttpResponse

    url = text(endpoint, "properties", "scoringUri")
    key = key_of(endpoint)
    headers = {"Authorization": f"Bearer {key}", "azureml-model-deployment": deployment}
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(url, policies=[])
    try:
        with client:
            response = client.send_request(
                HttpRequest("POST", url, headers=headers, json=dict(request)),
                read_timeout=READ_TIMEOUT,
            )
            model = response.headers.get(MODEL_STATUS, "")
            return Answer(
                response.status_code,
                readable(response.text(), key),
                model_status=int(model) if model.isdecimal() else None,
            )
    except AzureError as error:
        return Answer(0, readable(str(error), key))


def key_of(endpoint: Json) -> str:
    """What opens the endpoint: its primary key, or a token, as its auth_mode says.

    `endpoint` is the ARM body, with its `id`. Raises `ArmError` when it is not to be had.
    """
    mode = text(endpoint, "properties", "authMode").lower()
    if mode == "aadtoken":
        return credential().get_token(AAD_SCOPE).token
    if mode == "amltoken":
        return text(arm().post(f"{endpoint['id']}/token"), "accessToken")
    return text(arm().post(f"{endpoint['id']}/listKeys"), "primaryKey")


def readable(body: str, key: str) -> str:
    """The message inside a JSON error, without the key should somebody have echoed it."""
    words = body.strip()
    try:
        answer = section({"answer": json.loads(words)}, "answer")
    except ValueError:
        answer = {}
    return (text(answer, "error", "message") or words).replace(key, "***")[:2000]
