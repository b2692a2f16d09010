"""A user's mistake: one clear error with file and line, before anything is created."""

from __future__ import annotations

import shutil

import pytest

from tests.stack.project import Project


def nothing_was_created(project: Project) -> bool:
    return project.pulumi("stack", "export", "--stack", "local").code != 0 or all(
        resource["type"] == "pulumi:pulumi:Stack" for resource in project.resources()
    )


@pytest.mark.parametrize("door", ["make up", "pulumi preview"])
@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("deploy/basic-chat/endpoint.yml", "name: basic-chat", f"name: {'x' * 40}", "40"),
        ("deploy/basic-chat/endpoint.yml", "auth_mode:", "auth_mod:", "auth_mode"),
    ],
    ids=["a name of 40 characters", "a misspelt field"],
)
def test_a_mistake_in_a_file(
    project: Project, path: str, old: str, new: str, said: str, door: str
) -> None:
    project.edit(path, old, new)
    if door == "make up":
        ran = project.tools("up").must_fail()
    else:
        ran = project.pulumi("preview", "--stack", "local").must_fail()
    line = 1 + (project.folder / path).read_text().splitlines().index(
        next(x for x in (project.folder / path).read_text().splitlines() if x.startswith(new))
    )
    assert f"{path}:{line}" in ran.text
    assert said in ran.text
    assert nothing_was_created(project)


def test_a_missing_flow_folder(project: Project) -> None:
    shutil.rmtree(project.folder / "flows" / "basic-chat")
    ran = project.tools("up").must_fail()
    assert "flows/basic-chat" in ran.text
    assert "1 error and" in ran.text
    assert nothing_was_created(project)
