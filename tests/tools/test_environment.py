"""The environment of a stack's commands."""

import json
import os
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from tools import environment
from tools.arguments import Arguments, parse
from tools.checkout import LOCAL_SITE, PLUGIN, PULUMI_BIN, Site

AZURE = {"HTTPS_PROXY": "http://127.0.0.1:1", "AZURE_CLIENT_SECRET": 'it\'s "secret"'}


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setenv(PULUMI_BIN, "/tools/bin")
    monkeypatch.setenv("PATH", "/usr/bin:/tools/bin")


def test_the_local_stack_has_its_own_backend_azure_and_plugin() -> None:
    added = environment.additions(Arguments(command="up"), AZURE)
    assert added["PULUMI_BACKEND_URL"] == LOCAL_SITE.backend.as_uri()
    assert added["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert added["PATH"] == "/tools/bin:/usr/bin"
    assert added["PULUMI_HOME"] == str(LOCAL_SITE.pulumi_home)
    assert os.access(PLUGIN, os.X_OK)
    assert added.items() >= AZURE.items()


def test_a_cloud_s_sign_in_in_the_shell_is_not_the_local_stack_s() -> None:
    added = environment.additions(Arguments(command="up"), {"AZURE_CLIENT_ID": "local", **AZURE})
    assert added["ARM_CLIENT_ID"] == "local"
    assert added["ARM_CLIENT_SECRET"] == AZURE["AZURE_CLIENT_SECRET"]
    assert added["AZURE_AUTHORITY_HOST"] == "https://login.microsoftonline.com"


def test_another_stack_keeps_the_user_s_own() -> None:
    added = environment.additions(Arguments(command="up", stack="prod"), {})
    assert added["PATH"] == "/tools/bin:/usr/bin"
    assert added["PULUMI_STACK"] == "prod"
    assert not {"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "HTTPS_PROXY"} & set(added)


def test_the_lines_for_eval_survive_a_shell() -> None:
    lines = environment.exports(AZURE)
    script = f'{lines}\nprintf %s "$AZURE_CLIENT_SECRET"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == AZURE["AZURE_CLIENT_SECRET"]
    assert all(shlex.split(line)[0] == "export" for line in lines.splitlines())


def test_it_applies_for_a_while() -> None:
    before = dict(os.environ)
    with environment.applied(AZURE):
        assert os.environ["HTTPS_PROXY"] == AZURE["HTTPS_PROXY"]
    assert dict(os.environ) == before


def test_unset_make_variables_are_unset_options() -> None:
    words = ["invoke", "--stack", "", "--endpoint", "", "--deployment", "", "--data", ""]
    assert parse(words) == Arguments(command="invoke")


def test_the_lock_of_a_cli_that_is_gone_is_taken_off_and_no_other(tmp_path: Path) -> None:
    site = Site("local", tmp_path)
    locks = site.backend / ".pulumi" / "locks" / "organization" / "flow-endpoints" / "local"
    locks.mkdir(parents=True)
    stack = site.backend / ".pulumi" / "stacks" / "flow-endpoints" / "local.json"
    stack.parent.mkdir(parents=True)
    stack.write_text("{}")
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    here = socket.gethostname()
    for name, pid, host in (
        ("gone", gone.pid, here),
        ("running", os.getpid(), here),
        ("elsewhere", gone.pid, f"not-{here}"),
    ):
        lock = {"pid": pid, "username": "me", "hostname": host, "timestamp": "2026-11-22T00:00:00Z"}
        (locks / f"{name}.json").write_text(json.dumps(lock))
    (locks / "damaged.json").write_text("[]")

    environment.ensure_stack(site, {})

    assert {lock.stem for lock in locks.iterdir()} == {"running", "elsewhere", "damaged"}
