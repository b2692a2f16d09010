"""What a flow's model holds: the folder, its includes, less what is ignored."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from specs.flow import read_flow
from tests.specs.flow_folder import CHAT, FlowFolder, a_chat_flow, rules, told


def including(folder: FlowFolder, *entries: str) -> FlowFolder:
    lines = "".join(f"    - {entry}\n" for entry in entries)
    return folder.dag(CHAT + "    additional_includes:\n" + lines)


def test_caches_and_secrets_stay_behind(tmp_path: Path) -> None:
    folder = a_chat_flow(tmp_path)
    for name in (".env", ".env.local", "__pycache__/a.pyc", ".git/HEAD", ".promptflow/x.json"):
        folder.put(name, "secret")
    folder.put("sub/.runs/1", "").put(".env.example", "KEY=")
    assert folder.uploads() == [".env.example", "flow.dag.yaml", "reply.jinja2"]
    assert [item.file for item in folder.read().findings] == ["greeter/.env", "greeter/.env.local"]


def test_includes_land_at_the_top_by_their_own_names(tmp_path: Path) -> None:
    folder = including(a_chat_flow(tmp_path), "../common/tone.jinja2", "../library/", "../a/../b")
    folder.put("../common/tone.jinja2").put("../library/deep/x.py").put("../library/.hidden")
    folder.put("../b", "file")
    assert folder.uploads() == [
        "b",
        "flow.dag.yaml",
        "library/.hidden",
        "library/deep/x.py",
        "reply.jinja2",
        "tone.jinja2",
    ]
    flow = folder.flow()
    assert flow.additional_includes == ("../common/tone.jinja2", "../library", "../a/../b")
    sources = {file.path: file.source for file in flow.upload_files()}
    assert sources["greeter/library/deep/x.py"] == tmp_path / "library/deep/x.py"


def test_a_node_may_live_on_an_include(tmp_path: Path) -> None:
    folder = including(FlowFolder(tmp_path), "../common/reply.jinja2")
    assert "flow-file-missing" in rules(folder.read())
    assert folder.put("../common/reply.jinja2").flow()


def test_an_include_wins_over_a_file_of_the_flow_and_says_so(tmp_path: Path) -> None:
    folder = including(a_chat_flow(tmp_path), "../common/reply.jinja2", "../common/same.txt")
    folder.put("../common/reply.jinja2", "other").put("../common/same.txt").put("same.txt")
    read = folder.read()
    assert told(read) == [("flow-include-clash", "greeter/flow.dag.yaml", 15)]
    assert read.flow is not None
    sources = {file.path: file.source for file in read.flow.upload_files()}
    assert sources["greeter/reply.jinja2"] == tmp_path / "common/reply.jinja2"


def test_includes_that_cannot_be(tmp_path: Path) -> None:
    folder = including(a_chat_flow(tmp_path), "../gone.py", "7", "''", "../gone.zip", "/", '"\\0"')
    at = "greeter/flow.dag.yaml"
    assert told(folder.read()) == [
        ("wrong-type", at, 16),
        ("wrong-type", at, 17),
        ("flow-include-missing", at, 15),
        ("flow-include-missing", at, 18),
        ("flow-include-missing", at, 19),
        ("flow-include-missing", at, 20),
    ]


def test_a_zip_include_is_the_folder_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = including(a_chat_flow(tmp_path), "../data.zip")
    folder.put("../data/one.txt", "1").put("../data/deep/two.txt", "2")
    assert "data.zip" in folder.uploads()
    first, second = (folder.flow().upload_files()[0].source for _ in range(2))
    assert first == second
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == ["data/deep/two.txt", "data/one.txt"]
    assert folder.put("../data.zip", "already there").flow().upload_files()[0].source == (
        tmp_path / "data.zip"
    )


def test_amlignore_goes_before_gitignore(tmp_path: Path) -> None:
    folder = a_chat_flow(tmp_path).put("data.csv").put("notes.md").put(".gitignore", "*.csv\n")
    assert "data.csv" not in folder.uploads()
    folder.put(".amlignore", "*.md\n.gitignore\n")
    assert folder.uploads() == [".amlignore", "data.csv", "flow.dag.yaml", "reply.jinja2"]


def test_a_file_that_a_node_needs_must_not_be_ignored(tmp_path: Path) -> None:
    folder = a_chat_flow(tmp_path).put(".gitignore", "*.jinja2\n")
    assert told(folder.read()) == [("flow-file-ignored", "greeter/flow.dag.yaml", 12)]
    assert folder.put(".gitignore", "*.jinja2\n!reply.jinja2\n").flow()


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    folder = a_chat_flow(tmp_path).put("../elsewhere/far.txt").put("inside.txt")
    (folder.path / "far").symlink_to(tmp_path / "elsewhere")
    (folder.path / "near.txt").symlink_to("inside.txt")
    (folder.path / "loop").symlink_to(".")
    (folder.path / "gone").symlink_to("nowhere")
    (folder.path / "self").symlink_to("self")
    assert folder.uploads() == [
        "far/far.txt",
        "flow.dag.yaml",
        "inside.txt",
        "near.txt",
        "reply.jinja2",
    ]
    assert sorted(told(folder.read())) == [
        ("flow-link-broken", "greeter/gone", None),
        ("flow-link-broken", "greeter/self", None),
        ("flow-link-circle", "greeter/loop", None),
        ("flow-link-outside", "greeter/far", None),
    ]


def test_pipes_and_names_that_are_no_text_are_told(tmp_path: Path) -> None:
    folder = a_chat_flow(tmp_path)
    os.mkfifo(folder.path / "pipe")
    Path(os.fsdecode(os.fsencode(folder.path) + b"/\xff.txt")).touch()
    assert rules(folder.read()) == {"flow-file-special", "flow-file-name"}


def test_what_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_chat_flow(tmp_path)

    def denied(_path: object, _mode: int) -> bool:
        return False

    monkeypatch.setattr(os, "access", denied)  # chmod does not stop root
    assert "flow-file-unreadable" in rules(folder.read())


def test_a_folder_by_mistake_ends_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specs.flow.walk.MAX_FILES", 1)
    assert "flow-too-many-files" in rules(a_chat_flow(tmp_path).read())


def test_a_linked_flow_finds_its_includes_from_where_it_really_is(tmp_path: Path) -> None:
    folder = including(FlowFolder(tmp_path, "real/greeter"), "../common/reply.jinja2")
    folder.put("../common/reply.jinja2")
    (tmp_path / "linked").symlink_to(folder.path)
    read = read_flow(tmp_path / "linked", project=tmp_path)
    assert not read.findings
    assert read.flow is not None
    assert [file.path for file in read.flow.files] == [
        "linked/flow.dag.yaml",
        "linked/reply.jinja2",
    ]


def test_requirements_may_be_named_or_included(tmp_path: Path) -> None:
    environment = "    environment: {python_requirements_txt: needs.txt, image: my.io/base:1}\n"
    folder = a_chat_flow(tmp_path).dag(CHAT + environment)
    assert told(folder.read()) == [("flow-requirements-missing", "greeter/flow.dag.yaml", 14)]
    flow = folder.put("needs.txt").put("requirements.txt").flow()
    assert flow.requirements == folder.path / "needs.txt"
    assert flow.image == "my.io/base:1"
    included = including(a_chat_flow(tmp_path), "../common/requirements.txt")
    (folder.path / "requirements.txt").unlink()
    included.put("../common/requirements.txt")
    assert included.flow().as_dict()["requirements"] == "../common/requirements.txt"
