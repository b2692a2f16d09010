"""*.prompty: alone in a folder, or named."""

from __future__ import annotations

from pathlib import Path

from tests.specs.flow_folder import FlowFolder, a_chat_flow, rules, told

PROMPTY = """
    ---
    name: Greeter
    model:
      api: chat
      configuration:
        type: azure_openai
        azure_endpoint: ${env:GREETER_ENDPOINT}
        connection: open_ai_connection
    inputs:
      question: {type: string, is_chat_input: true}
      chat_history: {type: list, default: []}
    sample: {question: How are you?}
    ---
    user:
    {{question}}
"""


def test_a_prompty_alone_is_a_flow(tmp_path: Path) -> None:
    flow = FlowFolder(tmp_path).put("greet.prompty", PROMPTY).flow()
    assert flow.kind == "prompty"
    assert flow.definition == "greet.prompty"
    assert (flow.chat_input, flow.chat_history, flow.is_chat) == ("question", "chat_history", False)
    assert flow.as_dict()["outputs"] == {"output": {"type": "string"}}
    assert flow.connections == {"open_ai_connection": ("greet.prompty",)}
    assert flow.sample_request == {"question": "How are you?"}
    assert [(read.name, read.line) for read in flow.env_reads] == [("GREETER_ENDPOINT", 7)]


def test_inputs_may_follow_from_a_sample_file(tmp_path: Path) -> None:
    text = "---\nsample: ${file:sample.json}\nmodel:\n  configuration: ${file:m.json}\n---\nHi\n"
    folder = FlowFolder(tmp_path).put("greet.prompty", text).put("m.json", '{"connection": "c"}')
    flow = folder.put("sample.json", '{"name": "Ada", "n": 2, "tags": []}').flow()
    assert {name: port.type for name, port in flow.inputs.items()} == {
        "name": "string",
        "n": "int",
        "tags": "list",
    }
    assert flow.connections == {"c": ("greet.prompty",)}


def test_a_reference_to_a_file_that_is_not_uploaded(tmp_path: Path) -> None:
    folder = FlowFolder(tmp_path).put("../shared.json", "{}")
    read = folder.put("greet.prompty", "---\nname: x\nsample: ${file:../shared.json}\n---\n").read()
    assert told(read) == [("flow-file-missing", "greeter/greet.prompty", 3)]


def test_faults_keep_their_line(tmp_path: Path) -> None:
    text = "---\r\nname: x\r\nname: y\r\n---\r\nHi\r\n"
    read = FlowFolder(tmp_path).put("greet.prompty", text.encode()).read()
    assert told(read) == [("duplicate-key", "greeter/greet.prompty", 3)]


def test_a_prompty_without_front_matter(tmp_path: Path) -> None:
    read = FlowFolder(tmp_path).put("greet.prompty", "Hi\n").read()
    assert read.flow is None
    assert rules(read) == {"prompty-form"}


def test_serving_takes_no_prompty_beside_another_definition(tmp_path: Path) -> None:
    folder = a_chat_flow(tmp_path).put("greet.prompty", PROMPTY)
    assert folder.flow().kind == "dag"
    read = folder.read("greet.prompty")
    assert read.flow is not None
    assert read.flow.kind == "prompty"
    assert rules(read) == {"flow-definition-name"}


def test_folders_that_do_not_say_which_flow_they_are(tmp_path: Path) -> None:
    two = FlowFolder(tmp_path, "two").put("a.prompty", PROMPTY).put("b.prompty", PROMPTY)
    assert rules(two.read()) == {"flow-ambiguous"}
    both = FlowFolder(tmp_path, "both").dag("nodes: []\n").put("flow.flex.yml", "entry: a:b\n")
    assert rules(both.read()) == {"flow-ambiguous"}
    assert rules(FlowFolder(tmp_path, "none").read()) == {"flow-missing"}
    assert rules(both.read("../nowhere")) == {"flow-missing"}
    assert rules(FlowFolder(tmp_path, "odd").put("main.yaml", "nodes: []\n").read("main.yaml")) == {
        "flow-definition-name"
    }
