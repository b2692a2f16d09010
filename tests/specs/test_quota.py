"""Quota: the article's own numbers, and what must hold for any."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs import quota
from specs.quota import Demand

SIZES = st.sampled_from(quota.known_sizes())
INSTANCES = st.integers(min_value=0, max_value=50)


def a_demand(deployment: str = "blue", size: str = "Standard_DS3_v2", instances: int = 1) -> Demand:
    return Demand(endpoint="chat", deployment=deployment, instance_type=size, instances=instances)


def demands() -> st.SearchStrategy[list[Demand]]:
    one = st.builds(
        Demand,
        endpoint=st.sampled_from(["chat", "search"]),
        deployment=st.sampled_from(["blue", "green", "red"]),
        instance_type=SIZES,
        instances=INSTANCES,
    )
    return st.lists(one, max_size=6, unique_by=lambda demand: demand.key)


def test_the_articles_example_needs_48_cores() -> None:
    assert quota.reserved_cores("Standard_DS3_v2", 10) == 48


@pytest.mark.parametrize(
    ("size", "instances", "cores"),
    [
        ("Standard_E16s_v3", 1, 32),
        ("standard_e16s_v3", 5, 96),
        ("STANDARD_NC24ADS_A100_V4", 1, 24),
        ("Standard_DS3_v2", 0, 0),
        ("Standard_Unheard_Of", 1, None),
    ],
)
def test_reserved_cores(size: str, instances: int, cores: int | None) -> None:
    assert quota.reserved_cores(size, instances) == cores


def test_sizes_are_found_in_any_case_and_with_their_family() -> None:
    assert quota.cores_of(" standard_DS3_V2 ") == 4
    assert quota.family_of("standard_ds3_v2") == "standardDSv2Family"
    assert quota.cores_of("defaultinstancetype") is None


@given(INSTANCES)
def test_the_reserve_is_at_least_a_fifth_and_less_than_one_instance_more(instances: int) -> None:
    counted = quota.reserved_instances(instances)
    assert counted == math.ceil(instances * 12 / 10)
    assert 5 * counted >= 6 * instances
    assert 5 * (counted - 1) < 6 * instances or instances == 0


def test_blue_and_green_count_together() -> None:
    both = [a_demand("blue", "Standard_E16s_v3"), a_demand("green", "Standard_E16s_v3")]
    (line,) = quota.ledger(both)
    assert (line.family, line.total, line.added) == ("standardESv3Family", 64, 64)
    assert line.shortfall == 0


def test_sizes_of_one_family_share_its_quota() -> None:
    lines = quota.ledger([a_demand("blue", "Standard_DS2_v2"), a_demand("green")])
    assert [(line.family, line.total) for line in lines] == [("standardDSv2Family", 12)]


def test_shortfall_is_what_is_missing_on_top_of_others_use() -> None:
    (line,) = quota.ledger([a_demand(instances=10)], usage={"STANDARDDSV2FAMILY": (80, 100)})
    assert (line.current, line.limit, line.shortfall) == (80, 100, 28)


def test_an_in_place_update_adds_only_its_growth() -> None:
    before, after = a_demand(instances=1), a_demand(instances=3)
    (line,) = quota.ledger([after], running=[before], usage={"standardDSv2Family": (8, 16)})
    assert (line.total, line.added, line.shortfall) == (16, 8, 0)


def test_another_size_counts_beside_the_running_one() -> None:
    before, after = a_demand(size="Standard_DS2_v2"), a_demand(size="Standard_DS3_v2")
    (line,) = quota.ledger([after], running=[before])
    assert line.added == line.total == 8


@given(demands())
def test_what_runs_unchanged_adds_nothing(all_of_them: list[Demand]) -> None:
    lines = quota.ledger(all_of_them, running=all_of_them)
    assert all(line.added == 0 for line in lines)


@given(demands(), demands())
def test_nothing_that_runs_makes_the_need_smaller_than_growth(
    wanted: list[Demand], running: list[Demand]
) -> None:
    alone = {line.family: line.total for line in quota.ledger(wanted)}
    for line in quota.ledger(wanted, running=running):
        assert 0 <= line.added <= line.total == alone[line.family]


@given(demands(), st.integers(0, 500), st.integers(0, 500))
def test_shortfall_is_zero_exactly_when_it_fits(
    wanted: list[Demand], current: int, limit: int
) -> None:
    usage = {line.family: (current, limit) for line in quota.ledger(wanted)}
    for line in quota.ledger(wanted, usage=usage):
        assert (line.shortfall == 0) == (current + line.added <= limit)
