"""`chat logs`: what was said, found again."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from chatbot.cli.asking_back import Deleting, agreed, require_somebody
from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.cost.since import Since
from chatbot.cli.history import open_history
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines, write_paged
from chatbot.cli.output.screen import this_screen
from chatbot.cli.output.written import write_output
from chatbot.core.conversations.stored import Summary
from chatbot.core.errors import UsageError
from chatbot.core.json_text import dumps
from chatbot.options.chat import Connection, Money, Who
from chatbot.options.common import model_choice, provider_choice
from chatbot.options.declared import Choice
from chatbot.outside.history.store import History
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

_PAGE = 100
_LIMIT = 20
_MAX_IMPORT_BYTES = 2_000_000_000

_IDS = Positional("ids", "ID", "Ids, or their beginnings.", required=True, repeats=True, completes="conversations")


class AsJson(NamedTuple):
    """Options"""

    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


class Limited(NamedTuple):
    """Options"""

    limit: Annotated[
        int,
        Choice(f"How many at most, usually {_LIMIT}; 0 is all.", flags=("-n", "--limit"), metavar="N", least=0),
    ] = _LIMIT


class Costing(NamedTuple):
    """Options"""

    by: Annotated[
        Literal["day", "model", "provider"],
        Choice("What is added up; usually each day.", metavar="[day|model|provider]"),
    ] = "day"


class Showing(NamedTuple):
    """Options"""

    reasoning: Annotated[bool, Choice("Also what the model thought before it answered.")] = False


class Replaying(NamedTuple):
    """Options"""

    model: Annotated[str | None, model_choice("The model that is asked now.")] = None
    provider: Annotated[str | None, provider_choice("Its service.")] = None
    diff: Annotated[bool, Choice("How each answer differs from the one of then, word by word.")] = False
    json: Annotated[bool, Choice("JSON for programs: an object for each question.")] = False


class Exporting(NamedTuple):
    """Options"""

    all: Annotated[bool, Choice("All conversations.")] = False
    format: Annotated[
        Literal["md", "json", "html"],
        Choice("Usually md; json can be read back with chat logs import.", metavar="[md|json|html]"),
    ] = "md"
    output: Annotated[
        Path | None, Choice("A new file; else standard output.", flags=("-o", "--output"), metavar="PATH")
    ] = None


def logs(argv: list[str], notices: Notices) -> int:
    """Runs one of the history's commands."""
    if run := run_one_of(DECLARED, argv, "chat logs"):
        with closing(open_history(notices)) as history:
            return int(run(history, notices) or 0)
    return 0


def _list(history: History, notices: Notices, limited: Limited, form: AsJson) -> None:
    limit = limited.limit
    found = islice(_all(history), limit or None)
    if form.json:
        write_json(summary._asdict() for summary in found)
        return
    from chatbot.terminal.documents.conversations import list_lines

    summaries = list(found)
    write_lines(list_lines(summaries, this_screen("auto").width, stdio.time_words))
    if limit and len(summaries) == limit and history.conversations(1, before=summaries[-1]):
        notices.warn(f"these are the newest {limit}; -n 0 lists all")
    elif not summaries:
        notices.warn("nothing is kept yet")


def _show(history: History, notices: Notices, conversation: str | None, form: AsJson, showing: Showing) -> None:
    [found] = _found(history, [] if conversation is None else [conversation])
    if form.json:
        write_json(history.export([found]))
        return
    from chatbot.cli.output.screen import drawn
    from chatbot.terminal.documents.transcript import as_markdown

    compared = history.compared(found)
    text = as_markdown(history.conversation(found), stdio.dated, reasoning=showing.reasoning, compared=compared)
    screen = this_screen("auto")
    write_paged(drawn(text, screen, notices) if screen.rendered else text.encode())


def _search(history: History, notices: Notices, words: list[str], limited: Limited, form: AsJson) -> None:
    from chatbot.core.text import clean

    hits = history.search(clean(" ".join(words)), limited.limit or sys.maxsize)
    if form.json:
        write_json(hit._asdict() | {"snippet": [piece._asdict() for piece in hit.snippet]} for hit in hits)
        return
    from chatbot.terminal.documents.conversations import hit_lines

    screen = this_screen("auto")
    mark = "\x1b[1m{}\x1b[0m" if screen.styles else "[{}]"
    write_lines(hit_lines(hits, screen.width, stdio.time_words, mark.format))
    if not hits:
        notices.warn("nothing has all of these words")
    elif len(hits) == limited.limit:
        notices.warn(f"these are the newest {limited.limit}; -n 0 finds all")


def _export(history: History, notices: Notices, ids: list[str], options: Exporting) -> None:
    chosen = [summary.id for summary in _all(history)][::-1] if options.all else _found(history, ids or [])
    if options.format == "html" and len(chosen) != 1:
        raise UsageError("a page of HTML is one conversation", advice="Name one id, or take --format md.")
    parts = _exported(history, chosen, options.format)
    if options.output is None:
        for part in parts:
            stdio.write_answer(part)
        return
    write_output(options.output, parts)
    notices.warn(f"{len(chosen)} exported to {options.output}")


def _replay(
    history: History,
    notices: Notices,
    conversation: str | None,
    options: Replaying,
    connection: Connection,
    money: Money,
) -> int:
    from chatbot.cli.logs.replay import Replay, replay

    if not (options.model or options.provider):
        raise UsageError("which model is to be asked?", advice="Name it: chat logs replay ID -m NAME")
    [found] = _found(history, [] if conversation is None else [conversation])
    who = Who((options.model or "",), options.provider)
    wanted = Replay(who, connection, money, options.diff, options.json)
    return replay(history.conversation(found), history, wanted, notices)


