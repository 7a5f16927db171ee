"""Commands about what was said: found again, gone on with, copied, written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatbot.core.errors import UsageError
from chatbot.terminal import talk as talks
from chatbot.terminal.answering import first_line
from chatbot.terminal.choosing import unquoted
from chatbot.terminal.sanitise import sanitise
from chatbot.terminal.talk import Talk
from chatbot.terminal.talk_document import as_markdown, code_blocks
from chatbot.terminal.world import NO_CLIPBOARD, NO_FILES, NO_HISTORY, Here, needed

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.turns import Summary

_LISTED = 15
_QUOTED_LINES = 5


def history(here: Here, talk: Talk, argument: str) -> Talk:
    """The newest conversations, as many as the argument says."""
    if argument and not (argument.isdecimal() and int(argument)):
        raise UsageError(f"/history takes a number, not {argument!r}", advice="/search WORDS looks for words.")
    found = needed(here.world.conversations, NO_HISTORY)(int(argument or _LISTED))
    from chatbot.terminal.logs import list_lines  # with the history

    lines = list_lines(found, here.voice.reply_cells, here.world.time_words)
    here.voice.tell(["/resume ID goes on with one of these:", *lines] if lines else ["nothing is kept yet"])
    return talk


def search(here: Here, talk: Talk, argument: str) -> Talk:
    if not argument:
        raise UsageError("/search wants words to look for")
    hits = needed(here.world.search, NO_HISTORY)(argument, _LISTED)
    from chatbot.terminal.logs import hit_lines  # with the history

    lines = hit_lines(hits, here.voice.reply_cells, here.world.time_words)
    here.voice.tell(["/resume ID goes on with one of these:", *lines] if lines else [f"nothing has {argument!r} in it"])
    return talk


def resume(here: Here, talk: Talk, argument: str) -> Talk:
    """Goes on with another conversation, and shows where it stopped."""
    find = needed(here.world.resume, NO_HISTORY)
    if not argument:
        return history(here, talk, "")
    summary, found = find(argument)
    talk = talks.gone_over_to(talk, found.conversation, found.unanswered, found.verdict)
    show_where_it_stopped(here, talk, summary, found.notices)
    return talk


def show_where_it_stopped(here: Here, talk: Talk, summary: Summary, notices: Sequence[str]) -> None:
    """The last question and its answer, under the name of the conversation."""
    here.voice.tell([f"on with {summary.id}: {first_line(summary.title) or 'an empty conversation'}", *notices])
    lines = talks.last_question(talk).splitlines()
    quoted = [f"> {line}" for line in lines[:_QUOTED_LINES]] + (["> …"] if len(lines) > _QUOTED_LINES else [])
    answer = "" if talk.unanswered else talks.last_answer(talk)
    if quoted or answer:
        here.world.show("\n".join([*quoted, "", answer]), talk.raw)


def fork(here: Here, talk: Talk, argument: str) -> Talk:
    del argument
    conversation_id = needed(here.world.fork, NO_HISTORY)()
    here.voice.tell([f"this is now a copy, {conversation_id}; the other stays as it is"])
    return talk


def save(here: Here, talk: Talk, argument: str) -> Talk:
    """The last answer to a file, as the model wrote it."""
    return _write(here, talk, argument, _answer(talk), "the last answer")


def export(here: Here, talk: Talk, argument: str) -> Talk:
    """The whole conversation to a file: HTML where its name says so, else Markdown."""
    if not talk.conversation.messages:
        raise UsageError("nothing was said yet")
    text, name = as_markdown(talk.conversation), unquoted(argument).lower()
    if name.endswith(".json"):
        raise UsageError(
            "JSON is made of what is kept", advice="Outside of the session: chat logs export --format json"
        )
    if name.endswith((".html", ".htm")):
        from chatbot.terminal.transcript import html_page

        text = html_page(sanitise(text), first_line(talks.last_question(talk)))
    return _write(here, talk, argument, text, "the conversation")


def _write(here: Here, talk: Talk, argument: str, text: str, what: str) -> Talk:
    if not argument:
        raise UsageError("the name of a file is missing", advice="For example: /export talk.md")
    path = unquoted(argument)
    needed(here.world.write, NO_FILES)(path, text if text.endswith("\n") else text + "\n")
    here.voice.tell([f"{what} is in {path}"])
    return talk


def copy(here: Here, talk: Talk, argument: str) -> Talk:
    """The last answer, or its last code block (`code`), or the one of that number (`code 2`)."""
    word, _, number = argument.partition(" ")
    if word not in ("", "code") or (number and not number.isdecimal()):
        raise UsageError("/copy takes nothing, code, or code and a number")
    answer = _answer(talk)
    text, what = (_block(answer, int(number or 0)), "the code") if word else (answer, "the last answer")
    needed(here.world.copy, NO_CLIPBOARD)(text)
    here.voice.tell([f"{what} is in the clipboard"])
    return talk


def _answer(talk: Talk) -> str:
    answer = talks.last_answer(talk)
    if not answer:
        raise UsageError("there is no answer yet")
    return answer


def _block(answer: str, number: int) -> str:
    blocks = code_blocks(answer)
    if not blocks:
        raise UsageError("the last answer has no code block")
    if number > len(blocks):
        raise UsageError(f"the last answer has {len(blocks)} code blocks, not {number}")
    return blocks[number - 1]
