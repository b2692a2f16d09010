"""Working drift into inputs, by property."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local_azure.plugin.diff import with_drift
from local_azure.plugin.values import Properties, from_struct, to_struct

_names: st.SearchStrategy[str] = st.sampled_from(("traffic", "tags", "blue", "green", "a.b"))
_plain: st.SearchStrategy[Any] = st.one_of(st.booleans(), st.integers(0, 100), st.text(max_size=3))
_values: st.SearchStrategy[Any] = st.recursive(
    _plain, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_names, inner))
)
_objects: st.SearchStrategy[Properties] = st.dictionaries(_names, _values)


@given(_objects, _objects)
def test_no_drift_changes_nothing(inputs: Properties, live: Properties) -> None:
    assert with_drift(inputs, live, live) == inputs


@given(_objects, _objects)
def test_inputs_that_were_all_of_it_become_what_is_live(
    before: Properties, after: Properties
) -> None:
    assert with_drift(before, before, after) == after


@given(_objects)
def test_values_survive_the_engine_s_encoding(values: Properties) -> None:
    assert from_struct(to_struct(values)) == values
