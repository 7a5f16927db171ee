"""`chat receipt`: what a receipt says, and whether the files at both ends are what it is about."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import json
from pathlib import Path
from typing import Annotated

from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.core.errors import AnswerError, FileUnreadable, UsageError
from chatbot.core.receipts.checking import check
from chatbot.options.declared import Choice
from chatbot.outside.files.reading import display_name
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

WHOLE, LOST = 0, AnswerError.exit_code


class Checking(NamedTuple):
    """Options"""

    input: Annotated[Path | None, Choice("What should have been piped in.", metavar="FILE")] = None
    output: Annotated[Path | None, Choice("What should have come out.", metavar="FILE")] = None
    json: Annotated[bool, Choice("JSON for programs: an object for each border.")] = False


def receipt(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    run = run_one_of(DECLARED, argv, "chat receipt")
    return int(run(notices)) if run else 0


def _check(notices: Notices, file: str, options: Checking) -> int:
    """Says border by border what is whole; exit code 74 where something is not."""
    del notices
    try:
        document = json.loads(_read(Path(file)))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{file} is no receipt of chat, or not whole", advice="chat --receipt FILE writes one."
        ) from error
    given, got = (None if path is None else _read(path) for path in (options.input, options.output))
    found = check(document, given, got)
    if options.json:
        write_json([row._asdict() for row in found])
    else:
        width = max(len(row.border) for row in found)
        write_lines([f"{'ok  ' if row.is_whole else 'LOST'}  {row.border:<{width}}  {row.words}" for row in found])
    return WHOLE if all(row.is_whole for row in found) else LOST


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{display_name(path)} cannot be read: {error.strerror}") from error


DECLARED = Group(
    (
        Command(
            "check",
            "Compares what was piped in, sent, received and written; exit 74 where something was lost.",
            _check,
            (Positional("file", "FILE", "A file of chat --receipt.", required=True),),
            (Checking,),
        ),
    ),
    "The receipts of chat --receipt: what came in and went out of an answer.",
)
