"""Rehearsals: their settings, their environment, and that nothing of them stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local_azure import control
from tools import environment, rehearsal
from tools.administrator import Administrator
from tools.arguments import Arguments
from tools.checkout import Site, ToolError, rehearsal_site
from tools.scratch import Interrupts, scratch

PRINCIPAL = "00000000-0000-0000-0000-000000000001"
WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/M/workspaces/mlw-flows"
LINE = (
    f"az role assignment create --assignee-object-id {PRINCIPAL} --assignee-principal-type "
    f"ServicePrincipal --role ea01e6af-a1c1-4350-9563-ad00f8c72ec5 --scope {WORKSPACE}"
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site("prod", tmp_path / "prod", tmp_path / "prod" / "project")


def test_it_has_a_folder_an_azure_and_a_backend_of_its_own() -> None:
    arguments = Arguments(command="rehearse", stack="prod")
    added = environment.additions(arguments, {"HTTPS_PROXY": "http://127.0.0.1:1"})
    site = rehearsal_site("prod")
    assert arguments.site == site
    assert added["PULUMI_BACKEND_URL"] == site.backend.as_uri()
    assert added["PULUMI_HOME"] == str(site.pulumi_home)
    assert added["PULUMI_STACK"] == "prod"
    assert Arguments(command="up", stack="prod").site is None


def test_no_account_of_the_user_s_comes_in() -> None:
    theirs = {
        "ARM_CLIENT_SECRET": "x",
        "AZURE_CLIENT_ID": "x",
        "AZURE_CONFIG_DIR": "x",
        "AWS_PROFILE": "x",
        "GOOGLE_APPLICATION_CREDENTIALS": "x",
        "PULUMI_ACCESS_TOKEN": "x",
        "PULUMI_BACKEND_URL": "https://elsewhere",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "x",
        "PROD_OPENAI_KEY": "x",
        "VAULT_TOKEN": "x",
    }
    machine = {"PATH": "/bin", "HOME": "/home/a", "PIP_INDEX_URL": "https://index", "LC_ALL": "C"}
    assert environment.of_machine({**theirs, **machine}) == machine


def test_plain_http_goes_to_the_local_azure_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://their-proxy:3128")
    arguments = Arguments(command="rehearse", stack="prod")
    added = environment.additions(arguments, {"HTTPS_PROXY": "http://127.0.0.1:1"})
    assert added["ALL_PROXY"] == "http://127.0.0.1:1"


def test_settings_are_the_local_azure_s() -> None:
    given = ["profile=cloud", "quota_by_family=a=1,b=2"]
    assert rehearsal.settings_of(given) == {"profile": "cloud", "quota_by_family": "a=1,b=2"}
    for wrong in ("quota=4", "quota_cores", "quota_cores=many"):
        with pytest.raises(ToolError, match="cannot set up the local Azure"):
            rehearsal.settings_of([wrong])


@pytest.mark.parametrize(("total", "cores"), [(16, "100"), (640, "640")])
def test_there_is_quota_enough(total: int, cores: str) -> None:
    review: Any = SimpleNamespace(quota=[SimpleNamespace(total=total)])
    assert rehearsal.quota_of(review) == {"quota_cores": cores}


@pytest.mark.parametrize(("may", "roles"), [(True, {}), (False, {"deployer_roles"})])
def test_who_may_assign_no_roles_in_the_cloud_may_not_here(may: bool, roles: set[str]) -> None:
    stack: Any = SimpleNamespace(manage_roles=may)
    assert set(rehearsal.roles_of(stack)) == set(roles)


def test_the_administrator_does_what_the_program_asks_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[object] = []

    def ask(home: Path, *_: str, body: object, tolerate: str) -> None:
        asked.append((home, body, tolerate))

    monkeypatch.setattr(control, "ask", ask)
    administrator = Administrator(tmp_path)
    said = {"severity": "info", "message": f"role to be assigned:\n{LINE}\n"}
    administrator.take({"diagnosticEvent": said})
    administrator.take({"diagnosticEvent": {"severity": "info", "message": "no more"}})
    administrator.take({"summaryEvent": {}})
    assert asked == [
        (
            tmp_path,
            {
                "principalId": PRINCIPAL,
                "role": "ea01e6af-a1c1-4350-9563-ad00f8c72ec5",
                "scope": WORKSPACE,
            },
            "RoleAssignmentExists",
        )
    ]
    assert administrator.granted == ["Connection Secrets Reader on mlw-flows"]


def test_a_scratch_site_goes_with_what_is_in_it(site: Site) -> None:
    with scratch(site):
        site.backend.mkdir()
        (site.backend / "state").write_text("x")
    assert not site.folder.exists()


def test_it_goes_after_an_error_too(site: Site) -> None:
    with pytest.raises(FileNotFoundError), scratch(site):
        (site.project / "not there").touch()
    assert not site.folder.exists()


def test_what_somebody_left_is_not_taken_over(site: Site) -> None:
    site.backend.mkdir(parents=True)
    with scratch(site):
        assert list(site.folder.iterdir()) == []


def test_two_do_not_meet_in_one(site: Site) -> None:
    with scratch(site):
        with pytest.raises(ToolError, match="is being rehearsed already"), scratch(site):
            pass
        assert site.folder.exists()


@pytest.fixture
def handlers() -> Iterator[None]:
    """The handlers of this process, given back."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("handlers")
def test_a_closed_terminal_takes_it_down(site: Site) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with pytest.raises(KeyboardInterrupt), scratch(site):
        os.kill(os.getpid(), signal.SIGHUP)
    assert not site.folder.exists()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def test_an_interrupt_waits_for_what_is_not_to_be_broken_off() -> None:
    interrupts, done = Interrupts(), list[str]()

    def a_step() -> None:
        with interrupts.held():
            interrupts.take(signal.SIGINT, None)
            done.append("to its end")

    with pytest.raises(KeyboardInterrupt):
        a_step()
    assert done == ["to its end"]
