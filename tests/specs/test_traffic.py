"""Traffic arithmetic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from specs import traffic

NAMES = ["blue", "green", "red", "shadow"]
WEIGHTS = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 100))


def splits_of_100() -> st.SearchStrategy[dict[str, int]]:
    cuts = st.lists(st.integers(0, 100), min_size=3, max_size=3).map(sorted)
    return cuts.map(
        lambda cut: dict(
            zip(NAMES, [cut[0], cut[1] - cut[0], cut[2] - cut[1], 100 - cut[2]], strict=True)
        )
    )


def test_nothing_said_is_all_to_the_only_deployment() -> None:
    assert traffic.complete(None, ["blue"]) == {"blue": 100}
    assert traffic.complete(None, ["blue", "green"]) == {}
    assert traffic.complete(None, []) == {}


def test_zeros_go_and_names_take_the_deployments_spelling() -> None:
    assert traffic.complete({"Blue": 100, "green": 0}, ["blue", "green"]) == {"blue": 100}


def test_names_without_deployment_are_kept_for_the_rule_book() -> None:
    weights = {"bleu": 100, "gone": 0}
    assert traffic.complete(weights, ["blue"]) == {"bleu": 100}
    assert traffic.unknown_deployments(weights, ["blue"]) == ("bleu",)


def test_taking_one_off_gives_its_share_to_the_others() -> None:
    assert traffic.without({"blue": 90, "green": 10}, "blue") == {"green": 100}
    assert traffic.without({"blue": 50, "green": 25, "red": 25}, "blue") == {"green": 50, "red": 50}
    assert traffic.without({"blue": 100}, "blue") == {}


@given(WEIGHTS)
def test_completing_keeps_the_sum_and_is_stable(weights: dict[str, int]) -> None:
    once = traffic.complete(weights, NAMES)
    assert traffic.total(once) == sum(weights.values())
    assert 0 not in once.values()
    assert traffic.complete(once, NAMES) == once


@given(splits_of_100(), st.sampled_from(NAMES))
def test_what_is_left_still_makes_100(weights: dict[str, int], gone: str) -> None:
    left = traffic.without(weights, gone)
    assert gone not in left
    others = {name for name, share in weights.items() if share and name != gone}
    assert traffic.total(left) == (100 if others else 0)
    assert set(left) <= others
    assert all(share >= weights[name] for name, share in left.items())
