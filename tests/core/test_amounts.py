"""Numbers as people read them."""

from __future__ import annotations

from chatbot.core.amounts import duration_words, short, size_words, token_words
from tests.tables import cases, each


@each(
    ("seconds", "words"),
    cases("""
        0 | 0 s
        0.0002 | 1 ms
        0.204 | 204 ms
        0.4996 | 500 ms
        0.9 | 0.9 s
        3 | 3 s
        3.04 | 3 s
        7.35 | 7.3 s
        9.96 | 10 s
        34.4 | 34 s
        59.7 | 1 min
        125 | 2 min 5 s
        3_599.6 | 1 h
        12_000 | 3 h 20 min
        7_199 | 2 h
        """),
)
def test_a_duration_is_short_and_has_its_units(seconds: str, words: str) -> None:
    assert duration_words(float(seconds)) == words


@each(
    ("count", "words"),
    cases("""
        0 | 0
        999 | 999
        1_000 | 1.0k
        1_249 | 1.2k
        9_949 | 9.9k
        9_951 | 10k
        34_400 | 34k
        999_499 | 999k
        999_600 | 1.0M
        5_600_000 | 5.6M
        34_000_000 | 34M
        """),
)
def test_a_number_takes_four_characters_or_so(count: str, words: str) -> None:
    assert short(int(count)) == words


def test_one_token_is_one() -> None:
    assert [token_words(count) for count in (1, 2, 1_234)] == ["1 token", "2 tokens", "1.2k tokens"]


@each(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (50_000, "50 kB"),
        (3_750_000, "3.8 MB"),
        (10**7, "10 MB"),
        (1_234_000_000, "1.2 GB"),
    ],
)
def test_sizes_are_said_in_decimal_units(size_bytes: str, words: str) -> None:
    assert size_words(int(size_bytes)) == words
