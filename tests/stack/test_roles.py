"""A deployer who may not write role assignments, and the administrator who may."""

from __future__ import annotations

import shlex

from tests.stack.project import Project


def test_without_the_role_the_smoke_request_fails_and_says_how_to_grant_it(
    project: Project,
) -> None:
    project.config(manageRoles=False)
    ran = project.tools("up").must_fail()

    assert "open_ai_connection" in ran.text
    assert "Azure Machine Learning Workspace Connection Secrets Reader" in ran.text
    line = next(x for x in ran.text.splitlines() if "az role assignment create" in x)
    assert "inference-server" in ran.text.lower().replace("inferenceserver", "inference-server")
    assert project.live_traffic("basic-chat") == {}

    # The administrator's line, said to the local Azure: it takes what az takes.
    words = shlex.split(line[line.index("az role") :])
    project.local_azure("grant", *words[words.index("create") + 1 :]).must_work()

    project.tools("up").must_work()
    assert project.live_traffic("basic-chat") == {"blue": 100}
    assert project.answer()


def test_roles_of_a_connection_without_a_key_may_take_their_time(project: Project) -> None:
    project.local_azure("start", "--setting", "role_propagation_seconds=5").must_work()
    (project.folder / "deploy" / "without-key.yml").write_text(
        "name: open_ai_connection\ntype: azure_open_ai\n"
        "azure_endpoint: https://local-openai.openai.azure.com/\n"
    )
    project.config(connections=["deploy/without-key.yml"])

    ran = project.tools("up").must_work()

    assert "role Cognitive Services OpenAI User" in ran.text
    assert "role Connection Secrets Reader" in ran.text
    assert project.live_traffic("basic-chat") == {"blue": 100}
    assert project.answer()
