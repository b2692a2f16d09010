"""What is uploaded, and the version it makes."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import cast

import isodate  # what azure-ai-ml writes durations with
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.durations import iso_milliseconds, iso_seconds
from specs.upload import content_version, folder_files
from tests.specs.stack_folder import write
from tests.specs.their_project import checked, ids, rows, their_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Their project, also the working directory."""
    return their_project(tmp_path, monkeypatch)


def names(folder: Path) -> list[str]:
    return [file.path for file in folder_files(folder, "top")]


def test_what_never_belongs_into_a_model_stays_behind(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "flow.py": "",
            ".env": "KEY=secret",
            "__pycache__/flow.pyc": "",
            ".git/config": "",
            ".promptflow/x": "",
            "data/.hidden": "",
        },
    )
    assert names(tmp_path) == ["top/data/.hidden", "top/flow.py"]


def test_amlignore_wins_over_gitignore(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "*.py\n", ".amlignore": "*.txt\n", "a.py": "", "b.txt": ""})
    assert "top/a.py" in names(tmp_path)
    assert "top/b.txt" not in names(tmp_path)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.txt": ""})
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == ["top/a/b.txt"]


def test_version_depends_on_paths_and_contents_only(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"a": "x", "b": "y"})
    two = write(tmp_path / "two", {"b": "y", "a": "x"})
    other = write(tmp_path / "three", {"a": "y", "b": "x"})
    version = content_version(folder_files(one, "f"))
    assert version == content_version(folder_files(two, "f"))
    assert version != content_version(folder_files(other, "f"))
    assert version != content_version(folder_files(one, "g"))
    assert len(version) == 12


def theirs(duration: timedelta) -> str:
    written = isodate.duration_isoformat(duration)  # pyright: ignore
    return cast(str, written)


@given(st.integers(min_value=1, max_value=10**12))
def test_durations_are_written_as_azure_ai_ml_writes_them(number: int) -> None:
    assert iso_milliseconds(number) == theirs(timedelta(milliseconds=number))
    seconds = number % 10**8 + 1
    assert iso_seconds(seconds) == theirs(timedelta(seconds=seconds))


def test_a_pipe_or_a_link_to_nothing_is_an_error_that_names_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"model.yml": "name: chat\npath: weights\n", "weights/a.bin": "1"})
    os.mkfifo(project / "weights" / "pipe")
    code, data = checked(capsys, "model.yml")
    assert (code, ids(data)) == (1, {"file-unreadable"})
    (finding,) = rows(data, "findings")
    assert finding["message"] == "weights/pipe cannot be read: it is a pipe, a socket or a device"
    (project / "weights" / "pipe").unlink()
    (project / "weights" / "link").symlink_to("nowhere")
    _, data = checked(capsys, "model.yml")
    assert "weights/link cannot be read: No such" in str(rows(data, "findings")[0]["message"])


def test_a_folder_that_was_named_by_mistake_is_not_read_whole(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specs.upload.MOST_FILES", 3)
    documents = {
        "model.yml": "name: chat\npath: all\n",
        "environment.yml": "name: env\nbuild: {path: all}\n",
    }
    write(project, {**documents, "all/Dockerfile": "FROM a:1\n"})
    assert checked(capsys, *documents)[0] == 0
    write(project, {f"all/{number}": "" for number in range(3)})
    code, data = checked(capsys, *documents)
    assert code == 1
    assert {(one["id"], one["file"], one["line"]) for one in rows(data, "findings")} == {
        ("file-unreadable", "model.yml", 2),
        ("file-unreadable", "environment.yml", 2),
    }


def test_a_path_to_a_device_is_told_from_one_to_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"model.yml": "name: chat\npath: /dev/null\n"})
    _, data = checked(capsys, "model.yml", "/dev/null", "nothing.yml")
    assert sorted(str(finding["message"]) for finding in rows(data, "findings")) == [
        "/dev/null is a pipe, a socket or a device",
        "/dev/null is a pipe, a socket or a device",
        "nothing.yml does not exist",
    ]
