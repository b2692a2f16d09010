"""The Azure OpenAI stand-in, over plain HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from local_azure.serving.openai import AzureOpenAI, OpenAIAccount
from local_azure.serving.openai_answers import cut, embedding, pieces, sample

ACCOUNT = OpenAIAccount(name="local-openai", keys=("k1", "k2"), deployments={"gpt-4o": "gpt-4o"})
HOST = {"Host": "local-openai.openai.azure.com"}
CHAT = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-02-01"
Client = TestClient[web.Request, web.Application]


async def may_use(token: str, account: OpenAIAccount) -> bool:
    return token == f"user of {account.name}"


def a_service(upstream: str | None = None) -> AzureOpenAI:
    return AzureOpenAI(
        lambda name: ACCOUNT if name == "local-openai" else None, may_use=may_use, upstream=upstream
    )


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(a_service().routes())
    async with TestClient(TestServer(app)) as made:
        yield made


def messages(*texts: str) -> dict[str, object]:
    roles = ["system", "user", "assistant", "user"]
    return {"messages": [{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)]}


async def ask(
    client: Client, body: Mapping[str, object], *, path: str = CHAT, key: str = "k1"
) -> tuple[int, dict[str, object]]:
    answer = await client.post(path, json=body, headers={**HOST, "api-key": key})
    return answer.status, await answer.json()


def said(answer: Mapping[str, object]) -> str:
    return json.loads(json.dumps(answer))["choices"][0]["message"]["content"]


async def test_the_answer_depends_on_the_whole_prompt(client: Client) -> None:
    _, first = await ask(client, messages("Be kind.", "What is Azure?"))
    _, again = await ask(client, messages("Be kind.", "What is Azure?"))
    _, other = await ask(client, messages("Be brief.", "What is Azure?"))
    assert "What is Azure?" in said(first)
    assert "stand-in" in said(first)
    assert said(first) == said(again) != said(other)


async def test_credentials(client: Client) -> None:
    assert (await ask(client, messages("a", "b"), key="wrong"))[0] == 401
    for bearer, status in (("user of local-openai", 200), ("someone", 401)):
        headers = {**HOST, "Authorization": f"Bearer {bearer}"}
        assert (await client.post(CHAT, json=messages("a", "b"), headers=headers)).status == status


async def test_what_is_not_there(client: Client) -> None:
    status, answer = await ask(client, messages("a"), path=CHAT.replace("gpt-4o", "gpt-5"))
    assert status == 404
    assert json.loads(json.dumps(answer))["error"]["code"] == "DeploymentNotFound"
    assert (await ask(client, messages("a"), path=CHAT.split("?")[0]))[0] == 404
    elsewhere = {"Host": "other.openai.azure.com", "api-key": "k1"}
    assert (await client.post(CHAT, json=messages("a"), headers=elsewhere)).status == 404
    assert (await ask(client, {}))[0] == 400


async def test_a_stream_says_the_same_and_counts(client: Client) -> None:
    body = messages("Be kind.", "What is Azure?")
    _, whole = await ask(client, body)
    options = {"stream": True, "stream_options": {"include_usage": True}}
    answer = await client.post(CHAT, json={**body, **options}, headers={**HOST, "api-key": "k1"})
    events = [e.removeprefix("data: ") for e in (await answer.text()).split("\n\n") if e]
    assert events.pop() == "[DONE]"
    chunks = [json.loads(event) for event in events]
    assert chunks[0]["choices"] == []
    assert chunks[-1]["usage"] == whole["usage"]
    choices = [chunk["choices"][0] for chunk in chunks if chunk["choices"]]
    assert choices[-1]["finish_reason"] == "stop"
    assert "".join(choice["delta"].get("content", "") for choice in choices) == said(whole)


async def test_json_tools_and_limits(client: Client) -> None:
    body = messages("Answer in JSON.", "What is Azure?")
    _, answer = await ask(client, {**body, "response_format": {"type": "json_object"}})
    assert json.loads(said(answer))["question"] == "What is Azure?"
    _, answer = await ask(client, {**body, "max_tokens": 5})
    assert json.loads(json.dumps(answer))["choices"][0]["finish_reason"] == "length"
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    _, answer = await ask(client, {**body, "tools": [tool]})
    assert said(answer)
    forced = {"type": "function", "function": {"name": "weather"}}
    _, answer = await ask(client, {**body, "tools": [tool], "tool_choice": forced})
    (call,) = json.loads(json.dumps(answer))["choices"][0]["message"]["tool_calls"]
    assert list(json.loads(call["function"]["arguments"])) == ["city"]


async def test_embeddings_and_completions(client: Client) -> None:
    path = CHAT.replace("chat/completions", "embeddings")
    _, answer = await ask(client, {"input": ["a b", "c"], "dimensions": 8}, path=path)
    data = json.loads(json.dumps(answer))["data"]
    assert [len(one["embedding"]) for one in data] == [8, 8]
    path = CHAT.replace("chat/completions", "completions")
    _, answer = await ask(client, {"prompt": "Once upon a time"}, path=path)
    assert "Once upon a time" in json.loads(json.dumps(answer))["choices"][0]["text"]


async def test_an_upstream_answers_instead() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path, "sent": await request.json()})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", echo)
    async with TestServer(app) as upstream:
        service = a_service(str(upstream.make_url("/v1")))
        front = web.Application()
        front.add_routes(service.routes())
        async with TestClient(TestServer(front)) as client:
            status, answer = await ask(client, messages("a"))
        await service.close()
    assert status == 200
    assert json.loads(json.dumps(answer))["sent"]["model"] == "gpt-4o"


def test_pieces_and_cuts() -> None:
    text = "one two\n three "
    assert "".join(pieces(text)) == text
    assert cut("one two three", 2)[1] == "length"
    assert cut("one", None) == ("one", "stop")


def test_samples_and_vectors() -> None:
    schema = {
        "type": "object",
        "properties": {
            "kind": {"enum": ["x", "y"]},
            "many": {"type": "array", "items": {"type": "integer"}},
            "maybe": {"type": ["null", "string"]},
        },
    }
    assert sample(schema, "t") == {"kind": "x", "many": [1], "maybe": "stand-in t"}
    near = sum(
        a * b for a, b in zip(embedding("red cat", 64), embedding("red dog", 64), strict=True)
    )
    far = sum(
        a * b for a, b in zip(embedding("red cat", 64), embedding("blue sky", 64), strict=True)
    )
    assert near > far
