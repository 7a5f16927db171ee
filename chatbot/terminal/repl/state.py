"""The state of a talk at the terminal, and how it goes on: plain data and pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot.core.calls.steps import with_steps
from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.cost.spent import Spent
from chatbot.core.errors import UsageError
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import Attachment, Conversation
from chatbot.core.options import Options
from chatbot.core.text import question as joined_question
from chatbot.records import NamedTuple
from chatbot.terminal.answer.show_events import AnswerResult

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.conversations.stored import Replaced
    from chatbot.core.cost.answer import Cost

_MAY_GO_ON = {None, Verdict.LENGTH, Verdict.CUT, Verdict.FAILED, Verdict.CANCELLED}


class ReplState(NamedTuple):
    """Where a talk stands.

    `conversation` ends in an answer, or in results of tools that the model was not asked about any more, unless it is
    empty. `unanswered` is the conversation as it was asked last, if nothing came for that: then `conversation` is as
    before. `attachments` and `files` (name and text) go with the next
    question. `verdict` is how the last answer ended, None if that is not known. `used` is the sum of all reports,
    `used_before` what it was when this conversation was begun, `last_used` the last one. `model` is how it is called on
    the screen; the one in `options` is not used. `asked_count` questions were asked in this session; the last answer
    took `last_took_s` seconds. `spent` is what all answers cost, `spent_before` and `last_cost` as with `used`.
    """

    conversation: Conversation = Conversation()
    model: str = ""
    options: Options = Options(model="")
    raw: bool = False
    attachments: tuple[Attachment, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    unanswered: Conversation | None = None
    verdict: Verdict | None = None
    used: Usage = Usage()
    used_before: Usage = Usage()
    last_used: Usage | None = None
    is_over: bool = False
    asked_count: int = 0
    last_took_s: float | None = None
    spent: Spent = Spent()
    spent_before: Spent = Spent()
    last_cost: Cost | None = None


def ask_next(state: ReplState, text: str) -> PendingQuestion:
    """The next question, with what was attached to it."""
    whole = joined_question(text, state.files, None)
    return PendingQuestion(state.conversation.asking(whole, state.attachments), state.options, state.raw)


def ask_again(state: ReplState) -> PendingQuestion:
    """The last question once more. Raises UsageError if there is none."""
    return PendingQuestion(_last_asked(state), state.options, state.raw, replaces=last_is(state))


def ask_instead(state: ReplState, text: str) -> PendingQuestion:
    """Another text in the place of the last question, with the same attachments. Raises UsageError if there is none."""
    again = ask_again(state)
    *before, last = again.conversation.messages
    return again._replace(conversation=again.conversation._replace(messages=(*before, last._replace(text=text))))


def last_question(state: ReplState) -> str:
    """The text of the last question; empty if there is none."""
    return _last_asked(state).messages[-1].text if state.unanswered or state.conversation.messages else ""


def last_is(state: ReplState) -> Replaced:
    """Whether the last question has an answer."""
    return "unanswered" if state.unanswered else "answered"


def can_go_on(state: ReplState) -> bool:
    """Whether the last thing said is an answer that is perhaps not whole."""
    return state.unanswered is None and bool(last_answer(state)) and state.verdict in _MAY_GO_ON


def ask_for_rest(state: ReplState) -> PendingQuestion:
    """The request for the rest of the last answer."""
    return ask_again(state)._replace(continues=last_answer(state))


def last_answer(state: ReplState) -> str:
    """The last answer; empty if there is none."""
    messages = state.conversation.messages
    return messages[-1].text if messages and messages[-1].role == "assistant" else ""


def answered(state: ReplState, asked: PendingQuestion, result: AnswerResult) -> ReplState:
    """The talk after an answer, as far as it came."""
    state = _counted(state, result.finished.usage)
    state = state._replace(spent=state.spent.plus(result.cost), last_cost=result.cost)
    if asked.continues:
        conversation = asked.conversation.answered(asked.continues + result.text)
        verdict = result.finished.verdict if result.text.strip() else state.verdict
        return state._replace(conversation=conversation, verdict=verdict)
    if not result.text.strip() and not result.steps:
        return left_unanswered(state, asked)
    conversation = with_steps(asked.conversation, result.steps)
    if result.text.strip():
        conversation = conversation.answered(result.text, result.finished.items)
    return _detached(state)._replace(conversation=conversation, unanswered=None, verdict=result.finished.verdict)


def left_unanswered(state: ReplState, asked: PendingQuestion) -> ReplState:
    """The talk after a question for which nothing came; the question stays in reach, with its attachments."""
    if asked.continues:
        return state
    return _detached(state)._replace(unanswered=asked.conversation)


def undone(state: ReplState) -> ReplState:
    """The talk without its last question and the answer to it. Raises UsageError if there is none."""
    if state.unanswered:
        return state._replace(unanswered=None)
    conversation = _last_asked(state)
    return state._replace(conversation=conversation.before_last_question, verdict=None)


def begun_anew(state: ReplState) -> ReplState:
    """An empty conversation with the same system prompt and choices, and what was attached."""
    return gone_over_to(state, Conversation(system=state.conversation.system))


def gone_over_to(
    state: ReplState, conversation: Conversation, unanswered: Conversation | None = None, verdict: Verdict | None = None
) -> ReplState:
    """Another conversation with the same choices."""
    return state._replace(
        conversation=conversation,
        unanswered=unanswered,
        verdict=verdict,
        used_before=state.used,
        last_used=None,
        spent_before=state.spent,
        last_cost=None,
    )


def used_in_conversation(state: ReplState) -> Usage:
    """The tokens reported since this conversation was begun, or gone on with."""
    pairs = zip(state.used, state.used_before, strict=True)
    return Usage(*(now if now is None or before is None else (now - before) or None for now, before in pairs))


def spent_in_conversation(state: ReplState) -> Spent:
    """What the answers cost since this conversation was begun, or gone on with."""
    return state.spent.since(state.spent_before)


def context_tokens(state: ReplState) -> int:
    """What the last question and its answer took of the model's context, in tokens; 0 while that is not known."""
    last = state.last_used or Usage()
    return (last.input_tokens or 0) + (last.output_tokens or 0)


def with_system(state: ReplState, system: str | None) -> ReplState:
    """The talk under another system prompt."""
    return state._replace(conversation=state.conversation._replace(system=system))


def _last_asked(state: ReplState) -> Conversation:
    """The conversation up to its last question, under the system prompt of now."""
    if state.unanswered:
        return state.unanswered._replace(system=state.conversation.system)
    if not state.conversation.messages:
        raise UsageError("nothing was asked yet")
    return state.conversation.to_last_question


def _detached(state: ReplState) -> ReplState:
    return state._replace(attachments=(), files=())


def _counted(state: ReplState, usage: Usage | None) -> ReplState:
    pairs = zip(state.used, usage or Usage(), strict=True)
    total = Usage(*(before if more is None else (before or 0) + more for before, more in pairs))
    return state._replace(used=total, last_used=usage)
