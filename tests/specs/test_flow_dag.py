"""flow.dag.yaml: interface, chat, connections and what promptflow refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.specs.flow_folder import CHAT, FlowFolder, a_chat_flow, rules, told

PYTHON_NODE = """
    inputs: {text: {type: string}}
    outputs: {answer: {type: string, reference: "${work.output}"}}
    nodes:
    - name: work
      type: python
      source: {type: code, path: work.py}
      inputs: {text: "${inputs.text}", service: my_service, size: small}
"""
TOOL = "from promptflow.core import tool\n"


def test_a_chat_flow_is_told_in_full(tmp_path: Path) -> None:
    flow = a_chat_flow(tmp_path).put("requirements.txt", "wheel\n").flow()
    assert flow.as_dict() == {
        "path": "greeter",
        "kind": "dag",
        "is_chat": True,
        "chat_input": "question",
        "chat_output": "answer",
        "chat_history": "chat_history",
        "inputs": {"question": {"type": "string"}, "chat_history": {"type": "list", "default": []}},
        "outputs": {"answer": {"type": "string"}},
        "connections": {"open_ai_connection": ["reply"]},
        "additional_includes": [],
        "requirements": "requirements.txt",
    }


@pytest.mark.parametrize(
    ("change", "is_chat", "history"),
    [
        (("is_chat_history: true, ", ""), True, "chat_history"),
        (("is_chat_history: true", "is_chat_history: false"), False, None),
        ((", is_chat_output: true", ""), False, "chat_history"),
        ((", is_chat_input: true", ""), False, "chat_history"),
        (("type: list, is_chat_history", "type: list, is_chat_input"), False, "chat_history"),
    ],
)
def test_chat_is_decided_as_promptflow_does(
    tmp_path: Path, change: tuple[str, str], is_chat: bool, history: str | None
) -> None:
    flow = a_chat_flow(tmp_path).dag(CHAT.replace(*change)).flow()
    assert (flow.is_chat, flow.chat_history) == (is_chat, history)


def test_a_history_without_a_chat_input_is_just_an_input(tmp_path: Path) -> None:
    text = CHAT.replace(", is_chat_input: true", "").replace("is_chat_history: true, ", "")
    assert a_chat_flow(tmp_path).dag(text).flow().chat_history is None


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        ("CustomConnection", True),
        ("Union[AzureOpenAIConnection, OpenAIConnection]", True),
        ("Optional[SerpConnection]", True),
        ("connections.CognitiveSearchConnection", True),
        ("MyConnection", True),
        ("str", False),
        ("object", False),
    ],
)
def test_a_script_tool_takes_connections_by_annotation(
    tmp_path: Path, annotation: str, found: bool
) -> None:
    code = (
        TOOL
        + "from promptflow.core import *\nfrom mine import MyConnection\n"
        + f"@tool\ndef work(text: str, service: {annotation}, size: str): ...\n"
    )
    own = "class MyConnection(CustomStrongTypeConnection): ...\n"
    folder = FlowFolder(tmp_path).dag(PYTHON_NODE).put("work.py", code).put("mine.py", own)
    assert folder.flow().connections == ({"my_service": ("work",)} if found else {})


def test_a_tool_class_takes_connections_in_its_init(tmp_path: Path) -> None:
    code = (
        TOOL
        + "class Work(ToolProvider):\n"
        + "    def __init__(self, service: CustomConnection): ...\n"
        + "    @tool\n    def run(self, text: str): ...\n"
    )
    folder = FlowFolder(tmp_path).dag(PYTHON_NODE).put("work.py", code)
    assert folder.flow().connections == {"my_service": ("work",)}


def test_a_package_tool_takes_connections_by_name(tmp_path: Path) -> None:
    folder = FlowFolder(tmp_path).dag("""
        inputs: {text: {type: string}}
        outputs: {vector: {type: list, reference: "${embed.output}"}}
        nodes:
        - name: embed
          type: python
          source: {type: package, tool: promptflow.tools.embedding.embedding}
          inputs: {connection: vectors, deployment_name: small, input: "${inputs.text}"}
        - name: search
          type: python
          source: {type: package, tool: their.search}
          inputs: {search_connection: index, connection: "${embed.output}", mode: connection}
    """)
    assert folder.flow().connections == {"vectors": ("embed",), "index": ("search",)}


def test_an_older_definition_says_in_tools_what_is_a_connection(tmp_path: Path) -> None:
    folder = FlowFolder(tmp_path).dag("""
        inputs: {}
        outputs: {}
        nodes:
        - {name: ask, tool: asker, inputs: {via: their_service, connection: plain text}}
        tools:
        - name: asker
          type: python
          inputs: {via: {type: [CustomConnection]}, connection: {type: [string]}}
    """)
    assert folder.flow().connections == {"their_service": ("ask",)}


def test_variables_of_the_flow_name_connections_too(tmp_path: Path) -> None:
    text = CHAT + "    environment_variables: {KEY: '${vault.api_key}', MODE: [a, 1], N: 3}\n"
    flow = a_chat_flow(tmp_path).dag(text).flow()
    assert flow.connections["vault"] == ("environment_variables.KEY",)
    assert flow.environment_variables == {"KEY": "${vault.api_key}", "MODE": '["a", 1]', "N": "3"}


def test_the_default_variant_counts(tmp_path: Path) -> None:
    node = "{type: llm, connection: %s, source: {type: code, path: %s.jinja2}, inputs: {}}"
    text = f"""
        inputs: {{}}
        outputs: {{}}
        nodes: [{{name: reply, use_variants: true}}]
        node_variants:
          reply:
            default_variant_id: loud
            variants:
              quiet: {{node: {node % ("quiet_connection", "quiet")}}}
              loud: {{node: {node % ("loud_connection", "loud")}}}
    """
    folder = FlowFolder(tmp_path).dag(text).put("loud.jinja2")
    assert folder.flow().connections == {"loud_connection": ("reply",)}
    folder.dag(text.replace("default_variant_id: loud", "default_variant_id: shrill"))
    assert "flow-variant-missing" in rules(folder.read())


def test_aggregation_makes_an_evaluation(tmp_path: Path) -> None:
    text = PYTHON_NODE.replace("type: python", "type: python\n      aggregation: true")
    read = FlowFolder(tmp_path).dag(text).put("work.py", TOOL + "@tool\ndef work(): ...\n").read()
    assert read.flow is not None
    assert read.flow.is_evaluation
    assert rules(read) == {"flow-output-aggregated"}


@pytest.mark.parametrize(
    ("change", "rule", "line"),
    [
        (("${inputs.question}", "${inputs.qestion}"), "flow-reference-unknown", 13),
        (("${reply.output}", "${repli.output}"), "flow-reference-unknown", 5),
        (('"${reply.output}"', '""'), "flow-output-empty", 5),
        (("type: list,", "type: array,"), "flow-type-unknown", 3),
        (("{type: string, is", "{is"), "flow-type-unknown", 2),
        (("reply.jinja2", "answer.jinja2"), "flow-file-missing", 12),
        (("type: llm", "type: lmm"), "flow-node-invalid", 8),
        (("connection: open_ai_connection", "connection: ''"), "flow-node-connection", 7),
        (("${inputs.question}", "${reply.output}"), "flow-node-cycle", 7),
        (("type: llm", "type: llm\n      activate: {when: x}"), "flow-activate-invalid", 9),
        (("- name: reply", "- nam: reply"), "flow-node-invalid", 7),
        (("source: {", "sorce: {"), "flow-node-invalid", 7),
    ],
)
def test_what_promptflow_refuses_has_its_line(
    tmp_path: Path, change: tuple[str, str], rule: str, line: int
) -> None:
    read = a_chat_flow(tmp_path).dag(CHAT.replace(*change)).read()
    assert (rule, "greeter/flow.dag.yaml", line) in told(read)


def test_two_nodes_of_one_name_and_a_circle_of_two(tmp_path: Path) -> None:
    folder = FlowFolder(tmp_path).dag("""
        inputs: {}
        outputs: {}
        nodes:
        - {name: a, type: prompt, source: {path: p.jinja2}, inputs: {x: "${b.output}"}}
        - {name: b, type: prompt, source: {path: p.jinja2}, inputs: {x: "${a.output}"}}
        - {name: waits, type: prompt, source: {path: p.jinja2}, inputs: {x: "${a.output}"}}
        - {name: waits, type: prompt, source: {path: p.jinja2}}
    """)
    read = folder.put("p.jinja2").read()
    assert rules(read) == {"flow-node-duplicate", "flow-node-cycle"}
    circle = next(item for item in read.findings if item.id == "flow-node-cycle")
    assert "`a`, `b`" in circle.message
    assert "waits" not in circle.message


def test_a_flow_for_another_language_cannot_be_served(tmp_path: Path) -> None:
    read = a_chat_flow(tmp_path).dag(CHAT + "    language: csharp\n").read()
    assert rules(read) == {"flow-language"}


def test_python_that_cannot_be_read_is_a_warning_with_its_line(tmp_path: Path) -> None:
    folder = FlowFolder(tmp_path).dag(PYTHON_NODE).put("work.py", "x = 1\ndef work(:\n")
    read = folder.read()
    assert told(read) == [("flow-python-syntax", "greeter/work.py", 2)]
    assert read.findings[0].severity == "warning"


def test_the_flows_code_is_never_executed(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')\nraise SystemExit\n"
    code = trap + TOOL + "@tool\ndef work(text: str, service: CustomConnection): ...\n"
    assert FlowFolder(tmp_path).dag(PYTHON_NODE).put("work.py", code).flow().connections
    assert not (tmp_path / "sprung").exists()
