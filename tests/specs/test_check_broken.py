"""Broken documents: clear findings, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.__main__ import main
from specs.rules.catalogue import ENTRIES
from tests.specs.broken_documents import BROKEN
from tests.specs.their_project import checked, rows, their_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Their project, also the working directory."""
    return their_project(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_documents_give_clear_findings(
    name: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "deployment.yml").write_bytes(BROKEN[name])
    for arguments in (["deployment.yml"], []):
        code, data = checked(capsys, *arguments)
        assert code == 1, data
        for finding in rows(data, "findings"):
            assert str(finding["id"]) in ENTRIES
            assert len(str(finding["message"])) < 400
            assert "pydantic" not in str(finding).lower()
            assert "Traceback" not in str(finding)
        assert any(finding["severity"] == "error" for finding in rows(data, "findings"))
        assert main(["check", *arguments]) == 1
        assert "deployment.yml" in capsys.readouterr().out


def test_fifty_broken_documents_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, content in enumerate(BROKEN.values()):
        (project / f"broken-{number}.yml").write_bytes(content)
    names = [f"broken-{number}.yml" for number in range(len(BROKEN))]
    assert len(names) >= 50
    code, data = checked(capsys, *names)
    assert code == 1
    blamed = {str(finding["file"]) for finding in rows(data, "findings")}
    assert len(blamed) >= 50
