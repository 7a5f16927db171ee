"""`chat report`: an answer and its HTTP in one file, for somebody else."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.history import open_history
from chatbot.cli.http import found, key_variable_of
from chatbot.cli.output.stdio import iso
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.version import __version__
from chatbot.options.declared import Choice, chosen
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Reporting(NamedTuple):
    """Options"""

    no_bodies: Annotated[bool, Choice("Leave the words of the conversation out.")] = False
    out: Annotated[Path | None, Choice("The folder it is written to; else this one.", metavar="DIR")] = None


def report(argv: list[str], notices: Notices) -> int:
    """Writes the report of the last question, or of the one that an exchange belongs to."""
    from chatbot.cli.command_line.parsing import parse

    said = parse(DECLARED, argv, "chat report")
    if said is not None:
        DECLARED.run(notices, said["id"], chosen(Reporting, said))
    return 0


def _report(notices: Notices, prefix: str | None, options: Reporting) -> None:
    from chatbot.outside.files.reading import display_name
    from chatbot.outside.files.report import write_report

    with closing(open_history(notices)) as history:
        kept = history.exchanges_beside(found(history, prefix).id)
    exchanges = [row.record for row in kept]
    files = dict(_files(exchanges, bodies=not options.no_bodies))
    path = write_report(options.out or Path(), time.time(), files)
    words = "without the words of the conversation" if options.no_bodies else "with the words of this question"
    notices.tell([f"{display_name(path)} holds {', '.join(files)}, {words}", "Keys are in none of them."])


def _files(exchanges: list[SafeExchange], *, bodies: bool) -> Iterator[tuple[str, str]]:
    """What is in it, by name. Without bodies there is nothing to ask, or to answer, again."""
    from chatbot.core.http.cassette import to_lines
    from chatbot.core.http.har import har
    from chatbot.core.http.outcome import asking
    from chatbot.outside.files.report import CASSETTE, versions
    from chatbot.providers.wires.lookup import reader_for
    from chatbot.terminal.http.report_page import report_page, verdict_text
    from chatbot.terminal.http.snippets.shell import as_curl, files_of

    about = versions()
    yield "about.txt", "".join(f"{line}\n" for line in (verdict_text(exchanges), *about))
    yield "report.html", report_page(exchanges, reader_for(exchanges[-1].wire), about, bodies=bodies)
    archived = exchanges
    if not bodies:
        archived = [SafeExchange(each._replace(request_body=b"", chunks=())) for each in exchanges]
    yield "exchanges.har", "".join(har(archived, __version__, iso))
    if bodies:
        yield CASSETTE, "".join(f"{line}\n" for each in exchanges for line in to_lines(each))
        asked = asking(exchanges)
        if not files_of(asked, "curl"):
            yield "request.sh", as_curl(asked, key_variable_of(asked) or "KEY")


DECLARED = Command(
    "report",
    "Writes the last question's HTTP into a zip, to show somebody else: a page, an archive, a cassette, a command.",
    _report,
    (
        Positional(
            "id",
            "ID",
            "An exchange of the question, or the beginning of its id; the last one if left out.",
            completes="exchanges",
        ),
    ),
    (Reporting,),
)
