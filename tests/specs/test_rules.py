"""The rule book: each rule obeyed and broken, silences, and the documentation page."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from specs import rules
from specs.rules import Circumstances
from specs.rules.catalogue import ENTRIES, RULES
from specs.rules.page import markdown
from specs.telling import messages
from tests.specs.rule_cases import CASES
from tests.specs.rule_cases_traffic import two
from tests.specs.rule_scenes import (
    Scene,
    a_chat_flow,
    a_deployment,
    findings_of,
    with_variables,
)

PROJECT = Path(__file__).parents[2]


def test_every_rule_has_its_two_cases() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule_id", CASES)
def test_a_scene_that_obeys_the_rule_is_not_reported(rule_id: str, tmp_path: Path) -> None:
    obeys, _ = CASES[rule_id]
    assert rule_id not in {finding.id for finding in findings_of(obeys, tmp_path)}


@pytest.mark.parametrize("rule_id", CASES)
def test_a_scene_that_breaks_the_rule_is_reported_with_its_place(
    rule_id: str, tmp_path: Path
) -> None:
    _, breaks = CASES[rule_id]
    found = [finding for finding in findings_of(breaks, tmp_path) if finding.id == rule_id]
    assert found
    for finding in found:
        assert finding.severity == RULES[rule_id].severity
        assert finding.file is not None
        assert finding.line is not None
        assert finding.message
        assert not finding.message.endswith(".")
        assert finding.fix
        assert "?" not in finding.subject


def test_rules_have_a_title_and_a_source() -> None:
    for entry in ENTRIES.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", entry.id)
        assert entry.title.endswith(".")
        assert entry.source


def test_uncertain_facts_are_no_errors() -> None:
    uncertain = {entry for entry in ENTRIES.values() if "not documented" in entry.source}
    assert uncertain
    assert {entry.severity for entry in uncertain} == {"warning"}


def test_a_sound_stack_has_only_the_notice_of_retirement(tmp_path: Path) -> None:
    scene = Scene(seen=Circumstances(today=date(2026, 11, 22)))
    (finding,) = findings_of(scene, tmp_path)
    assert finding.id == "prompt-flow-retires"
    assert "in 149 days (2027-04-20)" in finding.message


def test_the_retirement_is_found_for_each_deployment_and_told_once(tmp_path: Path) -> None:
    found = findings_of(two("traffic: {blue: 100}\n"), tmp_path)
    assert [one.subject for one in found] == ["deployment blue of chat", "deployment green of chat"]
    assert len(messages(found)) == 1


def test_after_the_retirement_the_days_count_the_other_way(tmp_path: Path) -> None:
    scene = Scene(seen=Circumstances(today=date(2027, 4, 30)))
    assert "10 days ago" in findings_of(scene, tmp_path)[0].message


@pytest.mark.parametrize("other", ["theirs", "${{azureml://connections/theirs}}"])
def test_a_field_is_overridden_under_the_name_that_the_flow_uses(
    tmp_path: Path, other: str
) -> None:
    scene = with_variables(
        f'my_connection: "{other}"\nTHEIRS_API_VERSION: "2024-06-01"', files=a_chat_flow()
    )
    found = {finding.id: finding for finding in findings_of(scene, tmp_path)}

    assert found["override-matches-nothing"].fix == "Did you mean `MY_CONNECTION_API_VERSION`?"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("MY_CONNECTION", "my_connection"),
        ("my_conection", "my_connection"),
        ("my_connection_api_key", "MY_CONNECTION_API_KEY"),
        ("MYCONNECTION_API_BASE", "MY_CONNECTION_API_BASE"),
        ("other_connection", None),
    ],
)
def test_an_override_that_misses_is_told_what_it_may_have_meant(
    variable: str, meant: str | None, tmp_path: Path
) -> None:
    deployment = a_deployment(f"environment_variables:\n  {variable}: x\n")
    found = findings_of(Scene(deployments=(deployment,), files=a_chat_flow()), tmp_path)
    (finding,) = [finding for finding in found if finding.id == "override-matches-nothing"]
    assert meant is None or f"`{meant}`" in finding.fix


@pytest.mark.parametrize(
    "variable", ["my_connection", "MY_CONNECTION_API_KEY", "MY_CONNECTION_ANYTHING", "UNRELATED"]
)
def test_overrides_that_work_and_other_variables_are_left_alone(
    variable: str, tmp_path: Path
) -> None:
    deployment = a_deployment(f"environment_variables:\n  {variable}: x\n")
    found = findings_of(Scene(deployments=(deployment,), files=a_chat_flow()), tmp_path)
    assert "override-matches-nothing" not in {finding.id for finding in found}


def test_a_connection_with_spaces_is_overridden_with_underscores(tmp_path: Path) -> None:
    deployment = a_deployment("environment_variables:\n  my_own_connection: x\n")
    scene = Scene(deployments=(deployment,), files=a_chat_flow("my own connection"))
    assert "override-matches-nothing" not in {f.id for f in findings_of(scene, tmp_path)}


def test_a_silence_with_a_reason_is_obeyed(tmp_path: Path) -> None:
    config = "silence:\n  prompt-flow-retires: we know\n"
    assert findings_of(Scene(config=config), tmp_path) == ()


@pytest.mark.parametrize(
    ("silence", "complaint", "hint"),
    [
        ("prompt-flow-retire: we know", "silence-unknown", "`prompt-flow-retires`"),
        ("prompt-flow-retires: ' '", "silence-reason", "Say why"),
        ("yaml-syntax: never mind", "silence-refused", "Correct"),
    ],
)
def test_a_silence_that_cannot_be_kept_is_reported(
    silence: str, complaint: str, hint: str, tmp_path: Path
) -> None:
    found = findings_of(Scene(config=f"silence:\n  {silence}\n"), tmp_path)
    assert "prompt-flow-retires" in {finding.id for finding in found}
    (finding,) = [finding for finding in found if finding.id == complaint]
    assert (finding.file, finding.line) == ("Pulumi.test.yaml", 2)
    assert hint in finding.fix


def test_the_page_is_up_to_date() -> None:
    page = PROJECT / "docs" / "rules.md"
    assert page.read_text(encoding="utf-8") == markdown() + "\n", (
        "run: python -m specs rules --markdown > docs/rules.md"
    )


def test_the_page_names_every_rule() -> None:
    assert all(f"| `{rule_id}`" in markdown() for rule_id in ENTRIES)
    assert rules.review.__doc__
