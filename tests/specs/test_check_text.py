"""The text of `python -m specs check`: 80 columns, the most important line last."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from specs.__main__ import main
from specs.bodies import CheckResult
from specs.findings import Finding, Severity
from specs.report import as_json, as_text
from tests.specs.rule_scenes import a_deployment
from tests.specs.their_project import their_project, write

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Their project, also the working directory."""
    return their_project(tmp_path, monkeypatch)


def test_the_text_fits_80_columns_and_ends_with_the_verdict(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"deployment.yml": a_deployment("request_settings: {request_timeout_ms: 0}\n")})
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "\033" not in "".join(lines)
    assert lines[-1] == "error     1 error and 1 warning: nothing would be created"
    assert "8 DSv2 cores" in "".join(lines[-3:])
    urgent = [line.split()[0] for line in lines if line.startswith(("error ", "warning "))]
    assert urgent == ["warning", "error", "error"]
    assert any(line.startswith("error     deployment.yml:6  deployment blue") for line in lines)


def test_colours_are_for_terminals_only() -> None:
    finding = Finding(id="a-b", severity="error", subject="s", message="m", fix="f")
    result = CheckResult(findings=(finding,))
    assert "\033[1;31merror" in as_text(result, what="1 file", colour=True)
    assert "\033" not in as_text(result, what="1 file", colour=False)


def many(number: int, severity: Severity = "warning", *, line: int = 0) -> tuple[Finding, ...]:
    """The same said of many deployments, each in a file of its own (`line`: all at one)."""
    return tuple(
        Finding(
            id="a-b",
            severity=severity,
            subject=f"deployment blue of chat{n:02}",
            message="m",
            fix="f",
            file="x" if line else f"{n:02}.yml",
            line=line or 7,
        )
        for n in range(number)
    )


@pytest.mark.parametrize(
    ("findings", "where"),
    [
        (many(2), "At 00.yml:7 (deployment blue of chat00), 01.yml:7 (deployment blue of chat01)."),
        (many(3, line=1), "At x:1 (deployment blue of chat00 and 2 more)."),
        (many(50), "50 deployments: blue of chat00, blue of chat01, "),
        (many(9, "error"), "At 00.yml:7 (deployment blue of chat00), 01.yml:7 "),
    ],
)
def test_what_is_said_of_many_is_said_once(findings: tuple[Finding, ...], where: str) -> None:
    lines = as_text(CheckResult(findings=findings), what="1 file", colour=False).splitlines()
    assert lines[0] == f"{findings[0].severity:10}m (a-b)."
    assert f"f {where}" in " ".join(" ".join(lines[1:]).split())
    assert sum(line.startswith(("warning", "error ")) for line in lines) <= 2
    assert "1 warning" in lines[-1] or "1 error" in lines[-1]


def test_what_is_said_once_begins_with_its_place() -> None:
    lines = as_text(CheckResult(findings=many(1)), what="1 file", colour=False).splitlines()
    assert lines[:2] == ["warning   00.yml:7  deployment blue of chat00: m (a-b).", "          f"]


def test_all_places_of_an_error_are_told() -> None:
    text = as_text(CheckResult(findings=many(70, "error")), what="70 files", colour=False)
    assert all(f"{n}.yml:7" in text for n in range(70))


def test_of_very_many_warnings_the_first_names_are_told() -> None:
    text = as_text(CheckResult(findings=many(70)), what="70 files", colour=False)
    assert "chat59 and 10 more." in " ".join(text.split())


def test_json_has_every_finding() -> None:
    data = json.loads(as_json(CheckResult(findings=many(50))))
    assert len(data["findings"]) == 50


def test_nothing_found_is_said_in_one_line() -> None:
    assert as_text(CheckResult(findings=()), what="1 file", colour=False) == (
        "check     1 file: nothing to deploy; all is well"
    )


def test_control_characters_never_reach_the_terminal(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"endpoint.yml": 'name: "\\e[31mred\\nline"\nauth_mode: key\n'})
    assert main(["check", "endpoint.yml"]) == 1
    shown = capsys.readouterr().out
    assert "\033" not in shown
    assert "`\\x1b[31mred\\nline` cannot name an endpoint" in " ".join(shown.split())


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict"])
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_any_file_name_can_be_shown_anywhere(
    encoding: str, arguments: tuple[str, ...], project: Path
) -> None:
    name = os.fsdecode(b"caf\xc3\xa9 \xff.yml")
    (project / name).write_text("name: caf\u00e9\nauth_mode: key\n", encoding="utf-8")
    command = [sys.executable, "-m", "specs", "check", *arguments, name]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(PROJECT)}
    run = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (run.returncode, run.stderr) == (1, b"")
    assert b"name-illegal" in run.stdout


def test_a_file_that_is_not_there_is_named_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "nothing.yml"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("error     nothing.yml does not exist (file-missing).\n")
