"""The split of traffic, for any weights."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from local_azure.serving.traffic_split import choose, mirrored, named

WEIGHTS = st.dictionaries(st.sampled_from(["blue", "green", "red"]), st.integers(0, 100))


@given(WEIGHTS, st.floats(0, 1, exclude_max=True))
def test_only_positive_weights_are_chosen(weights: dict[str, int], point: float) -> None:
    chosen = choose(weights, point)
    if any(weights.values()):
        assert chosen is not None
        assert weights[chosen] > 0
    else:
        assert chosen is None


def test_each_gets_its_share() -> None:
    drawn = [choose({"green": 10, "blue": 90}, n / 1000) for n in range(1000)]
    assert (drawn.count("blue"), drawn.count("green")) == (900, 100)


def test_a_mirror_gets_its_share_of_all_requests() -> None:
    drawn = [mirrored({"green": 10}, n / 1000) for n in range(1000)]
    assert (drawn.count("green"), drawn.count(None)) == (100, 900)


def test_names_are_found_in_any_case() -> None:
    assert named(["Blue"], "bLUE") == "Blue"
    assert named(["Blue"], "green") is None
