"""JSON as anybody might send it, for tests that take whatever comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]
PLAIN: Strategy = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
NOTHING: Strategy = st.nothing()
# Also numbers that no float can hold.
SCALARS: Strategy = PLAIN | st.floats() | st.integers(min_value=10**300, max_value=10**320)


def any_json(
    scalars: Strategy,
    names: Sequence[str] | Strategy,
    *,
    members: Strategy = NOTHING,
    most_members: int = 4,
    max_leaves: int = 12,
) -> Strategy:
    """Documents of these scalars, in lists and in objects whose members have these names, and often these values."""
    keys = st.sampled_from(names) if isinstance(names, Sequence) else names
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner | members, max_size=most_members),
        max_leaves=max_leaves,
    )
