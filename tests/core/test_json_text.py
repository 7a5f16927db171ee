from __future__ import annotations

import json

from hypothesis import given

from chatbot.core.json_text import dumps
from chatbot.terminal.sanitise import sanitise
from tests.any_json import any_json
from tests.tables import each


@given(any_json())
def test_it_is_the_same_value_and_harmless(value: object) -> None:
    text = dumps(value)
    assert json.loads(text) == value
    assert sanitise(text) == text
    text.encode()


@each("character", "\x7f\x9b\x9d\u202e\u2066\u200b\ufeff\U000e0041\ud83d\u061c")
def test_what_a_terminal_would_obey_or_hide_is_escaped(character: str) -> None:
    assert character not in dumps({character: [character]})
    assert json.loads(dumps({character: [character]})) == {character: [character]}


def test_letters_of_all_languages_and_joined_emoji_stay() -> None:
    assert dumps("Grüße 世界 👩‍🚀") == '"Grüße 世界 👩‍🚀"'
