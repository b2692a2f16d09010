"""The text of `python -m specs check`: 80 columns, the most important line last."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.__main__ import main
from specs.bodies import CheckResult
from specs.findings import Finding
from specs.report import as_text
from tests.specs.rule_scenes import a_deployment
from tests.specs.their_project import their_project, write


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
    assert lines[-1] == "error    1 error and 1 warning: nothing would be created"
    assert "8 DSv2 cores" in "".join(lines[-3:])
    urgent = [line.split()[0] for line in lines if line.startswith(("error ", "warning "))]
    assert urgent == ["warning", "error", "error"]
    assert any(line.startswith("error    deployment.yml:6  deployment blue") for line in lines)


def test_colours_are_for_terminals_only() -> None:
    finding = Finding(id="a-b", severity="error", subject="s", message="m", fix="f")
    result = CheckResult(findings=(finding,))
    assert "\033[1;31merror" in as_text(result, what="1 file", colour=True)
    assert "\033" not in as_text(result, what="1 file", colour=False)


def test_what_is_said_of_one_line_is_said_once() -> None:
    findings = tuple(
        Finding(id="a-b", severity="warning", subject=name, message="m", fix="f", file="x", line=1)
        for name in ("one", "two", "three")
    )
    text = as_text(CheckResult(findings=findings), what="1 file", colour=False)
    assert text.splitlines()[0] == "warning  x:1  one and 2 more: m (a-b)."
    assert text.splitlines()[-1] == "warning  3 warnings, no error"
