"""A change that failed and is undone: Azure has what it had, not only the files."""

from __future__ import annotations

from tests.stack.project import WORKSPACE, Project

WORD_COUNT = {
    "endpoint": "deploy/word-count/endpoint.yml",
    "deployments": [
        {
            "file": "deploy/word-count/blue-deployment.yml",
            "set": {"environment_variables": {"PROMPTFLOW_WORKER_NUM": "1"}},
        }
    ],
}
BLUE = f"{WORKSPACE}/onlineEndpoints/word-count/deployments/blue"


def test_the_deployment_gets_back_what_worked(project: Project) -> None:
    project.config(endpoints=[WORD_COUNT])
    project.tools("up").must_work()
    before = project.arm(BLUE)["properties"]
    module = "flows/word-count/count_stems.py"
    project.edit(module, "from collections", "def broken(:\nfrom collections")
    failed = project.tools("up")
    assert failed.code != 0
    assert "SyntaxError: invalid syntax" in failed.text
    assert project.arm(BLUE)["properties"]["provisioningState"] == "Failed"

    project.edit(module, "def broken(:\nfrom collections", "from collections")
    project.tools("up").must_work()

    assert project.arm(BLUE)["properties"] == before
    assert "no changes" in project.tools("up").must_work().text
