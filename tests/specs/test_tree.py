"""YAML with lines: what it means, and that nothing a file holds ends in an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from specs.documents import Document, Findings, as_block, merge
from specs.tree import Block, parse_tree, plain, read_tree


def faults_of(text: str | bytes) -> list[tuple[str, int | None]]:
    raw = text if isinstance(text, bytes) else text.encode()
    return [(fault.id, fault.place.line) for fault in parse_tree(raw, "x.yml").faults]


def root_of(text: str) -> Block:
    parsed = parse_tree(text.encode(), "x.yml")
    assert parsed.root is not None
    return parsed.root


def test_every_key_and_item_knows_its_line() -> None:
    root = root_of("a: 1\nb:\n  c:\n    - x\n    - y: z\n")
    document = Document(root, Path("/"), Path("/"))
    assert document.place("a").line == 1
    assert document.place("b", "c").line == 3
    assert document.place("b", "c", 0).line == 4
    assert document.place("b", "c", 1, "y").line == 5
    assert document.place("b", "missing").line == 2
    assert document.place().line == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfa: 1\n",
        "a: 1\n".encode("utf-16"),
        "a: 1\n".encode("utf-16-be").join([b"\xfe\xff", b""]),
        b"a: 1\r\nb: 2\r\n",
        b"--- \na: 1\n...\n",
        b"%YAML 1.1\n---\na: 1\n",
        b"\n\n# comment\na: 1",
    ],
)
def test_encodings_and_line_ends(raw: bytes) -> None:
    root = parse_tree(raw, "x.yml").root
    assert root is not None
    assert root["a"] == 1


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("", "file-empty", 1),
        ("# only a comment\n", "file-empty", 1),
        ("- a\n", "not-a-mapping", 1),
        ("text", "not-a-mapping", 1),
        ("a: 1\n---\nb: 2\n", "several-documents", 2),
        ("a:\n\tb: 1\n", "yaml-tab", 2),
        ("a: {b: 1\n", "yaml-syntax", 1),
        ("a: 'text\n", "yaml-syntax", 1),
        ("a: *nowhere\n", "yaml-syntax", 1),
        ("a: 1\n b: 2\n", "yaml-syntax", 2),
        ("a: !!python/object:os.system {}\n", "yaml-syntax", 1),
        ("? [a, b]\n: 1\n", "yaml-syntax", 1),
        ("a: &x\n  b: *x\n", "alias-cycle", 1),
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3),
        ("a: 2024-13-45\n", "yaml-value", 1),
        (b"a: \xff\xfe\xfd\n", "file-not-text", 1),
        (b"a: 1\nb: \x00\n", "file-not-text", 2),
        ("[" * 500 + "]" * 500, "not-a-mapping", 1),
        ("a: " + "[" * 500 + "]" * 500, "document-too-large", 1),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str | bytes, rule: str, line: int) -> None:
    assert faults_of(text) == [(rule, line)]


def test_aliases_cannot_explode() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert [rule for rule, _ in faults_of("\n".join(lines))] == ["document-too-large"]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    with file.open("wb") as sparse:
        sparse.truncate(10_000_000_000)
    assert [fault.id for fault in read_tree(file, "model.bin").faults] == ["file-too-large"]


def test_duplicates_name_both_lines() -> None:
    (fault,) = parse_tree(b"a: 1\nb:\n  c: 1\n  c: 2\n", "x.yml").faults
    assert "lines 3 and 4" in fault.message


def test_merge_keys_mean_what_they_mean_in_yaml() -> None:
    text = "base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3\nboth:\n  <<: [*b, {z: 9}]\n"
    assert plain(root_of(text)) == yaml.safe_load(text)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_TREES = st.dictionaries(
    st.text(),
    st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    ),
    min_size=1,
)


@given(_TREES)
def test_it_reads_what_pyyaml_reads(data: dict[str, object]) -> None:
    parsed = parse_tree(yaml.safe_dump(data).encode(), "x.yml")
    assert parsed.faults == ()
    assert plain(parsed.root) == data


@given(st.binary() | st.text().map(str.encode))
def test_no_input_raises(raw: bytes) -> None:
    parsed = parse_tree(raw, "x.yml")
    assert parsed.root is not None or parsed.faults


@given(st.text(alphabet="ab:-[]{},&*!|>'\"#%@` \n\t?~<"))
def test_no_yaml_raises(text: str) -> None:
    parsed = parse_tree(text.encode(), "x.yml")
    assert parsed.root is not None or parsed.faults


def test_set_merges_mappings_and_replaces_the_rest() -> None:
    base = root_of("a: {x: 1, y: [1, 2]}\nb: text\n")
    merged = merge(base, as_block({"a": {"y": [3]}, "c": None}))
    assert plain(merged) == {"a": {"x": 1, "y": [3]}, "b": "text", "c": None}
    assert plain(base) == {"a": {"x": 1, "y": [1, 2]}, "b": "text"}


def test_findings_are_not_told_twice() -> None:
    findings = Findings("x")
    for _ in range(2):
        findings.add("r", "m", fix="f", at=root_of("a: 1").place)
    assert len(findings.found) == 1
