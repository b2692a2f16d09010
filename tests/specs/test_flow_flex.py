"""flow.flex.yaml: the interface from the entry's signature, as promptflow infers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.specs.flow_folder import FlowFolder, rules, told

TYPES = "from typing import *\nfrom enum import Enum\nclass Colour(Enum):\n    RED = 'r'\n"


def inferred(folder: FlowFolder) -> dict[str, str]:
    return {name: port.type for name, port in folder.flow().inputs.items()}


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        ("x: str", "string"),
        ("x: int", "int"),
        ("x: float", "double"),
        ("x: bool", "bool"),
        ("x: list", "list"),
        ("x: dict", "object"),
        ("x", "object"),
        ("x=3", "int"),
        ("x=None", "object"),
        ("x: Optional[str] = None", "string"),
        ("x: Union[int, None] = 3", "int"),
        ("x: Colour", "string"),
    ],
)
def test_plain_annotations_have_types(tmp_path: Path, parameter: str, kind: str) -> None:
    folder = FlowFolder(tmp_path).flex(TYPES + f"def greet({parameter}) -> str: ...\n")
    assert inferred(folder) == {"x": kind}


@pytest.mark.parametrize(
    "annotation",
    ["List[str]", "dict[str, int]", "str | None", "Any", "'str'", "Union[str, int]", "bytes"],
)
def test_promptflow_does_not_start_with_richer_ones(tmp_path: Path, annotation: str) -> None:
    folder = FlowFolder(tmp_path).flex(TYPES + f"def greet(x: {annotation}) -> str: ...\n")
    assert told(folder.read()) == [("flow-entry-annotation", "greeter/greet.py", 5)]


def test_postponed_annotations_are_strings_to_promptflow(tmp_path: Path) -> None:
    code = "from __future__ import annotations\ndef greet(x: str): ...\n"
    assert rules(FlowFolder(tmp_path).flex(code).read()) == {"flow-entry-annotation"}


@pytest.mark.parametrize(
    ("returns", "outputs"),
    [
        ("", {"output": "string"}),
        (" -> str", {"output": "string"}),
        (" -> Told", {"words": "string", "count": "int"}),
        (" -> Optional[Told]", {"words": "string", "count": "int"}),
        (" -> More", {"words": "string", "count": "int", "sure": "double"}),
        (" -> TypedDict('Made', {'here': bool})", {"here": "bool"}),
        (" -> Named", {"there": "string"}),
    ],
)
def test_a_returned_class_has_outputs(
    tmp_path: Path, returns: str, outputs: dict[str, str]
) -> None:
    code = (
        "from dataclasses import dataclass\nfrom typing import *\n"
        "@dataclass\nclass Told:\n    words: str\n    count: int = 0\n"
        "@dataclass\nclass More(Told):\n    sure: float = 1.0\n"
        "Named = TypedDict('Named', {'there': str})\n"
        f"def greet(){returns}: ...\n"
    )
    flow = FlowFolder(tmp_path).flex(code).flow()
    assert {name: port.type for name, port in flow.outputs.items()} == outputs


@pytest.mark.parametrize("returns", ["dict", "Iterator[str]", "list", "str | None", "Plain"])
def test_promptflow_does_not_start_with_other_answers(tmp_path: Path, returns: str) -> None:
    code = f"from typing import *\nclass Plain: ...\ndef greet() -> {returns}: ...\n"
    assert rules(FlowFolder(tmp_path).flex(code).read()) == {"flow-entry-annotation"}


def test_a_class_has_init_parameters_and_a_sample_of_them(tmp_path: Path) -> None:
    code = """
        class Base:
            def __init__(self, model_config: AzureOpenAIModelConfiguration, limit: int = 5): ...
        class Greet(Base):
            async def __call__(self, name: str, *rest, polite: bool = True, **more) -> str: ...
    """
    definition = """
        entry: greet:Greet
        sample:
          init: {model_config: {connection: open_ai_connection, azure_deployment: small}}
          inputs: {name: Ada}
    """
    flow = FlowFolder(tmp_path).flex(code, definition).flow()
    assert list(flow.inputs) == ["name", "polite"]
    assert flow.init["model_config"].type == "AzureOpenAIModelConfiguration"
    assert flow.init["limit"].default == 5
    assert flow.sample_init
    assert flow.sample_request == {"name": "Ada"}
    assert flow.connections == {"open_ai_connection": ("init.model_config",)}


def test_code_may_give_a_connection_by_itself(tmp_path: Path) -> None:
    code = """
        from promptflow.core import AzureOpenAIModelConfiguration as _
        def greet(name: str):
            config = core.AzureOpenAIModelConfiguration(connection="spoken", azure_deployment="x")
        if __name__ == "__main__":
            core.AzureOpenAIModelConfiguration(connection="only_by_hand")
    """
    assert FlowFolder(tmp_path).flex(code).flow().connections == {"spoken": ("greet.py",)}


def test_prompts_beside_the_code_name_connections(tmp_path: Path) -> None:
    prompt = "---\nmodel:\n  configuration: {type: azure_openai, connection: written}\n---\nHi\n"
    folder = FlowFolder(tmp_path).flex("def greet(): ...\n").put("chat.prompty", prompt)
    assert folder.flow().connections == {"written": ("chat.prompty",)}


def test_an_entry_may_be_imported_from_elsewhere_in_the_flow(tmp_path: Path) -> None:
    folder = FlowFolder(tmp_path).put("pack/__init__.py", "from .deep import greet\n")
    folder.put("pack/deep.py", "def greet(n: int): ...\n").flex("from pack import greet\n")
    assert inferred(folder) == {"n": "int"}


def test_what_the_file_says_adds_to_the_code(tmp_path: Path) -> None:
    definition = """
        entry: greet:greet
        inputs:
          name: {type: string, description: Whom to greet., is_chat_input: true}
          times: {type: double, default: 2}
    """
    flow = FlowFolder(tmp_path).flex("def greet(name, times: int): ...\n", definition).flow()
    assert flow.inputs["name"].type == "string"
    assert flow.inputs["name"].description == "Whom to greet."
    assert (flow.inputs["times"].type, flow.inputs["times"].default) == ("int", 2)
    assert flow.chat_input == "name"


@pytest.mark.parametrize(
    ("definition", "severity"),
    [
        ("entry: greet:welcome\n", "error"),
        ("entry: greet\n", "error"),
        ("entry: 5\n", "error"),
        ("inputs: {}\n", "error"),
        ("entry: installed.package:greet\n", "warning"),
        ("entry: greet:made\n", "warning"),
    ],
)
def test_an_entry_that_is_not_there(tmp_path: Path, definition: str, severity: str) -> None:
    read = FlowFolder(tmp_path).flex("def greet(): ...\nmade = print\n", definition).read()
    assert [item.severity for item in read.findings] == [severity]
    assert read.flow is not None
    assert read.flow.kind == "flex"
    assert read.flow.sample_request is None


def test_a_dag_file_with_an_entry_is_a_flex_flow(tmp_path: Path) -> None:
    folder = FlowFolder(tmp_path).dag("entry: greet:greet\n").put("greet.py", "def greet(): ...\n")
    assert folder.flow().kind == "flex"


def test_environment_reads_have_file_and_line(tmp_path: Path) -> None:
    code = """
        import os
        from os import environ as e, getenv
        KEY = os.environ["KEY"]
        os.environ["SET_HERE"] = "1"
        def greet():
            return e.get("PLACE", "x"), getenv("MOOD"), os.getenv(KEY), e["TONE"]
        if __name__ == "__main__":
            os.environ["BY_HAND"]
    """
    flow = FlowFolder(tmp_path).flex(code).flow()
    assert [(read.name, read.line, read.required) for read in flow.env_reads] == [
        ("KEY", 3, True),
        ("PLACE", 6, False),
        ("MOOD", 6, False),
        ("TONE", 6, True),
    ]
    assert {read.file for read in flow.env_reads} == {"greeter/greet.py"}
