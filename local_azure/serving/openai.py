"""The Azure OpenAI stand-in, for hosts `<account>.openai.azure.com`.

Checks the account, the deployment and the credential as Azure OpenAI does, then answers by
itself (`openai_answers`), or passes the request on to any OpenAI-compatible server.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import aiohttp
from aiohttp import web

from .openai_answers import Json
from .openai_completion import Completion, embeddings


@dataclass(frozen=True, kw_only=True)
class OpenAIAccount:
    """A Cognitive Services account of kind OpenAI."""

    name: str
    keys: tuple[str, ...]
    deployments: Mapping[str, str]
    """deployment name -> model name."""


AccountOf = Callable[[str], "OpenAIAccount | None"]
"""Account name (the first label of the host) -> the account."""

MayUse = Callable[[str, OpenAIAccount], Awaitable[bool]]
"""Whether a bearer token may use the account's deployments (Cognitive Services OpenAI User)."""


class ProblemError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class AzureOpenAI:
    """`upstream`: base URL of an OpenAI-compatible server (`http://host:port/v1`) that answers
    instead, with `upstream_key` if it wants one; its model is the deployment's name."""

    def __init__(
        self,
        account_of: AccountOf,
        *,
        may_use: MayUse,
        upstream: str | None = None,
        upstream_key: str | None = None,
    ) -> None:
        self._account_of = account_of
        self._may_use = may_use
        self._upstream = upstream.rstrip("/") if upstream else None
        self._upstream_key = upstream_key
        self._client: aiohttp.ClientSession | None = None

    def routes(self) -> list[web.RouteDef]:
        """Deployment routes with api-version, and the newer ones with `model` in the body."""
        operation = "{operation:chat/completions|completions|embeddings}"
        return [
            web.post(f"/openai/deployments/{{deployment}}/{operation}", self._serve),
            web.post(f"/openai/v1/{operation}", self._serve),
        ]

    async def close(self) -> None:
        """Drop the connections to the upstream."""
        if self._client is not None:
            await self._client.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            account = self._account(request)
            await self._authorize(request, account)
            body = await _body(request)
            deployment = _deployment(request, account, body)
            operation = request.match_info["operation"]
            if self._upstream is not None:
                return await self._forward(request, operation, {**body, "model": deployment})
            model = account.deployments[deployment]
            return await _answer(request, operation, body, deployment=deployment, model=model)
        except ProblemError as problem:
            return web.json_response(
                {"error": {"code": problem.code, "message": problem.message}},
                status=problem.status,
            )

    def _account(self, request: web.Request) -> OpenAIAccount:
        account = self._account_of(request.host.split(".", 1)[0])
        versioned = "deployment" in request.match_info
        if account is None or (versioned and not request.query.get("api-version")):
            raise ProblemError(404, "404", "Resource not found")
        return account

    async def _authorize(self, request: web.Request, account: OpenAIAccount) -> None:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        key = request.headers.get("api-key") or ""
        bearer = bearer.strip() if scheme.lower() == "bearer" else ""
        matches = [
            hmac.compare_digest(given.encode(errors="replace"), one.encode())
            for one in account.keys
            for given in (key, bearer)
            if given
        ]
        if any(matches):
            return
        if bearer and await self._may_use(bearer, account):
            return
        if bearer:
            raise ProblemError(
                401,
                "PermissionDenied",
                "The principal lacks the required data action "
                "`Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action` "
                f"to perform `POST {request.path}` operation.",
            )
        raise ProblemError(
            401,
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to "
            "provide a valid key for an active subscription and use a correct regional API "
            "endpoint for your resource.",
        )

    async def _forward(
        self, request: web.Request, operation: str, body: Json
    ) -> web.StreamResponse:
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600))
        headers = {"Authorization": f"Bearer {self._upstream_key}"} if self._upstream_key else {}
        url = f"{self._upstream}/{operation}"
        try:
            async with self._client.post(url, json=body, headers=headers) as upstream:
                response = web.StreamResponse(
                    status=upstream.status, headers={"Content-Type": upstream.content_type}
                )
                await response.prepare(request)
                async for chunk in upstream.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
                return response
        except aiohttp.ClientConnectionError as error:
            raise ProblemError(
                503, "ServiceUnavailable", f"The OpenAI upstream {self._upstream} does not answer."
            ) from error


def _deployment(request: web.Request, account: OpenAIAccount, body: Json) -> str:
    """The name as the account has it; the newer routes call it `model`."""
    asked = request.match_info.get("deployment") or str(body.get("model", ""))
    known = {name.lower(): name for name in account.deployments}
    if asked.lower() not in known:
        raise ProblemError(
            404,
            "DeploymentNotFound",
            "The API deployment for this resource does not exist. If you created the "
            "deployment within the last 5 minutes, please wait a moment and try again.",
        )
    return known[asked.lower()]


async def _body(request: web.Request) -> dict[str, object]:
    try:
        document: object = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, "BadRequest", "We could not parse the JSON body.") from error
    if not isinstance(document, dict):
        raise ProblemError(400, "BadRequest", "The body must be a JSON object.")
    return cast("dict[str, object]", document)


async def _answer(
    request: web.Request, operation: str, body: Json, *, deployment: str, model: str
) -> web.StreamResponse:
    if operation == "embeddings":
        return web.json_response(embeddings(body, model))
    if operation == "completions":
        prompts = body.get("prompt", "")
        listed = cast("list[object]", prompts) if isinstance(prompts, list) else [prompts]
        messages: list[Json] = [{"role": "user", "content": str(one)} for one in listed]
    else:
        given = body.get("messages")
        if not isinstance(given, list) or not given:
            raise ProblemError(400, "invalid_request_error", "'messages' is a required property.")
        messages = cast("list[Json]", given)
    completion = Completion(body, messages, deployment=deployment, model=model)
    if operation == "completions":
        return web.json_response(completion.legacy())
    if body.get("stream"):
        return await _stream(request, completion.chunks())
    return web.json_response(completion.whole())


async def _stream(request: web.Request, chunks: Sequence[Json]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for chunk in chunks:
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response
