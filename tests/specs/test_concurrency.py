"""Concurrency: three settings that agree with each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.concurrency import concurrency


def test_a_worker_for_each_core_and_a_request_for_each_worker() -> None:
    sized = concurrency(16, {})
    assert (sized.workers, sized.threads, sized.max_concurrent) == (16, 1, 16)
    assert sized.explanation == (
        "16 cores in an instance: 16 workers x 1 thread, 16 requests at once"
    )


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PROMPTFLOW_WORKER_NUM": "3"}, (3, 1, 3)),
        ({"PROMPTFLOW_WORKER_THREADS": "4"}, (2, 4, 8)),
        ({"PROMPTFLOW_WORKER_NUM": "3", "PROMPTFLOW_WORKER_THREADS": "2"}, (3, 2, 6)),
        ({"PROMPTFLOW_WORKER_THREADS": "4", "PROMPTFLOW_SERVING_ENGINE": "fastapi"}, (2, 1, 2)),
        ({"PROMPTFLOW_WORKER_NUM": "many"}, (2, 1, 2)),
        ({"PROMPTFLOW_WORKER_NUM": "0"}, (2, 1, 2)),
    ],
)
def test_the_users_variables_win(variables: dict[str, str], expected: tuple[int, int, int]) -> None:
    sized = concurrency(2, variables)
    assert (sized.workers, sized.threads, sized.max_concurrent) == expected


def test_an_unknown_size_starts_what_the_image_would() -> None:
    assert concurrency(None, {}).workers == 8


def test_the_users_own_limit_is_kept_and_said() -> None:
    sized = concurrency(2, {}, max_concurrent=10)
    assert sized.max_concurrent == 10
    assert sized.explanation.endswith("10 requests at once, as the deployment says")


@given(
    st.none() | st.integers(1, 96),
    st.dictionaries(
        st.sampled_from(["PROMPTFLOW_WORKER_NUM", "PROMPTFLOW_WORKER_THREADS"]), st.text()
    ),
    st.none() | st.integers(-5, 500),
)
def test_any_input_gives_numbers_that_can_be_sent(
    cores: int | None, variables: dict[str, str], limit: int | None
) -> None:
    sized = concurrency(cores, variables, max_concurrent=limit)
    assert min(sized.workers, sized.threads, sized.max_concurrent) >= 1
    assert str(sized.max_concurrent) in sized.explanation
