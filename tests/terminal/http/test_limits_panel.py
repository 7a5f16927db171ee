"""What a person sees of limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.http.limit_headers import NEXT_REQUEST
from chatbot.core.http.limits import Limit, Limits, SeenLimits
from chatbot.terminal.documents.conversations import cells
from chatbot.terminal.http.limits_panel import NOT_TOLD, limit_rows, sentence, warning
from tests.tables import each

NOW_S = 1_000.0


def seen(*known: Limit, unread: tuple[tuple[str, str], ...] = ()) -> SeenLimits:
    return SeenLimits("openai", "gpt-4o-mini", NOW_S - 120, Limits(known, unread))


def rows(what: SeenLimits, width: int = 80, *, unicode: bool = True) -> list[str]:
    return limit_rows(what, NOW_S, width, lambda then_s: f"{NOW_S - then_s:g} s ago", unicode=unicode)


LIMITS = seen(
    Limit("requests", 500, 412, NOW_S + 6),
    Limit("tokens", 200_000, 200_000, window="minute"),
    Limit("dynamic period", resets_at_s=NOW_S - 1),
    unread=(("x-ratelimit-key", "gpt-4o"),),
)


def test_a_limit_is_a_bar_and_a_sentence() -> None:
    assert rows(LIMITS) == [
        "openai/gpt-4o-mini, seen 120 s ago",
        "  ████████████████░░░░  412 of 500 requests, full again in 6 s",
        "  ████████████████████  200 000 of 200 000 tokens each minute",
        "  ····················  dynamic period, full again by now",
        "  x-ratelimit-key: gpt-4o",
    ]


def test_without_unicode_it_is_ascii() -> None:
    assert rows(LIMITS, 60, unicode=False)[1] == "  ###############---  412 of 500 requests, full again in 6 s"
    assert all(row.isascii() for row in rows(LIMITS, unicode=False))


def test_a_narrow_screen_has_no_bars() -> None:
    assert rows(LIMITS, 30) == [
        "openai/gpt-4o-mini, seen 120 s",
        "  ago",
        "  412 of 500 requests, full",
        "    again in 6 s",
        "  200 000 of 200 000 tokens",
        "    each minute",
        "  dynamic period, full again",
        "    by now",
        "  x-ratelimit-key: gpt-4o",
    ]


def test_not_told_is_a_state_of_its_own() -> None:
    assert rows(seen())[1:] == [f"  {NOT_TOLD}"]


@each(
    ("limit", "words"),
    [
        (Limit("tokens", remaining=7, window="day"), "7 tokens left of this day"),
        (Limit("tokens", 33333.3), "33 333 tokens, what is left is not told"),
        (Limit("requests (burst)", 100, 50, window="60 s"), "50 of 100 requests (burst) each 60 s"),
        (Limit(NEXT_REQUEST, resets_at_s=NOW_S + 37), "next request in 37 s"),
        (Limit("requests", 1, 19, NOW_S + 2), "19 of 1 requests, full again in 2 s"),
    ],
)
def test_the_sentence_says_what_was_told_and_no_more(limit: Limit, words: str) -> None:
    assert sentence(limit, NOW_S) == words


def test_the_limit_with_the_least_left_warns_below_five_percent() -> None:
    assert warning(LIMITS, NOW_S) is None
    assert warning(seen(Limit("requests", 100, 5)), NOW_S) is None
    low = seen(Limit("requests", 100, 4), Limit("tokens", 1000, 12, NOW_S + 6))
    assert warning(low, NOW_S) == "openai leaves only 12 of 1 000 tokens, full again in 6 s"


def test_a_limit_that_is_full_again_at_once_warns_of_nothing() -> None:
    assert warning(seen(Limit("requests", 1, 0, NOW_S + 1)), NOW_S) is None
    assert warning(seen(Limit("requests", 1, 0, NOW_S + 60)), NOW_S) is not None


NUMBERS = st.none() | st.integers(0, 10**30) | st.floats(0, 1e30)
SOME_LIMITS = st.builds(Limit, st.text(max_size=20), NUMBERS, NUMBERS, NUMBERS, st.text(max_size=8))


@given(
    st.lists(SOME_LIMITS, max_size=4),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=90)), max_size=3),
    st.integers(0, 120),
    st.booleans(),
)
def test_whatever_was_told_the_rows_fit_and_are_harmless(
    known: list[Limit], unread: list[tuple[str, str]], width: int, unicode: bool
) -> None:
    what = seen(*known, unread=tuple(unread))
    for row in rows(what, width, unicode=unicode):
        assert cells(row) <= max(width, 20)
        assert "\n" not in row and "\x1b" not in row
        assert unicode or row.isascii()
    told = warning(what, NOW_S)
    assert told is None or "\n" not in told
