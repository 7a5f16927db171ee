"""Which words are taken for mistyped commands: those one letter away, and few that anybody would ask."""

from __future__ import annotations

import re

from chatbot.cli.commands import COMMANDS, names
from chatbot.cli.first_word.mistaken import nearly
from chatbot.lab.guide import manual
from tests.tables import each

COMMANDS_TO_BE = ("models", "keys", "config", "doctor", "probe")
ALL = tuple(dict.fromkeys((*names(), *COMMANDS_TO_BE)))
EVERYDAY = """
    hello hi hey thanks thank please yes no ok okay sure why what how who when where which weather time date today
    tomorrow news joke jokes story poem song recipe translate translation summary summarize explain write code python
    music movie movies book books food dinner lunch breakfast money work home love life death sleep cat cats bird fish
    horse car cars house water coffee tea bread salt sugar milk apple banana red green blue yellow black white big small
    good bad best worst happy sad angry tired hungry test testing ping go stop start continue more less next again sorry
    goodbye bye morning evening night monday friday january summer winter spring autumn germany france england america
    math history physics chemistry biology art law lab lad lap tab cab key
""".split()


@each(
    ("word", "command"),
    [
        ("modles", "models"),
        ("modls", "models"),
        ("modells", "models"),
        ("nodels", "models"),
        ("lgos", "logs"),
        ("hlep", "help"),
        ("halp", "help"),
        ("TEMPLATE", "templates"),
        ("limit", "limits"),
    ],
)
def test_one_letter_too_few_too_many_or_wrong_or_two_that_changed_places_are_near(word: str, command: str) -> None:
    assert nearly(word, ALL) == command


@each("word", ["hello", "mdoles", "mo", "logslogs", "hepl me", "models!!"])
def test_more_is_a_question(word: str) -> None:
    assert nearly(word, ALL) is None


def test_a_command_itself_is_not_near_to_another_one() -> None:
    assert [entry.name for entry in COMMANDS if nearly(entry.name, set(ALL) - {entry.name})] == []


def test_of_what_people_say_in_one_word_next_to_nothing_is_near() -> None:
    assert {word for word in EVERYDAY if nearly(word, ALL)} == {"key"}


def test_of_the_words_of_the_manual_only_those_about_commands_are_near() -> None:
    words = set(re.findall("[a-z]+", manual().lower())) - set(ALL)
    near = {word: nearly(word, ALL) for word in words if nearly(word, ALL)}
    others = {"patch": "batch", "replay": "relay", "delay": "relay"}
    assert {word: near.pop(word) for word in others if word in near}.items() <= others.items()
    assert all(command and (word[:3] == command[:3]) for word, command in near.items()), near
