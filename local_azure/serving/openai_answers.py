"""What the Azure OpenAI stand-in says: deterministic, honest, and a function of all messages.

Pure: from a request body to a text, a vector or a sample of a JSON schema.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

Json = Mapping[str, object]
_SAMPLES: Mapping[str, object] = {"integer": 1, "number": 1.0, "boolean": True, "null": None}


def fingerprint(value: object) -> str:
    """Six hex digits that change with anything in `value`."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def tokens(text: str) -> int:
    """A rough count: four characters a token, at least one a word."""
    return max(math.ceil(len(text) / 4), len(text.split()))


def message_text(message: Json) -> str:
    """The text of a message; images and the like are left out."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = cast("list[Json]", content) if isinstance(content, list) else []
    return " ".join(str(part["text"]) for part in parts if "text" in part)


def chat_answer(deployment: str, messages: Sequence[Json]) -> str:
    """The stand-in's answer to a chat."""
    asked = next((message_text(m) for m in reversed(messages) if m.get("role") == "user"), "")
    question = _shortened(asked) or "nothing"
    earlier = sum(m.get("role") == "assistant" for m in messages)
    turn = f" It is turn {earlier + 1} of this chat." if earlier else ""
    return (
        f"You asked: “{question}”{turn} I am the local stand-in for the Azure OpenAI deployment "
        f"{deployment}: no model has read this, the same prompt always gets the same answer "
        f"(prompt {fingerprint(messages)})."
    )


def json_answer(messages: Sequence[Json], response_format: Json) -> str:
    """An answer for `response_format` json_object or json_schema."""
    declared = response_format.get("json_schema")
    if isinstance(declared, Mapping):
        schema = cast("Json", declared).get("schema")
        if isinstance(schema, Mapping):
            return json.dumps(sample(cast("Json", schema), fingerprint(messages)))
    asked = next((message_text(m) for m in reversed(messages) if m.get("role") == "user"), "")
    return json.dumps(
        {"question": _shortened(asked), "stand_in": True, "prompt": fingerprint(messages)},
        ensure_ascii=False,
    )


def sample(schema: Json, text: str, *, depth: int = 0) -> object:
    """A small value that fits the usual parts of a JSON schema; `text` fills its strings."""
    if "const" in schema:
        return schema["const"]
    choices = schema.get("enum") or schema.get("anyOf") or schema.get("oneOf")
    if isinstance(choices, list) and choices:
        first = cast("list[object]", choices)[0]
        if "enum" in schema or not isinstance(first, Mapping):
            return first
        return sample(cast("Json", first), text, depth=depth + 1)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in cast("list[object]", kind) if k != "null"), "null")
    if kind == "object" or "properties" in schema:
        properties = cast("Mapping[str, Json]", schema.get("properties") or {})
        if depth > 8:
            return {}
        return {name: sample(one, text, depth=depth + 1) for name, one in properties.items()}
    if kind == "array":
        items = schema.get("items")
        one = cast("Json", items if isinstance(items, Mapping) else {})
        return [] if depth > 8 else [sample(one, text, depth=depth + 1)]
    return _SAMPLES.get(str(kind), f"stand-in {text}") if kind != "string" else f"stand-in {text}"


def pieces(text: str) -> list[str]:
    """The text in the chunks of a stream: words with the space before them."""
    return re.findall(r"\s*\S+|\s+$", text)


def embedding(text: str, dimensions: int) -> list[float]:
    """A unit vector; texts that share words are near each other."""
    vector = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [text]:
        digest = hashlib.sha256(word.encode()).digest()
        vector[int.from_bytes(digest[:4], "big") % dimensions] += 1.0 if digest[4] & 1 else -1.0
    length = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]


def cut(text: str, limit: int | None) -> tuple[str, str]:
    """The text within `limit` tokens, and the finish reason."""
    if limit is None or tokens(text) <= limit:
        return text, "stop"
    kept = ""
    for piece in pieces(text):
        if tokens(kept + piece) > limit:
            break
        kept += piece
    return kept, "length"


def prompt_tokens(texts: Iterable[str]) -> int:
    """Of a prompt: a few tokens for each message's frame."""
    return sum(tokens(text) + 3 for text in texts)


def _shortened(text: str, limit: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
