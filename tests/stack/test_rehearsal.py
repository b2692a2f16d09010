"""A production stack, rehearsed on a laptop that has accounts of all kinds."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import yaml

from tests.stack.project import Project

VAULT = "azurekeyvault://prod-vault.vault.azure.net/keys/pulumi"
CONNECTION = """\
name: production_openai
type: azure_open_ai
azure_endpoint: https://prod-openai.openai.azure.com/
api_key: ${PROD_OPENAI_KEY}
"""


class TheirProxy(threading.Thread):
    """The way to the internet that the shell knows of. Nobody is let through; all are noted."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.asked: list[bytes] = []

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(200))

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def in_the_shell(proxy: str) -> dict[str, str]:
    """What a person who deploys for a living has exported."""
    planted = "planted-7f41c0de"
    return {
        **{f"ARM_{name}": planted for name in ("CLIENT_ID", "CLIENT_SECRET", "TENANT_ID")},
        **{f"AZURE_{name}": planted for name in ("CLIENT_ID", "CLIENT_SECRET", "TENANT_ID")},
        "PULUMI_ACCESS_TOKEN": planted,
        "PULUMI_BACKEND_URL": "https://state.example.com",
        "PULUMI_CONFIG_PASSPHRASE": planted,
        "PULUMI_STACK": "dev",
        "PROD_OPENAI_KEY": planted,
        "HTTPS_PROXY": proxy,
        "HTTP_PROXY": proxy,
    }


def with_secrets(project: Project) -> None:
    """Pulumi.prod.yaml as a team keeps it: a key vault encrypts, and some keys are in the file."""
    (project.folder / "connection.yml").write_text(CONNECTION)
    path = project.folder / "Pulumi.prod.yaml"
    document = yaml.safe_load(path.read_text())
    config = document["config"]
    config["azure-native:clientSecret"] = {"secure": "v1:cGxhbnRlZA=="}
    config["flow-endpoints:connections"] = [
        "connection.yml",
        {
            "file": "connection.yml",
            "set": {"name": "second_openai", "api_key": {"secure": "v1:cGxhbnRlZA=="}},
        },
    ]
    (service,) = config["flow-endpoints:endpoints"]
    service["deployments"][0]["set"]["environment_variables"] = {
        "PROMPTFLOW_WORKER_NUM": 1,
        "open_ai_connection": "second_openai",
    }
    document |= {"secretsprovider": VAULT, "encryptedkey": "cGxhbnRlZA=="}
    path.write_text(yaml.safe_dump(document, sort_keys=False))


def files(folder: Path) -> dict[str, str]:
    """What stands in a folder; byte code is Python's own affair."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"__pycache__", ".venv"} & set(path.parts)
    }


def test_a_production_stack_answers_without_the_cloud_that_it_is_for(project: Project) -> None:
    with_secrets(project)
    before, proxy = files(project.folder), TheirProxy()
    proxy.start()
    project.env |= in_the_shell(proxy.url)
    ran = project.tools("rehearse", "--stack", "prod").must_work()
    proxy.stop()

    assert "\nanswer    You asked" in ran.out
    assert "workspace mlw-flows" in ran.out
    assert "connections[1].set.api_key" in ran.out
    assert "$PROD_OPENAI_KEY" in ran.out
    assert "azure-native:clientSecret" in ran.out
    assert "Connection Secrets Reader on mlw-flows: assigned here" in ran.out
    assert ran.out.splitlines()[-2].startswith("rehearsed stack prod deploys: 1 endpoint")
    assert "planted" not in ran.text

    assert proxy.asked == []
    assert project.processes() == {}
    assert files(project.folder) == before
    assert not (project.folder / ".local").exists()


def test_an_interrupted_one_leaves_nothing_and_one_that_stands_is_disturbed_by_none(
    project: Project,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tools", "rehearse", "--stack", "local", "--keep"],
        cwd=project.folder,
        env=project.env,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as standing:
        assert standing.stdout is not None
        shown = iter(standing.stdout.readline, "")
        assert any(line.startswith("stands") for line in shown)

        again = project.tools("rehearse", "--stack", "local").must_fail()
        assert "is being rehearsed already" in again.text
        project.tools("down").must_work()
        invoked = project.tools("invoke", "--stack", "local", "--rehearsed").must_work()
        assert "You asked" in invoked.out

        os.killpg(standing.pid, signal.SIGINT)
        assert "rehearsed stack local deploys" in standing.stdout.read()
    assert standing.returncode == 0
    assert project.processes() == {}
    assert not (project.folder / ".local").exists()


def test_a_mistake_is_told_with_the_user_s_own_file_and_line(project: Project) -> None:
    ran = project.tools("rehearse", "--stack", "prod", "--settings", "quota_cores=4").must_fail()
    text = (project.folder / "Pulumi.prod.yaml").read_text().splitlines()
    line = 1 + next(i for i, each in enumerate(text) if "flow-endpoints:endpoints" in each)
    assert f"Pulumi.prod.yaml:{line}" in ran.text
    assert "quota-exceeded" in ran.text
    assert "stack prod does not deploy" in ran.text
    assert not (project.folder / ".local").exists()
