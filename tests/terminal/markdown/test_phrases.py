from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.terminal.markdown import inline
from chatbot.terminal.markdown.look import PLAIN
from chatbot.terminal.markdown.phrases import Phrases
from chatbot.terminal.markdown.row import Run, joined
from chatbot.terminal.sanitise import sanitise
from tests.terminal.generated import paragraphs


def in_phrases(text: str, step: int) -> tuple[Run, ...]:
    phrases, runs = Phrases(), list[Run]()
    for start in range(0, len(text), step):
        runs += phrases.feed(text[start : start + step])
    return joined([*runs, *phrases.finish()])


def as_a_paragraph(text: str) -> str:
    lines = (line.strip(" \t") for line in sanitise(text).split("\n"))
    return "\n".join(line for line in lines if line)


@settings(max_examples=200)
@given(paragraphs, st.sampled_from([1, 2, 7, 1000]))
def test_phrases_are_together_what_the_paragraph_is_at_once(text: str, step: int) -> None:
    text = as_a_paragraph(text)
    assert in_phrases(text, step) == joined(inline.parse(text).runs)


def test_plain_text_settles_at_once_but_for_its_last_character() -> None:
    assert Phrases().feed("some words") == [("some word", PLAIN)]


def test_a_mark_settles_with_what_follows_its_end() -> None:
    phrases = Phrases()
    assert joined(phrases.feed("a **b c")) == (("a", PLAIN),)
    assert "".join(text for text, _ in phrases.feed("** d e f g")) == " b c d e f "


def test_the_character_before_a_mark_is_seen() -> None:
    assert in_phrases("path_marks_and_under and more", 1) == (("path_marks_and_under and more", PLAIN),)


def test_an_underscore_at_the_end_of_a_piece_does_not_close() -> None:
    assert in_phrases("_marks_and_under x", 7) == (("_marks_and_under x", PLAIN),)


def test_a_mark_that_never_closes_holds_back_no_more_than_a_phrase() -> None:
    phrases, settled = Phrases(), 0
    for _ in range(200):
        settled += sum(len(text) for text, _ in phrases.feed("words `open and [more "))
    assert settled > 200 * 22 - 1_100
