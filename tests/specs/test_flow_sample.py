"""The request that a flow is tried with."""

from __future__ import annotations

from pathlib import Path

from tests.specs.flow_folder import CHAT, FlowFolder, a_chat_flow, told


def test_samples_json_goes_first(tmp_path: Path) -> None:
    folder = a_chat_flow(tmp_path).put("data.jsonl", '{"question": "from data"}\n')
    assert folder.flow().sample_request == {"question": "from data", "chat_history": []}
    folder.samples({"question": "from samples"}, {"question": "second"})
    assert folder.flow().sample_request == {"question": "from samples"}


def test_without_a_sample_one_is_made_by_default_and_type(tmp_path: Path) -> None:
    assert a_chat_flow(tmp_path).flow().sample_request == {"question": "Hello", "chat_history": []}
    code = "def greet(a: int, b: float, c: bool, d: list, e: dict, f: str = 'x', g=None): ...\n"
    assert FlowFolder(tmp_path, "flex").flex(code).flow().sample_request == {
        "a": 1,
        "b": 1.0,
        "c": True,
        "d": [],
        "e": {},
        "f": "x",
    }


def test_a_secret_is_not_made_up(tmp_path: Path) -> None:
    text = CHAT.replace("{type: string, is_chat_input", "{type: secret, is_chat_input")
    assert a_chat_flow(tmp_path).dag(text).flow().sample_request is None


def test_a_default_of_nothing_is_none_to_promptflow(tmp_path: Path) -> None:
    flow = a_chat_flow(tmp_path).dag(CHAT.replace("default: []", "default: null")).flow()
    assert flow.inputs["chat_history"].required


def test_a_sample_that_lacks_something_is_told_and_completed(tmp_path: Path) -> None:
    read = a_chat_flow(tmp_path).samples({"query": "?"}).read()
    assert told(read) == [("flow-sample-incomplete", "greeter/samples.json", None)]
    assert read.flow is not None
    assert read.flow.sample_request == {"query": "?", "question": "Hello"}


def test_samples_that_are_no_json_stop_the_serving_process(tmp_path: Path) -> None:
    read = a_chat_flow(tmp_path).put("samples.json", '[\n{"question": }]').read()
    assert told(read) == [("flow-sample-invalid", "greeter/samples.json", 2)]
    assert read.findings[0].severity == "error"
    read = a_chat_flow(tmp_path).put("samples.json", "[]").read()
    assert read.findings[0].severity == "warning"
