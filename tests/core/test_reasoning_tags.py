from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.events import ReasoningDelta, TextDelta
from chatbot.core.reasoning_tags import ThinkTags
from tests.tables import each


def told_apart(pieces: Iterable[str]) -> tuple[str, str]:
    """The reasoning and the answer in an answer that comes in these pieces."""
    tags = ThinkTags()
    deltas = [delta for piece in pieces for delta in tags.feed(piece)]
    deltas += tags.flush()
    assert all(delta.text for delta in deltas)
    reasoning = "".join(delta.text for delta in deltas if isinstance(delta, ReasoningDelta))
    return reasoning, "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


CASES = {
    "Hello": ("", "Hello"),
    "": ("", ""),
    "<think>why</think>because": ("why", "because"),
    "<think>\nwhy\n</think>\n\nbecause": ("\nwhy\n", "because"),
    "\n <think>why</think>because": ("why", "because"),
    "<think></think>because": ("", "because"),
    "<think>why</think>": ("why", ""),
    "<think>why": ("why", ""),
    "<think>why</thi": ("why</thi", ""),
    "<think>a < b </b></think>x": ("a < b </b>", "x"),
    "<think><think>a</think>b": ("<think>a", "b"),
    "<think>a</think><think>b</think>c": ("a", "<think>b</think>c"),
    "<think>a</think>\n\n  indented": ("a", "  indented"),
    "<thinking>a</thinking>": ("", "<thinking>a</thinking>"),
    "<thi": ("", "<thi"),
    "<b>bold</b>": ("", "<b>bold</b>"),
    "  \n": ("", "  \n"),
    "\n\nHello\n": ("", "\n\nHello\n"),
    "The tag <think> opens, </think> closes.": ("", "The tag <think> opens, </think> closes."),
    "a<think>b</think>": ("", "a<think>b</think>"),
    "</think>a": ("", "</think>a"),
    "<THINK>a</THINK>": ("", "<THINK>a</THINK>"),
    " " * 64 + "<think>a</think>b": ("a", "b"),
    " " * 65 + "<think>a</think>b": ("", " " * 65 + "<think>a</think>b"),
}


@each(("text", "expected"), CASES.items())
def test_reasoning_in_front_is_told_apart(text: str, expected: tuple[str, str]) -> None:
    assert told_apart([text]) == expected


@each(("text", "expected"), CASES.items())
def test_reasoning_in_front_is_told_apart_character_by_character(text: str, expected: tuple[str, str]) -> None:
    assert told_apart(text) == expected


PIECES = st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", "a", " ", "\n", "<", "", " " * 40, "think"])


@given(st.lists(PIECES, max_size=10))
def test_any_cutting_gives_the_same(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert told_apart(pieces) == told_apart([text]) == told_apart(text)


@given(st.lists(PIECES, max_size=10))
def test_no_character_is_lost_but_the_tags_and_the_blanks_beside_them(pieces: list[str]) -> None:
    text = "".join(pieces)
    reasoning, answer = told_apart(pieces)
    assert text.endswith(answer)
    in_front = text[: len(text) - len(answer)]
    assert in_front.strip() in (f"<think>{reasoning}</think>", f"<think>{reasoning}".strip()) or not in_front.strip()


def test_what_is_certain_is_given_at_once() -> None:
    tags = ThinkTags()
    assert list(tags.feed("<think>why </")) == [ReasoningDelta("why ")]
    assert list(tags.feed("b")) == [ReasoningDelta("</b")]
    assert list(tags.feed("</think>x")) == [TextDelta("x")]


def test_an_ordinary_answer_is_not_held_back() -> None:
    tags = ThinkTags()
    assert list(tags.feed("\n")) == []
    assert list(tags.feed("<t")) == []
    assert list(tags.feed("able>")) == [TextDelta("\n<table>")]
    assert tags.passing
    assert list(tags.feed("<think>")) == [TextDelta("<think>")]


def test_blanks_without_end_are_not_held_for_ever() -> None:
    tags = ThinkTags()
    given = [delta for _ in range(100_000) for delta in tags.feed(" ")]
    assert len(given) > 99_000
