"""What is told of an error, in the shell and in a session, which itself tells how to go on: /retry, /continue."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatbot.core import errors
from chatbot.core.conversations.stored import UnknownConversation
from chatbot.core.errors import ChatError
from chatbot.core.events import AnswerPart, Finished, Verdict
from chatbot.terminal.failures import error_lines, verdict_lines
from tests.tables import each

AGAIN = re.compile(r"/retry|/continue|\bagain\b|run the same|(?<![\w-])--?[a-z]|chat [a-z]+ ", re.IGNORECASE)


def kinds(above: type[ChatError] = ChatError) -> Iterator[type[ChatError]]:
    yield above
    for kind in above.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from kinds(kind)


@each("kind", list(kinds()))
def test_no_error_repeats_in_a_session_what_the_session_says_itself(kind: type[ChatError]) -> None:
    lines = list(error_lines(kind("it went wrong"), in_session=True))
    assert lines[0] == "it went wrong"
    assert not AGAIN.search(" ".join(lines[1:]))


@each(
    ("error", "shell", "session"),
    [
        (
            errors.RateLimited("slow down"),
            ["Wait a little and run the same command again, or choose another model with -m."],
            ["Wait a little, or choose another model with /model."],
        ),
        (
            errors.Overloaded("full"),
            ["Run the same command again in a minute, or choose another model with -m."],
            ["Wait a minute, or choose another model with /model."],
        ),
        (
            errors.ServerFault("it broke"),
            ["This is a fault on the provider's side: try again later, or another provider with -m."],
            ["This is a fault on the provider's side: wait a little, or try another provider with /model."],
        ),
        (errors.ConnectionLost("it broke off"), ["Run the same command again."], []),
        (
            errors.AnswerError("an empty answer", advice="Run the same command again."),
            ["Run the same command again."],
            [],
        ),
        (
            errors.UnknownModel("no such model"),
            ["Choose another model with -m."],
            ["Choose another model with /model."],
        ),
        (errors.RateLimited("slow down", retry_after_s=125), *[["It asks to wait 2 min 5 s."]] * 2),
        (UnknownConversation("no such id"), ["Find it with: chat logs list"], ["Find it with: /history"]),
        (
            errors.ContextTooLong(
                "too long",
                advice="The conversation has about 34k tokens. Leave out its oldest turns with --truncate TOKENS, "
                "or take a model with a larger context with -m.",
            ),
            [
                "The conversation has about 34k tokens. Leave out its oldest turns with --truncate TOKENS, "
                "or take a model with a larger context with -m."
            ],
            [
                "The conversation has about 34k tokens. Begin anew with /new, "
                "or take a model with a larger context with /model."
            ],
        ),
        (
            errors.AnswerError("empty", advice="Send less text, leave out old turns with --truncate TOKENS, or go."),
            ["Send less text, leave out old turns with --truncate TOKENS, or go."],
            ["Send less text, begin anew with /new, or go."],
        ),
    ],
)
def test_advice_is_in_the_words_of_the_place(error: ChatError, shell: list[str], session: list[str]) -> None:
    assert list(error_lines(error))[1:] == shell
    assert list(error_lines(error, in_session=True))[1:] == session


@each("verdict", Verdict)
@each("has_text", [True, False])
@each("error", [None, errors.ConnectionLost("the connection broke off")])
def test_no_verdict_repeats_in_a_session_what_the_session_says_itself(
    verdict: Verdict, has_text: bool, error: ChatError | None
) -> None:
    lines = list(verdict_lines(Finished(verdict, error=error, has_text=has_text), in_session=True))
    assert not AGAIN.search(" ".join(lines[1:]))


def test_an_answer_that_broke_off_is_one_line_in_a_session() -> None:
    cut = Finished(Verdict.CUT, error=errors.ConnectionLost("the connection broke off"), has_text=True)
    assert list(verdict_lines(cut, in_session=True)) == ["the connection broke off; what came is above"]


def test_who_had_the_rest_asked_for_in_vain_is_not_told_to_have_it_asked_for() -> None:
    end = Finished(Verdict.LENGTH, "length", has_text=True)
    parts = (AnswerPart(0, 5, "lab", end), AnswerPart(5, 5, "lab", end))
    assert "--continue-cut" in " ".join(verdict_lines(end))
    *before, reason, advice = verdict_lines(end._replace(parts=parts))
    assert "1 more request did not bring it to its end" in before
    assert (reason, advice) == ("the answer stops at the token limit (length)", "Raise it with --max-tokens.")
