"""From an empty store to an answering flow, and back."""

from __future__ import annotations

import json
import re

from tests.stack.project import Project

PROMPT = "flows/basic-chat/chat.jinja2"


def curl_line(text: str) -> str:
    """The line that `make up` prints behind `try it`, as a user would copy it."""
    (line,) = re.findall(r"^try it +(curl .+(?:\n +.+)*)", text, re.MULTILINE)
    return line


def test_up_prints_an_answer_and_a_curl_line_that_works(project: Project) -> None:
    printed = project.tools("up").must_work().out
    line = curl_line(printed)

    answer = json.loads(project.shell(line).must_work().out)["answer"]
    assert answer
    assert answer.split("\n")[0][:40] in printed

    streamed = project.shell(f"{line} -N -H 'accept: text/event-stream'").must_work().out
    chunks = [json.loads(x[5:])["answer"] for x in streamed.splitlines() if x.startswith("data:")]
    assert len(chunks) > 1
    assert "".join(chunks) == answer


def test_a_second_up_changes_nothing_and_uploads_nothing(deployed: Project) -> None:
    before = deployed.uploads()
    deployed.tools("up").must_work()
    result = deployed.pulumi("up", "--yes", "--stack", "local").must_work().out
    assert "unchanged" in result
    assert not re.search(r"\d+ (created|updated|replaced|deleted)", result)
    assert deployed.uploads() == before


def test_refresh_is_clean(deployed: Project) -> None:
    deployed.pulumi("refresh", "--yes", "--expect-no-changes", "--stack", "local").must_work()


def test_preview_json_shows_the_body_that_reaches_arm(deployed: Project) -> None:
    preview = deployed.pulumi("preview", "--json", "--stack", "local").must_work()
    steps = json.loads(preview.out)["steps"]
    (deployment,) = [
        step["newState"]["inputs"]
        for step in steps
        if step["newState"]["type"].endswith(":OnlineDeployment")
    ]
    body = deployment["properties"]
    assert body["endpointComputeType"] == "Managed"
    assert body["model"].startswith("/subscriptions/")
    assert "deployment.deployment_name=blue" in body["environmentVariables"]["PRT_CONFIG_OVERRIDE"]


def test_a_changed_prompt_is_a_new_version_and_changing_back_reuses_the_old(
    project: Project,
) -> None:
    project.tools("up").must_work()
    first, versions = project.answer(), project.model_versions()
    assert len(versions) == 1

    project.edit(PROMPT, "in a few plain sentences", "in Latin")
    project.tools("up").must_work()
    second = project.answer()
    assert second != first
    assert len(project.model_versions()) == 2

    uploads = project.uploads()
    project.edit(PROMPT, "in Latin", "in a few plain sentences")
    project.tools("up").must_work()
    assert project.answer() == first
    assert project.uploads() == uploads
    assert len(project.model_versions()) == 2


def test_destroy_leaves_nothing_and_down_ends_every_process(project: Project) -> None:
    project.tools("up").must_work()
    assert project.processes()
    project.pulumi("destroy", "--yes", "--stack", "local").must_work()
    assert [r for r in project.resources() if r["type"] != "pulumi:pulumi:Stack"] == []
    assert project.model_versions() == set()
    project.tools("down").must_work()
    assert project.processes() == {}
    assert not (project.folder / ".local" / "azure").exists()
