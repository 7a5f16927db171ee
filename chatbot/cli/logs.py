"""`chat logs`: what was said, found again."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from chatbot.cli import helped, stdio
from chatbot.cli.ask.history import open_history
from chatbot.core.conversations.stored import Summary
from chatbot.core.errors import OutputUnwritable, UsageError
from chatbot.core.json_text import dumps
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.private import write_new
from chatbot.outside.history import History
from chatbot.terminal.notices import Notices
from chatbot.terminal.screen import Screen

Act = Callable[[History, Notices], None]

_PAGE = 100
_LIMIT = 20
_MAX_IMPORT_BYTES = 2_000_000_000

Json = Annotated[bool, typer.Option("--json", help="JSON for programs: an object on each line.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or their beginnings.")]
Limit = Annotated[
    int, typer.Option("-n", "--limit", metavar="N", min=0, help=f"How many at most, usually {_LIMIT}; 0 is all.")
]


class Format(StrEnum):
    """What a conversation is exported as."""

    MD = "md"
    JSON = "json"
    HTML = "html"


def logs(argv: list[str], notices: Notices) -> int:
    """Runs one of the history's commands."""
    app = typer.Typer(
        cls=helped.Group,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="What was asked and answered, kept on this computer. Without a command: list.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, command in _COMMANDS.items():
        app.command(name, cls=helped.Command)(command)
    named = bool(argv) and (not argv[0].startswith("-") or argv[0] in ("-h", "--help"))
    act = app(args=argv if named else ["list", *argv], prog_name="chat logs", standalone_mode=False)
    if not callable(act):  # help was printed
        return 0
    history = open_history(notices)
    try:
        act(history, notices)
    finally:
        history.close()
    return 0


def _list(limit: Limit = _LIMIT, as_json: Json = False) -> Act:
    """Lists the conversations, the newest first."""

    def act(history: History, notices: Notices) -> None:
        found = islice(_all(history), limit or None)
        if as_json:
            _write_json(summary._asdict() for summary in found)
            return
        from chatbot.terminal.documents.conversations import list_lines

        summaries = list(found)
        _write_lines(list_lines(summaries, _screen().width, stdio.time_words))
        if limit and len(summaries) == limit and history.conversations(1, before=summaries[-1]):
            notices.warn(f"these are the newest {limit}; -n 0 lists all")
        elif not summaries:
            notices.warn("nothing is kept yet")

    return act


def _show(
    conversation: Annotated[
        str | None, typer.Argument(metavar="ID", help="An id, or its beginning; the last one if left out.")
    ] = None,
    as_json: Json = False,
    reasoning: Annotated[
        bool, typer.Option("--reasoning", help="Also what the model thought before it answered.")
    ] = False,
) -> Act:
    """Shows a conversation."""

    def act(history: History, notices: Notices) -> None:
        [found] = _found(history, [] if conversation is None else [conversation])
        if as_json:
            _write_json(history.export([found]))
            return
        from chatbot.cli.ask.views import drawn
        from chatbot.terminal.documents.transcript import as_markdown

        text = as_markdown(history.conversation(found), stdio.dated, reasoning=reasoning)
        screen = _screen()
        _write_paged(drawn(text, screen, notices) if screen.rendered else text.encode())

    return act


def _search(
    words: Annotated[list[str], typer.Argument(metavar="WORD", help="All of these words, in any order.")],
    limit: Limit = _LIMIT,
    as_json: Json = False,
) -> Act:
    """Finds questions and answers with these words, the newest first."""

    def act(history: History, notices: Notices) -> None:
        from chatbot.core.text import clean

        hits = history.search(clean(" ".join(words)), limit or sys.maxsize)
        if as_json:
            _write_json(hit._asdict() | {"snippet": [piece._asdict() for piece in hit.snippet]} for hit in hits)
            return
        from chatbot.terminal.documents.conversations import hit_lines

        screen = _screen()
        mark = "\x1b[1m{}\x1b[0m" if screen.styles else "[{}]"
        _write_lines(hit_lines(hits, screen.width, stdio.time_words, mark.format))
        if not hits:
            notices.warn("nothing has all of these words")
        elif len(hits) == limit:
            notices.warn(f"these are the newest {limit}; -n 0 finds all")

    return act


def _export(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids, or their beginnings; the last one if left out.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All conversations.")] = False,
    form: Annotated[
        Format,
        typer.Option(
            "--format", metavar=f"[{'|'.join(Format)}]", help="Usually md; json can be read back with chat logs import."
        ),
    ] = Format.MD,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PATH", help="A new file; else standard output.")
    ] = None,
) -> Act:
    """Writes conversations as Markdown, JSON or HTML."""

    def act(history: History, notices: Notices) -> None:
        chosen = [summary.id for summary in _all(history)][::-1] if everything else _found(history, ids or [])
        if form is Format.HTML and len(chosen) != 1:
            raise UsageError("a page of HTML is one conversation", advice="Name one id, or take --format md.")
        parts = _exported(history, chosen, form)
        if output is None:
            for part in parts:
                stdio.write_answer(part)
            return
        _write_file(output, parts)
        notices.warn(f"{len(chosen)} exported to {output}")

    return act


