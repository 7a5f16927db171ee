from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.batch.pace import Pace, Ticket
from chatbot.core.batch.told_limits import Cost, Heard
from chatbot.core.http.limits import Limit

NOW_S = 1_700_000_000.0
Step = tuple[str, float, float | None, list[Limit]]
numbers = st.none() | st.floats(0, 1e12, allow_nan=False)
limits = st.builds(
    Limit,
    st.sampled_from(["requests", "tokens", "input tokens", "images"]),
    numbers,
    numbers,
    st.none() | st.floats(NOW_S - 100, NOW_S + 1_000),
    st.sampled_from(["", "minute", "60 s", "day", "request"]),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["begin", "answered", "refused"]),
        st.floats(0, 30),
        st.none() | st.floats(0, 60),
        st.integers(0, 3 * 7 - 1),
    ),
    max_size=60,
)


@given(steps, st.lists(limits, max_size=8), st.integers(1, 100))
def test_whatever_a_service_says_a_row_is_begun_at_last(
    found: list[tuple[str, float, float | None, int]], known: list[Limit], most: int
) -> None:
    pace, now_s, tickets = Pace(NOW_S, most), NOW_S, list[Ticket]()
    for what, passed_s, wait_s, told in found:
        now_s += passed_s
        count, first = divmod(told, 7)
        heard = Heard(tuple(known[first : first + count]), now_s)
        if what == "begin" and pace.wait_s(Cost(100, 100), now_s) == 0:
            tickets.append(pace.begin(Cost(100, 100), now_s))
        elif what == "answered" and tickets:
            pace.answered(tickets.pop(0), heard)
        elif what == "refused" and tickets:
            pace.refused(tickets.pop(), wait_s, heard, now_s)
        assert pace.in_flight == len(tickets) <= most
        assert pace.wait_s(Cost(100, 100), now_s) >= 0
    for ticket in tickets:
        pace.answered(ticket, Heard())
    for _ in range(200):
        wait_s = pace.wait_s(Cost(100, 100), now_s)
        if not wait_s:
            return
        assert wait_s < float("inf")
        now_s += wait_s
    raise AssertionError("it is never begun")
