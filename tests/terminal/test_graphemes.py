from __future__ import annotations

from chatbot.terminal.graphemes import length_of_first, length_of_last
from tests.tables import each

FAMILY, FLAG, ACCENT, TONE = "👨\u200d👩\u200d👧", "🇩🇪", "e\u0301", "👍🏽"


@each("character", [FAMILY, FLAG, ACCENT, TONE, "a", "世", "\n"])
def test_what_a_person_sees_as_one_is_one(character: str) -> None:
    assert length_of_last(f"x{character}") == len(character)
    assert length_of_first(f"{character}x") == len(character)


def test_two_flags_are_two_and_nothing_is_nothing() -> None:
    assert length_of_last(FLAG * 2) == length_of_first(FLAG * 2) == len(FLAG)
    assert (length_of_last(""), length_of_first("")) == (0, 0)