def _import(
    file: Annotated[
        str,
        typer.Argument(metavar="PATH|-", help="A file that chat logs export --format json made; - is standard input."),
    ],
) -> Act:
    """Adds exported conversations; those that are here already are left out."""

    def act(history: History, notices: Notices) -> None:
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

    return act


def _delete(
    ids: Ids,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> Act:
    """Deletes conversations for good."""

    def act(history: History, notices: Notices) -> None:
        found = _found(history, ids)
        summaries = [history.conversation(conversation_id).summary for conversation_id in found]
        if not yes and not _agreed(summaries, notices):
            notices.warn("nothing was deleted")
            return
        notices.warn(f"{history.delete(found)} deleted")

    return act


def _path() -> Act:
    """Says where the history is."""
    return lambda history, notices: stdio.write_answer(os.fsencode(history.path) + b"\n")


def _stats(as_json: Json = False) -> Act:
    """Shows the history in numbers."""

    def act(history: History, notices: Notices) -> None:
        del notices
        stats = history.stats()
        if as_json:
            _write_json([stats._asdict() | {"models": [model._asdict() for model in stats.models]}])
            return
        from chatbot.terminal.documents.conversations import stats_lines

        _write_lines(stats_lines(stats, time.time(), stdio.dated))

    return act


_COMMANDS: dict[str, Callable[..., Act]] = {
    "list": _list,
    "show": _show,
    "search": _search,
    "export": _export,
    "import": _import,
    "delete": _delete,
    "path": _path,
    "stats": _stats,
}


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


def _exported(history: History, ids: list[str], form: Format) -> Iterator[bytes]:
    if form is Format.JSON:
        for number, plain in enumerate(history.export(ids)):
            yield (b"[\n" if number == 0 else b",\n") + dumps(plain).encode()
        yield b"\n]\n" if ids else b"[]\n"
        return
    from chatbot.terminal.documents.transcript import as_html, as_markdown

    for number, conversation_id in enumerate(ids):
        conversation = history.conversation(conversation_id)
        text = (as_html if form is Format.HTML else as_markdown)(conversation, stdio.dated)
        yield (("\n---\n\n" if number else "") + text).encode()


def _write_file(path: Path, parts: Iterable[bytes]) -> None:
    """A new file that only the person can read: nothing is overwritten."""
    try:
        write_new(path, parts)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", advice="Choose another name: nothing is overwritten.") from error
    except OSError as error:
        raise OutputUnwritable(f"{path} cannot be written: {error.strerror}") from error


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


def _agreed(summaries: list[Summary], notices: Notices) -> bool:
    """Whether the person wants these deleted."""
    if not (is_terminal(0) and is_terminal(2)):
        raise UsageError("nobody is there to ask", advice="Add --yes to delete without a question.")
    notices.tell(["to be deleted for good:", *(f"{summary.id}  {summary.title[:60]}" for summary in summaries)])
    notices.write("Delete? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _screen() -> Screen:
    from chatbot.cli.ask.views import this_screen

    return this_screen("auto")


def _write_lines(lines: list[str]) -> None:
    _write_paged("".join(f"{line}\n" for line in lines).encode(stdio.encoding(sys.stdout), "replace"))


def _write_paged(text: bytes) -> None:
    """Through a pager where it is longer than the screen."""
    from chatbot.outside.desktop.pager import page

    is_long = text.count(b"\n") >= (stdio.size()[1] or sys.maxsize)
    if not (is_long and is_terminal(0) and is_terminal(1) and page(text, os.environ)):
        stdio.write_answer(text)


def _write_json(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        stdio.write_answer(dumps(row).encode() + b"\n")
