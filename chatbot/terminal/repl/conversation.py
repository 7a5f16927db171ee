"""Commands about what was said: found again, gone on with, copied, written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatbot.core.cost.answer import cost_words
from chatbot.core.errors import UsageError
from chatbot.terminal.failures import usage_line
from chatbot.terminal.fences import code_blocks
from chatbot.terminal.repl.actions import NO_CLIPBOARD, NO_FILES, NO_HISTORY, CommandContext, needed
from chatbot.terminal.repl.answer import first_line
from chatbot.terminal.repl.attachments import unquoted
from chatbot.terminal.repl.state import ReplState, gone_over_to, last_answer, last_question
from chatbot.terminal.sanitise import sanitise

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.conversations.stored import Summary

_LISTED = 15
_QUOTED_LINES = 5


def history(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The newest conversations, as many as the argument says."""
    if argument and not (argument.isdecimal() and int(argument)):
        raise UsageError(f"/history takes a number, not {argument!r}", advice="/search WORDS looks for words.")
    found = needed(context.actions.conversations, NO_HISTORY)(int(argument or _LISTED))
    from chatbot.terminal.documents.conversations import list_lines  # with the history

    lines = list_lines(found, context.notices.reply_cells, context.actions.time_words)
    context.notices.tell(["/resume ID goes on with one of these:", *lines] if lines else ["nothing is kept yet"])
    return state


def search(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if not argument:
        raise UsageError("/search wants words to look for")
    hits = needed(context.actions.search, NO_HISTORY)(argument, _LISTED)
    from chatbot.terminal.documents.conversations import hit_lines  # with the history

    lines = hit_lines(hits, context.notices.reply_cells, context.actions.time_words)
    context.notices.tell(
        ["/resume ID goes on with one of these:", *lines] if lines else [f"nothing has {argument!r} in it"]
    )
    return state


def resume(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """Goes on with another conversation, and shows where it stopped."""
    find = needed(context.actions.resume, NO_HISTORY)
    if not argument:
        return history(context, state, "")
    summary, found = find(argument)
    state = gone_over_to(state, found.conversation, found.unanswered, found.verdict)
    show_where_it_stopped(context, state, summary, found.remarks)
    return state


def show_where_it_stopped(context: CommandContext, state: ReplState, summary: Summary, remarks: Sequence[str]) -> None:
    """The last question and its answer, under the name of the conversation."""
    context.notices.tell([f"on with {summary.id}: {first_line(summary.title) or 'an empty conversation'}", *remarks])
    lines = last_question(state).splitlines()
    quoted = [f"> {line}" for line in lines[:_QUOTED_LINES]] + (["> …"] if len(lines) > _QUOTED_LINES else [])
    answer = "" if state.unanswered else last_answer(state)
    if quoted or answer:
        context.actions.show("\n".join([*quoted, "", answer]), state.raw)


def fork(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    conversation_id = needed(context.actions.fork, NO_HISTORY)()
    context.notices.tell([f"this is now a copy, {conversation_id}; the other stays as it is"])
    return state


def save(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The last answer to a file, as the model wrote it."""
    return _write(context, state, argument, _answer(state), "the last answer")


def export(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The whole conversation to a file: HTML where its name says so, else Markdown."""
    if not state.conversation.messages:
        raise UsageError("nothing was said yet")
    from chatbot.terminal.documents.export import as_markdown

    text, name = as_markdown(state.conversation), unquoted(argument).lower()
    if name.endswith(".json"):
        raise UsageError(
            "JSON is made of what is kept", advice="Outside of the session: chat logs export --format json"
        )
    if name.endswith((".html", ".htm")):
        from chatbot.terminal.documents.transcript import html_page

        text = html_page(sanitise(text), first_line(last_question(state)))
    return _write(context, state, argument, text, "the conversation")


def _write(context: CommandContext, state: ReplState, argument: str, text: str, what: str) -> ReplState:
    if not argument:
        raise UsageError("the name of a file is missing", advice="For example: /export talk.md")
    path = unquoted(argument)
    needed(context.actions.write, NO_FILES)(path, text if text.endswith("\n") else text + "\n")
    context.notices.tell([f"{what} is in {path}"])
    return state


def copy(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The last answer, or its last code block (`code`), or the one of that number (`code 2`)."""
    word, _, number = argument.partition(" ")
    if word not in ("", "code") or (number and not number.isdecimal()):
        raise UsageError("/copy takes nothing, code, or code and a number")
    answer = _answer(state)
    text, what = (_block(answer, int(number or 0)), "the code") if word else (answer, "the last answer")
    needed(context.actions.copy, NO_CLIPBOARD)(text)
    context.notices.tell([f"{what} is in the clipboard"])
    return state


def _answer(state: ReplState) -> str:
    answer = last_answer(state)
    if not answer:
        raise UsageError("there is no answer yet")
    return answer


def _block(answer: str, number: int) -> str:
    blocks = [block.text for block in code_blocks(answer)]
    if not blocks:
        raise UsageError("the last answer has no code block")
    if number > len(blocks):
        raise UsageError(f"the last answer has {len(blocks)} code blocks, not {number}")
    return blocks[number - 1]


def usage(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    last = "" if state.last_cost is None else cost_words(state.last_cost)
    lines = [
        f"the last answer: {usage_line(state.last_used, last)}",
        f"this session:    {usage_line(state.used, state.spent.words)}",
    ]
    context.notices.tell(lines if any(state.used) else ["no tokens were reported yet"])
    return state
