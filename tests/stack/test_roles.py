"""A deployer who may not write role assignments, and the administrator who may."""

from __future__ import annotations

import re
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

    # The administrator's line, said to the local Azure.
    words = shlex.split(line[line.index("az role") :])
    value = dict(zip(words[4::2], words[5::2], strict=False))
    assert re.fullmatch(r"[0-9a-f-]{36}", value["--assignee-object-id"])
    project.local_azure(
        "grant",
        "--assignee-object-id",
        value["--assignee-object-id"],
        "--role",
        value["--role"],
        "--scope",
        value["--scope"],
    ).must_work()

    project.tools("up").must_work()
    assert project.live_traffic("basic-chat") == {"blue": 100}
    assert project.answer()