def _import(history: History, notices: Notices, file: str) -> None:
    from chatbot.outside.desktop.stdin import read_piped_bytes
    from chatbot.outside.files.reading import read_file

    if file == "-":
        silent = "waiting for the end of standard input"
        data = read_piped_bytes(0, lambda: notices.warn(silent), max_bytes=_MAX_IMPORT_BYTES) or b""
    else:
        data = read_file(file, _MAX_IMPORT_BYTES)
    imported = history.import_(_conversations_in(data))
    known = f", {imported.known} were here already" if imported.known else ""
    notices.warn(f"{len(imported.added)} added{known}")


def _delete(history: History, notices: Notices, ids: list[str], options: Deleting) -> None:
    found = _found(history, ids)
    summaries = [history.conversation(conversation_id).summary for conversation_id in found]
    if not options.yes:
        require_somebody()
        notices.tell(["to be deleted for good:", *(f"{summary.id}  {summary.title[:60]}" for summary in summaries)])
        if not agreed("Delete?", notices):
            notices.warn("nothing was deleted")
            return
    notices.warn(f"{history.delete(found)} deleted")


def _path(history: History, notices: Notices) -> None:
    stdio.write_answer(os.fsencode(history.path) + b"\n")


def _stats(history: History, notices: Notices, form: AsJson) -> None:
    stats = history.stats()
    if form.json:
        write_json([stats._asdict() | {"models": [model._asdict() for model in stats.models]}])
        return
    from chatbot.terminal.documents.conversations import stats_lines

    write_lines(stats_lines(stats, time.time(), stdio.dated))


def _cost(history: History, notices: Notices, by: Costing, since: Since, form: AsJson) -> None:
    from chatbot.cli.cost.past import sums
    from chatbot.core.cost.sums import sum_json

    found = sums(history.paid_turns(since.unix_s), by.by)
    if form.json:
        write_json(sum_json(one, by.by) for one in found.rows)
        return
    from chatbot.terminal.documents.costs import cost_lines

    screen = this_screen("auto")
    write_lines(cost_lines(found.rows, screen.width, unicode=screen.unicode))
    for remark in found.remarks:
        notices.warn(remark)


def _all(history: History) -> Iterator[Summary]:
    """All conversations, the newest first, read page by page."""
    page = history.conversations(_PAGE)
    while page:
        yield from page
        page = history.conversations(_PAGE, before=page[-1])


def _found(history: History, prefixes: Iterable[str]) -> list[str]:
    """The whole ids, each once; the last conversation's if no beginning is given."""
    found = list(dict.fromkeys(history.find(prefix) for prefix in prefixes))
    if found:
        return found
    last = history.last_conversation_id()
    if last is None:
        raise UsageError("nothing is kept yet")
    return [last]


def _exported(history: History, ids: list[str], form: str) -> Iterator[bytes]:
    if form == "json":
        for number, plain in enumerate(history.export(ids)):
            yield (b"[\n" if number == 0 else b",\n") + dumps(plain).encode()
        yield b"\n]\n" if ids else b"[]\n"
        return
    from chatbot.terminal.documents.transcript import as_html, as_markdown

    for number, conversation_id in enumerate(ids):
        conversation = history.conversation(conversation_id)
        text = (as_html if form == "html" else as_markdown)(conversation, stdio.dated)
        yield (("\n---\n\n" if number else "") + text).encode()


def _conversations_in(data: bytes) -> Iterator[object]:
    """The entries of a JSON array, of one object, or of an object on each line."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        try:
            document = [json.loads(line) for line in data.splitlines() if line.strip()]
        except (ValueError, RecursionError) as error:
            raise UsageError("this is not JSON", advice="chat logs export --format json makes what is read.") from error
    yield from document if isinstance(document, list) else [document]


DECLARED = Group(
    (
        Command("list", "Lists the conversations, the newest first.", _list, groups=(Limited, AsJson)),
        Command(
            "show",
            "Shows a conversation.",
            _show,
            (
                Positional(
                    "conversation",
                    "ID",
                    "An id, or its beginning; the last one if left out.",
                    completes="conversations",
                ),
            ),
            (AsJson, Showing),
        ),
        Command(
            "replay",
            "Asks a conversation again, question by question, of another model.",
            _replay,
            (
                Positional(
                    "conversation",
                    "ID",
                    "An id, or its beginning; the last one if left out.",
                    completes="conversations",
                ),
            ),
            (Replaying, Connection, Money),
            in_variables=(Connection, Money),
        ),
        Command(
            "search",
            "Finds questions and answers with these words, the newest first.",
            _search,
            (Positional("words", "WORD", "All of these words, in any order.", required=True, repeats=True),),
            (Limited, AsJson),
        ),
        Command(
            "export",
            "Writes conversations as Markdown, JSON or HTML.",
            _export,
            (
                Positional(
                    "ids",
                    "ID",
                    "Ids, or their beginnings; the last one if left out.",
                    repeats=True,
                    completes="conversations",
                ),
            ),
            (Exporting,),
        ),
        Command(
            "import",
            "Adds exported conversations; those that are here already are left out.",
            _import,
            (
                Positional(
                    "file",
                    "PATH|-",
                    "A file that chat logs export --format json made; - is standard input.",
                    required=True,
                ),
            ),
        ),
        Command("delete", "Deletes conversations for good.", _delete, (_IDS,), (Deleting,)),
        Command(
            "cost",
            "Shows what the answers cost, as far as that is known.",
            _cost,
            groups=(Costing, Since, AsJson),
        ),
        Command("path", "Says where the history is.", _path),
        Command("stats", "Shows the history in numbers.", _stats, groups=(AsJson,)),
    ),
    "What was asked and answered, kept on this computer. Without a command: list.",
    "list",
)
