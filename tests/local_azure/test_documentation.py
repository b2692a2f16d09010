"""docs/local-azure.md says what is played, and every rule has a test that names it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from local_azure import documentation
from local_azure.home import StartError
from local_azure.services import kinds
from local_azure.settings import Settings

FOLDER = Path(__file__).parent


def test_the_page_is_up_to_date() -> None:
    """If not: `python -m local_azure routes --write`."""
    page = documentation.PAGE.read_text("utf-8")
    assert documentation.replaced(page, documentation.markdown()) == page


def test_every_rule_is_shown_by_a_test() -> None:
    texts = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("test_*.py"))
    named = {
        name.strip()
        for found in re.findall(r"Rules? ([a-z0-9-]+(?:,\s+[a-z0-9-]+)*)", texts)
        for name in found.split(",")
    }
    rules = {rule.id for kind in kinds() for rule in kind.rules}
    assert rules - named == set()
    assert named - rules == set()


def test_every_setting_and_type_is_described() -> None:
    told: dict[str, str] = {}
    for line in documentation.markdown().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and cells[1].startswith("`"):
            told[cells[1].strip("`")] = " ".join(cells[2:])
    assert "Seconds a client is told to wait" in told["retry_after"]
    assert {kind.type for kind in kinds()} <= told.keys()
    for one in fields(Settings):
        assert len(told[one.name].split()) > 3, one.name


def test_a_page_without_marks_is_told() -> None:
    with pytest.raises(StartError, match="lacks its two marks"):
        documentation.replaced("no marks here", "x")
