from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.batch.known_rows import Known, KnownRows


@given(st.lists(st.tuples(st.integers(1, 2**64 - 1) | st.integers(1, 40), st.sampled_from(list(Known)))))
def test_it_knows_what_a_dictionary_would(changes: list[tuple[int, Known]]) -> None:
    known, model = KnownRows(), {}
    for key, value in changes:
        known[key] = value
        model[key] = value
    assert all(known[key] == value for key, value in model.items())
    assert known[2**63 + 12_345] == model.get(2**63 + 12_345, Known.NOTHING)


def test_a_hundred_thousand_rows_take_a_few_megabytes() -> None:
    import sys

    known = KnownRows()
    for number in range(1, 100_001):
        known[number * 0x9E3779B97F4A7C15 % 2**64] = Known.SEEN
    size = sum(sys.getsizeof(part) for part in vars(known).values())
    assert size < 36 * 100_000
    assert known[5 * 0x9E3779B97F4A7C15 % 2**64] == Known.SEEN
