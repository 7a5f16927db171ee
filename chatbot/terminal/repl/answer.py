"""Commands that ask: a question, the last one again, the rest of an answer."""

from __future__ import annotations

from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import ChatError, OutputUnwritable, UsageError
from chatbot.core.events import Verdict
from chatbot.terminal.failures import error_lines
from chatbot.terminal.fences import ends_in_code
from chatbot.terminal.repl.actions import NO_EDITOR, CommandContext, needed
from chatbot.terminal.repl.state import (
    ReplState,
    answered,
    ask_again,
    ask_for_rest,
    ask_instead,
    begun_anew,
    can_go_on,
    last_answer,
    last_is,
    last_question,
    left_unanswered,
    undone,
)

_STOPPED = "stopped; "
_EMPTY = "the conversation is empty again"


def ask_and_show(context: CommandContext, state: ReplState, asked: PendingQuestion) -> ReplState:
    """Asks, and shows the answer. Whatever happens, the question stays in reach. Raises OutputUnwritable."""
    began_s = context.actions.clock()
    stopped = ""
    try:
        result = context.actions.answer(asked)
    except OutputUnwritable:
        raise
    except ChatError as error:
        context.notices.error(error_lines(error, in_session=True))
        after = left_unanswered(state, asked)
    except KeyboardInterrupt:
        stopped = _STOPPED
        after = left_unanswered(state, asked)
    else:
        stopped = _STOPPED if result.finished.verdict is Verdict.CANCELLED else ""
        after = answered(state, asked, result)
        if result.text.strip():
            after = after._replace(last_took_s=context.actions.clock() - began_s)
    after = after._replace(asked_count=state.asked_count + 1)
    if after.unanswered:
        context.notices.warn(f"{stopped}/retry asks it again; it is left out when you ask something else")
    elif can_go_on(after):
        context.notices.warn(f"{stopped}/continue goes on, /retry asks again")
    elif after.verdict is not Verdict.COMPLETE:
        context.notices.warn(f"{stopped}/retry asks again")
    return after


def retry(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    again = ask_again(state)
    context.notices.question(last_question(state))
    return ask_and_show(context, state, again)


def go_on(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """Streams the rest. Where the answer broke off inside of code, it is then shown as a whole."""
    before = last_answer(state)
    if state.unanswered:
        raise UsageError("the last question has no answer to go on from", advice="/retry asks it again.")
    if not before:
        raise UsageError("there is no answer to go on from")
    if not can_go_on(state):
        raise UsageError("the last answer came to its end", advice="Ask for more in your own words.")
    after = ask_and_show(context, state, ask_for_rest(state))
    whole = last_answer(after)
    if whole != before and ends_in_code(before):
        context.notices.warn("the whole answer:")
        context.actions.show(whole, after.raw)
    return after


def undo(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    after = undone(state)
    context.actions.withdraw(last_is(state))
    before = last_question(after)
    taken = first_line(last_question(state))
    context.notices.tell(
        [f"taken back: {taken}", f"the last question is now: {first_line(before)}" if before else _EMPTY]
    )
    return after


def edit(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The last question in the editor; what comes back is asked in its place."""
    question = ask_again(state).conversation.messages[-1].text
    text = needed(context.actions.edit, NO_EDITOR)(question)
    if text is None or not text.strip() or text == question:
        context.notices.tell(["nothing was changed, so nothing was asked"])
        return state
    context.notices.question(text)
    return ask_and_show(context, state, ask_instead(state, text))


def new(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    context.actions.begin_anew()
    context.notices.tell(["a new conversation"])
    return begun_anew(state)


def first_line(text: str) -> str:
    """The beginning of a text, for a list or a sentence."""
    line = " ".join(text[:400].split())
    return line if len(line) <= 60 else line[:59] + "…"
