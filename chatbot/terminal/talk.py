"""The state of a talk at the terminal, and how it goes on: plain data and pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chatbot.core.continuing import continued
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import Conversation, Image
from chatbot.core.settings import Options
from chatbot.core.text import question as joined_question
from chatbot.terminal.follow import Outcome

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.turns import Replaced

# Said to the model, which sees its own unfinished answer just above it.
GO_ON = (
    "Your answer broke off. Go on exactly where it stopped: begin with the very next character, "
    "repeat nothing, and say nothing about the interruption."
)
_MAY_GO_ON = {None, Verdict.LENGTH, Verdict.CUT, Verdict.FAILED, Verdict.CANCELLED}


class Talk(NamedTuple):
    """Where a talk stands.

    `conversation` ends in an answer, unless it is empty. `unanswered` is the conversation as it was asked last, if
    nothing came for that: then `conversation` is as before. `images` and `files` (name and text) go with the next
    question. `verdict` is how the last answer ended, None if that is not known. `used` is the sum of all reports,
    `used_before` what it was when this conversation was begun, `last_used` the last one. `model` is how it is called on
    the screen; the one in `options` is not used. `asked_count` questions were asked in this session; the last answer
    took `last_took_s` seconds.
    """

    conversation: Conversation = Conversation()
    model: str = ""
    options: Options = Options(model="")
    raw: bool = False
    images: tuple[Image, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    unanswered: Conversation | None = None
    verdict: Verdict | None = None
    used: Usage = Usage()
    used_before: Usage = Usage()
    last_used: Usage | None = None
    is_over: bool = False
    asked_count: int = 0
    last_took_s: float | None = None


class Ask(NamedTuple):
    """What is asked: the conversation up to the question, with which options, and whether the answer is shown as it is.

    `replaces`: the question takes the place of the last one, of which this is known: whether it had an answer. It then
    counts as taken back. `continues` is the answer that broke off, of which the last message asks for the rest.
    """

    conversation: Conversation
    options: Options
    raw: bool = False
    replaces: Replaced | None = None
    continues: str = ""


def ask(talk: Talk, text: str) -> Ask:
    """The next question, with what was attached to it."""
    whole = joined_question(text, talk.files, None)
    return Ask(talk.conversation.asking(whole, talk.images), talk.options, talk.raw)


def ask_again(talk: Talk) -> Ask | None:
    """The last question once more; None if there is none."""
    conversation = _last_asked(talk)
    return conversation and Ask(conversation, talk.options, talk.raw, replaces=last_is(talk))


def ask_instead(talk: Talk, text: str) -> Ask | None:
    """Another text in the place of the last question, with the same images; None if there is none."""
    again = ask_again(talk)
    if again is None:
        return None
    *before, last = again.conversation.messages
    return again._replace(conversation=again.conversation._replace(messages=(*before, last._replace(text=text))))


def last_question(talk: Talk) -> str:
    """The text of the last question; empty if there is none."""
    conversation = _last_asked(talk)
    return conversation.messages[-1].text if conversation else ""


def last_is(talk: Talk) -> Replaced:
    """Whether the last question has an answer."""
    return "unanswered" if talk.unanswered else "answered"


def can_go_on(talk: Talk) -> bool:
    """Whether the last thing said is an answer that is perhaps not whole."""
    return talk.unanswered is None and bool(last_answer(talk)) and talk.verdict in _MAY_GO_ON


def go_on(talk: Talk) -> Ask:
    """The request for the rest of the last answer."""
    answer = last_answer(talk)
    return Ask(talk.conversation.asking(GO_ON), talk.options, talk.raw, replaces="answered", continues=answer)


def last_answer(talk: Talk) -> str:
    """The last answer; empty if there is none."""
    messages = talk.conversation.messages
    return messages[-1].text if messages and messages[-1].role == "assistant" else ""


def answered(talk: Talk, asked: Ask, outcome: Outcome) -> Talk:
    """The talk after an answer, as far as it came."""
    talk = _counted(talk, outcome.finished.usage)
    if asked.continues:
        before = talk.conversation._replace(messages=talk.conversation.messages[:-1])
        conversation = before.answered(continued(asked.continues, outcome.text))
        verdict = outcome.finished.verdict if outcome.text.strip() else talk.verdict
        return talk._replace(conversation=conversation, verdict=verdict)
    if not outcome.text.strip():
        return left_unanswered(talk, asked)
    conversation = asked.conversation.answered(outcome.text)
    return _detached(talk)._replace(conversation=conversation, unanswered=None, verdict=outcome.finished.verdict)


def left_unanswered(talk: Talk, asked: Ask) -> Talk:
    """The talk after a question for which nothing came; the question stays in reach, with its images."""
    if asked.continues:
        return talk
    return _detached(talk)._replace(unanswered=asked.conversation)


def undone(talk: Talk) -> Talk | None:
    """The talk without its last question and the answer to it; None if there is none."""
    if talk.unanswered:
        return talk._replace(unanswered=None)
    conversation = _last_asked(talk)
    if conversation is None:
        return None
    return talk._replace(conversation=conversation._replace(messages=conversation.messages[:-1]), verdict=None)


def begun_anew(talk: Talk) -> Talk:
    """An empty conversation with the same system prompt and choices, and what was attached."""
    return gone_over_to(talk, Conversation(system=talk.conversation.system))


def gone_over_to(
    talk: Talk, conversation: Conversation, unanswered: Conversation | None = None, verdict: Verdict | None = None
) -> Talk:
    """Another conversation with the same choices."""
    return talk._replace(
        conversation=conversation, unanswered=unanswered, verdict=verdict, used_before=talk.used, last_used=None
    )


def used_in_conversation(talk: Talk) -> Usage:
    """The tokens reported since this conversation was begun, or gone on with."""
    pairs = zip(talk.used, talk.used_before, strict=True)
    return Usage(*(now if now is None or before is None else (now - before) or None for now, before in pairs))


def context_tokens(talk: Talk) -> int:
    """What the last question and its answer took of the model's context, in tokens; 0 while that is not known."""
    last = talk.last_used or Usage()
    return (last.input_tokens or 0) + (last.output_tokens or 0)


def with_system(talk: Talk, system: str | None) -> Talk:
    """The talk under another system prompt."""
    return talk._replace(conversation=talk.conversation._replace(system=system))


def _last_asked(talk: Talk) -> Conversation | None:
    """The conversation up to its last question, under the system prompt of now."""
    if talk.unanswered:
        return talk.unanswered._replace(system=talk.conversation.system)
    messages = talk.conversation.messages[:-1]
    return talk.conversation._replace(messages=messages) if messages else None


def _detached(talk: Talk) -> Talk:
    return talk._replace(images=(), files=())


def _counted(talk: Talk, usage: Usage | None) -> Talk:
    pairs = zip(talk.used, usage or Usage(), strict=True)
    total = Usage(*(before if more is None else (before or 0) + more for before, more in pairs))
    return talk._replace(used=total, last_used=usage)
