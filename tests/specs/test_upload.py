"""What is uploaded, and the version it makes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import cast

import isodate  # what azure-ai-ml writes durations with
from hypothesis import given
from hypothesis import strategies as st

from specs.durations import iso_milliseconds, iso_seconds
from specs.upload import content_version, folder_files
from tests.specs.stack_folder import write


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
