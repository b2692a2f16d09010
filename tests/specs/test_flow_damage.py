"""Whatever a folder holds, reading it gives findings and never raises."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.flow import read_flow
from tests.specs.flow_folder import FlowFolder, a_chat_flow, rules

FLOWS = Path(__file__).parents[2] / "flows"
WORDS = """
    inputs outputs nodes node_variants name type source path connection activate when is entry init
    use_variants default_variant_id variants node environment environment_variables image sample a
    python_requirements_txt additional_includes tools default reference is_chat_input language code
"""
TEXTS = """
    a llm python string a.py ../x / m:f 2024-01-01 a.b ${a.output} ${inputs.a} ${a} ${} ${c.key}
    ${file:x.json} ${env:A}
"""
KEYS = st.sampled_from(WORDS.split())
SCALARS = st.sampled_from([None, True, 0, 1.5, "", *TEXTS.split()])
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)
NAMES = st.sampled_from(["flow.dag.yaml", "flow.flex.yaml"])


def read_of(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "flow")
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        read = read_flow(folder, project=Path(home))
        if read.flow is not None:
            json.dumps(read.flow.as_dict())
            json.dumps(read.flow.sample_request)
        for finding in read.findings:
            assert finding.message
            assert finding.fix


@settings(max_examples=100, deadline=None)
@given(NAMES, st.dictionaries(KEYS, TREES, max_size=8))
def test_any_structure(name: str, data: dict[str, object]) -> None:
    read_of({name: json.dumps(data).encode(), "a.py": b"def f(a: int): ...", "m.py": b"def f(): 0"})


def test_a_tool_that_is_no_text(tmp_path: Path) -> None:
    node = "{name: a, type: python, source: {type: package, tool: {b: c}}, inputs: {conn: d}}"
    FlowFolder(tmp_path).dag(f"nodes: [{node}]\n").read()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_damage_to_a_sound_flow(data: st.DataObject) -> None:
    flow = data.draw(st.sampled_from(sorted(p for p in FLOWS.iterdir() if p.is_dir())))
    files = {path.name: path.read_bytes() for path in flow.iterdir() if path.is_file()}
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name])))
    piece = data.draw(st.binary(max_size=6) | st.sampled_from([b"\n", b": ", b"- ", b"&a *a"]))
    cut = data.draw(st.integers(0, 40))
    files[name] = files[name][:at] + piece + files[name][at + cut :]
    read_of(files)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.text("-\n:a {}[]$", max_size=60))
def test_any_bytes(raw: bytes, text: str) -> None:
    read_of({"x.prompty": b"---\n" + raw + b"---\n"})
    read_of({"x.prompty": f"---\n{text}\n---\n".encode()})
    read_of({"flow.flex.yaml": b"entry: m:f\n", "m.py": raw, "samples.json": raw})


@pytest.mark.parametrize(
    "code",
    ["x = " + "(" * 500, "x = " + "-" * 3000 + "1", "x = " + "+".join("a" * 9000), "\x00", "x" * 9],
    ids=["open", "signs", "sum", "null", "name"],
)
def test_odd_python(tmp_path: Path, code: str) -> None:
    assert a_chat_flow(tmp_path).put("odd.py", code).read().flow is not None


def test_other_encodings(tmp_path: Path) -> None:
    latin = "# -*- coding: latin-1 -*-\nimport os\nos.environ['É']\n".encode("latin-1")
    folder = FlowFolder(tmp_path).flex("def greet(): ...\n").put("l.py", latin)
    assert [read.name for read in folder.flow().env_reads] == ["É"]
    folder.put("flow.flex.yaml", "entry: greet:greet\n".encode("utf-16"))
    assert folder.flow().kind == "flex"
    folder.put("flow.flex.yaml", b"entry: \xff\n")
    assert rules(folder.read()) == {"file-not-text"}
