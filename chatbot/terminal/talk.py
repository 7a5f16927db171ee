"""The state of a talk at the terminal, and how it goes on: plain data and pure functions."""

from __future__ import annotations

from typing import NamedTuple

from chatbot.core.continuing import ask_next
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import Conversation, Image
from chatbot.core.settings import Options
from chatbot.core.text import question as joined_question
from chatbot.terminal.follow import Outcome

# Said to the model, which sees its own unfinished answer just above it.
GO_ON = (
    "Your answer broke off. Go on exactly where it stopped: begin with the very next character, "
    "repeat nothing, and say nothing about the interruption."
)
_MIN_OVERLAP, _MAX_OVERLAP = 12, 400


class Talk(NamedTuple):
    """Where a talk stands.

    `conversation` ends in an answer, or in a question that a stopped program left without one. `unanswered` is the
    conversation as it was asked last, if nothing came for that: then `conversation` is as before. `images` and `files`
    (name and text) go with the next question. `verdict` is how the last answer ended, None if that is not known. `used`
    is the sum of all reports, `last_used` the last one. `model` is how it is called on the screen; the one in `options`
    is not used.
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
    last_used: Usage | None = None
    is_over: bool = False


class Ask(NamedTuple):
    """What is asked: the conversation up to the question, with which options, and whether the answer is shown as it is.

    `replaces_last`: the question takes the place of the last one, which counts as taken back.
    """

    conversation: Conversation
    options: Options
    raw: bool = False
    replaces_last: bool = False


def ask(talk: Talk, text: str) -> Ask:
    """The next question, with what was attached to it."""
    whole = joined_question(text, talk.files, None)
    return Ask(ask_next(talk.conversation, whole, talk.images), talk.options, talk.raw)


def ask_again(talk: Talk) -> Ask | None:
    """The last question once more; None if there is none."""
    conversation = _last_asked(talk)
    return conversation and Ask(conversation, talk.options, talk.raw, replaces_last=True)


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


def can_go_on(talk: Talk) -> bool:
    """Whether the last thing said is an answer that is perhaps not whole."""
    waits = talk.unanswered is None or talk.unanswered.messages[-1].text == GO_ON
    return waits and bool(last_answer(talk)) and talk.verdict is not Verdict.COMPLETE


def go_on(talk: Talk) -> Ask:
    """The request for the rest of the last answer."""
    return Ask(talk.conversation.asking(GO_ON), talk.options, talk.raw, replaces_last=talk.unanswered is not None)


def last_answer(talk: Talk) -> str:
    """The last answer together with its continuations; empty if there is none."""
    parts: list[str] = []
    for message in reversed(talk.conversation.messages):
        if message.role == "assistant":
            parts.append(message.text)
        elif message.text != GO_ON:
            break
    whole = ""
    for part in reversed(parts):
        whole += part[_overlap(whole, part) :]
    return whole


def answered(talk: Talk, asked: Ask, outcome: Outcome) -> Talk:
    """The talk after an answer, as far as it came."""
    talk = _counted(talk, outcome.finished.usage)
    if not outcome.text.strip():
        return left_unanswered(talk, asked)
    conversation = asked.conversation.answered(outcome.text)
    return _detached(talk)._replace(conversation=conversation, unanswered=None, verdict=outcome.finished.verdict)


def left_unanswered(talk: Talk, asked: Ask) -> Talk:
    """The talk after a question for which nothing came; the question stays in reach, with its images."""
    return _detached(talk)._replace(unanswered=asked.conversation)


def undone(talk: Talk) -> Talk | None:
    """The talk without its last question and the answer to it; None if there is none."""
    if talk.unanswered:
        return talk._replace(unanswered=None)
    conversation = _last_asked(talk)
    if conversation is None:
        return None
    return talk._replace(conversation=conversation._replace(messages=conversation.messages[:-1]), verdict=None)


def begun_anew(talk: Talk, conversation: Conversation | None = None, verdict: Verdict | None = None) -> Talk:
    """Another conversation (an empty one with the same system prompt, if none is given) with the same choices."""
    conversation = conversation or Conversation(system=talk.conversation.system)
    return _detached(talk)._replace(conversation=conversation, unanswered=None, verdict=verdict)


def with_system(talk: Talk, system: str | None) -> Talk:
    """The talk under another system prompt."""
    return talk._replace(conversation=talk.conversation._replace(system=system))


def _last_asked(talk: Talk) -> Conversation | None:
    """The conversation up to its last question, under the system prompt of now."""
    if talk.unanswered:
        return talk.unanswered._replace(system=talk.conversation.system)
    messages = talk.conversation.messages
    if messages and messages[-1].role == "assistant":
        messages = messages[:-1]
    return talk.conversation._replace(messages=messages) if messages else None


def _detached(talk: Talk) -> Talk:
    return talk._replace(images=(), files=())


def _counted(talk: Talk, usage: Usage | None) -> Talk:
    pairs = zip(talk.used, usage or Usage(), strict=True)
    total = Usage(*(before if more is None else (before or 0) + more for before, more in pairs))
    return talk._replace(used=total, last_used=usage)


def _overlap(whole: str, part: str) -> int:
    """How many characters at the beginning of `part` repeat the end of `whole`; short repetitions are chance."""
    for length in range(min(len(whole), len(part), _MAX_OVERLAP), _MIN_OVERLAP - 1, -1):
        if whole.endswith(part[:length]) and any(map(str.isalnum, part[:length])):
            return length
    return 0
