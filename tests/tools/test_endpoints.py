"""Commands on what is deployed."""

from types import SimpleNamespace
from typing import Any

import pytest

from tools import endpoints
from tools.checkout import ToolError


def a_service(name: str = "basic-chat", chat_output: str | None = "answer") -> Any:
    deployment = SimpleNamespace(
        name="blue",
        flow=SimpleNamespace(chat_output=chat_output),
        sample_request={"question": "why?"},
    )
    return SimpleNamespace(endpoint=SimpleNamespace(name=name), deployments=(deployment,))


def a_stack(*services: Any) -> Any:
    return SimpleNamespace(name="local", services=services)


@pytest.mark.parametrize(
    ("chat_output", "text", "answer"),
    [
        ("answer", '{"answer": "because", "context": [1]}', "because"),
        (None, '{"stems": "run"}', "run"),
        (None, '{"a": 1, "b": "ü"}', '{"a": 1, "b": "ü"}'),
        (None, "[1]", "[1]"),
        ("answer", "no JSON\n", "no JSON"),
    ],
)
def test_the_answer_is_found_in_the_reply(chat_output: str | None, text: str, answer: str) -> None:
    assert endpoints.answer_in(text, a_service(chat_output=chat_output)) == answer


def test_the_only_endpoint_needs_no_name() -> None:
    only = a_service()
    assert endpoints.service_of(a_stack(only), None) is only
    assert endpoints.service_of(a_stack(only, a_service("b")), "Basic-Chat") is only


def test_of_two_endpoints_one_must_be_named() -> None:
    stack = a_stack(a_service("one"), a_service("two"))
    with pytest.raises(ToolError, match="ENDPOINT= one of one, two"):
        endpoints.service_of(stack, None)
    with pytest.raises(ToolError, match="no endpoint three"):
        endpoints.service_of(stack, "three")


def test_a_refusal_says_where_to_look() -> None:
    text = endpoints.refusal("basic-chat", endpoints.Reply(424, "Access denied"))
    assert text.splitlines() == [
        "endpoint basic-chat answered 424: Access denied",
        "Run `make logs` to see what the flow wrote.",
    ]
