"""What the router answers by itself, without the model."""

from __future__ import annotations

from aiohttp import web


class RefusedError(Exception):
    """An answer that the router gives itself."""

    def __init__(
        self,
        status: int,
        text: str,
        *,
        reason: str | None = None,
        deployment: str | None = None,
        model_status: int | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.reason = reason
        """For the header `ms-azureml-model-error-reason`."""
        self.deployment = deployment
        self.model_status = model_status


class CallerGoneError(Exception):
    """The caller closed its connection before the answer."""


def refusal(error: RefusedError, request_id: str) -> web.Response:
    """The answer of a `RefusedError`: plain text, as the service's front end gives it."""
    headers = {"x-ms-request-id": request_id}
    if error.reason:
        headers["ms-azureml-model-error-reason"] = error.reason
    if error.model_status is not None:
        headers["ms-azureml-model-error-statuscode"] = str(error.model_status)
    if error.deployment:
        headers["azureml-model-deployment"] = error.deployment
    return web.Response(status=error.status, text=error.text, headers=headers)
