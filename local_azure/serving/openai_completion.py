"""The stand-in's answers in the shapes of the Azure OpenAI API."""

from __future__ import annotations

import base64
import json
import struct
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import cast

from . import openai_answers as answers
from .openai_answers import Json

_DIMENSIONS = 1536


class Completion:
    """One chat answer in the shapes that clients may ask for."""

    def __init__(
        self, body: Json, messages: Sequence[Json], *, deployment: str, model: str
    ) -> None:
        self._body = body
        self._id = f"chatcmpl-{answers.fingerprint([messages, deployment])}{uuid.uuid4().hex[:18]}"
        self._model = model
        self._call = _forced_call(body, messages)
        wanted = body.get("response_format")
        shape = cast("Json", wanted if isinstance(wanted, Mapping) else {})
        if shape.get("type") in {"json_object", "json_schema"}:
            text = answers.json_answer(messages, shape)
        else:
            text = answers.chat_answer(deployment, messages)
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        self._text, self._reason = answers.cut(text, limit if isinstance(limit, int) else None)
        if self._call is not None:
            self._reason = "stop"
        prompt = answers.prompt_tokens(answers.message_text(m) for m in messages)
        answer = answers.tokens(self._text)
        self._usage = {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
        }

    def whole(self) -> Json:
        """A `chat.completion`."""
        message: dict[str, object] = {"role": "assistant", "content": self._text}
        if self._call is not None:
            message.update(content=None, tool_calls=[self._call])
        count = self._body.get("n")
        choices = [
            {"index": i, "finish_reason": self._reason, "logprobs": None, "message": message}
            for i in range(count if isinstance(count, int) else 1)
        ]
        return {**self._frame("chat.completion"), "choices": choices, "usage": self._usage}

    def legacy(self) -> Json:
        """A `text_completion`."""
        choice = {"index": 0, "finish_reason": self._reason, "logprobs": None, "text": self._text}
        return {**self._frame("text_completion"), "choices": [choice], "usage": self._usage}

    def chunks(self) -> list[Json]:
        """The `chat.completion.chunk`s of a stream. As on Azure, the first has no choices."""
        frame = self._frame("chat.completion.chunk")
        filters: list[Json] = [{"prompt_index": 0, "content_filter_results": {}}]
        result: list[Json] = [{**frame, "choices": [], "prompt_filter_results": filters}]
        deltas: list[Json] = [{"role": "assistant", "content": ""}]
        if self._call is not None:
            deltas = [{"role": "assistant", "tool_calls": [{"index": 0, **self._call}]}]
        else:
            deltas += [{"content": piece} for piece in answers.pieces(self._text)]
        result += [{**frame, "choices": [_choice(delta, None)]} for delta in deltas]
        result.append({**frame, "choices": [_choice({}, self._reason)]})
        options = self._body.get("stream_options")
        if isinstance(options, Mapping) and cast("Json", options).get("include_usage"):
            result.append({**frame, "choices": [], "usage": self._usage})
        return result

    def _frame(self, kind: str) -> dict[str, object]:
        return {
            "id": self._id,
            "object": kind,
            "created": int(time.time()),
            "model": self._model,
            "system_fingerprint": "fp_local_stand_in",
        }


def _choice(delta: Json, reason: str | None) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}


def _forced_call(body: Json, messages: Sequence[Json]) -> dict[str, object] | None:
    """The tool call that `tool_choice` demands; tools that are only offered are not called."""
    choice, tools = body.get("tool_choice"), body.get("tools")
    if not isinstance(choice, Mapping) or not isinstance(tools, list):
        return None
    wanted = cast("Mapping[str, Json]", choice).get("function", {}).get("name")
    for tool in cast("list[Mapping[str, Json]]", tools):
        function = tool.get("function", {})
        if function.get("name") == wanted:
            schema = function.get("parameters")
            mark = answers.fingerprint(messages)
            value = answers.sample(cast("Json", schema or {"type": "object"}), mark)
            call = {"name": wanted, "arguments": json.dumps(value)}
            return {"id": f"call_{mark}", "type": "function", "function": call}
    return None


def embeddings(body: Json, model: str) -> Json:
    """The answer to an embeddings request: floats, or base64 of little-endian float32."""
    given = body.get("input", "")
    texts = (
        [str(t) for t in cast("list[object]", given)] if isinstance(given, list) else [str(given)]
    )
    size = body.get("dimensions")
    vectors = [
        answers.embedding(text, size if isinstance(size, int) else _DIMENSIONS) for text in texts
    ]
    packed = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode() if packed else v,
        }
        for index, v in enumerate(vectors)
    ]
    used = sum(answers.tokens(text) for text in texts)
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": data, "model": model, "usage": usage}
