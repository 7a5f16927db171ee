"""`chat probe`: what a server really supports."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json
from chatbot.cli.probe.asking import ask, subject_of
from chatbot.core.errors import CannotConnect, ConfigurationError, UsageError
from chatbot.options.chat import Connection, Who
from chatbot.options.declared import Choice, chosen
from chatbot.providers.probe.course import MAX_TIME_S, SILENCE_S
from chatbot.providers.probe.finding import Finding
from chatbot.providers.probe.report import Change, Report, as_json, changes, from_json
from chatbot.providers.service import Service
from chatbot.providers.services import LAB
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

LOST, UNREACHABLE = 1, CannotConnect.exit_code
_MAX_REPORT_BYTES = 2_000_000


class Probing(NamedTuple):
    """Options"""

    model: Annotated[
        str | None,
        Choice("The model; else the first of its list.", flags=("--model", "-m"), metavar="NAME", is_text=True),
    ] = None
    deep: Annotated[bool, Choice("Ask also what takes many tokens: a conversation that is too long, and others.")] = (
        False
    )
    json: Annotated[bool, Choice("One JSON object for programs, which --compare reads.")] = False
    save: Annotated[
        str | None, Choice("Keep what was learnt as a provider of this name in providers.toml.", metavar="NAME")
    ] = None
    compare: Annotated[
        bool, Choice("Show what changed between two, each a saved report or a server; exit 1 when one was lost.")
    ] = False
    verbose: Annotated[int, Choice("Show the HTTP on stderr; -vv with bodies.", flags=("--verbose", "-v"))] = 0


def probe(argv: list[str], notices: Notices) -> int:
    """Asks a server, or compares two reports."""
    from chatbot.cli.command_line.parsing import parse

    said = parse(DECLARED, argv, "chat probe")
    if said is None:
        return 0
    return int(DECLARED.run(notices, said["server"] or [], chosen(Probing, said), chosen(Connection, said, os.environ)))


def _probe(notices: Notices, words: list[str], options: Probing, connection: Connection) -> int:
    if options.save is not None:
        from chatbot.providers.own import checked_name

        options = options._replace(save=checked_name(options.save))
    if options.compare:
        return _compare(notices, words, options, connection)
    if len(words) != 1:
        raise UsageError(
            "chat probe asks one server" if words else "which server is to be asked?",
            advice="For example: chat probe http://127.0.0.1:8080/v1 , or the name of a provider.",
        )
    report, is_whole, service = _asked(notices, words[0], options, connection)
    if options.json:
        write_json([as_json(report)])
    else:
        _write([(row.finding.answer, row.title, _more(row.finding), row.finding.shown) for row in report.rows])
    if options.save and report.is_reachable and is_whole:
        _save(report, options.save, service, notices)
    elif options.save:
        notices.warn("so little is known that nothing is saved")
    return 130 if not is_whole else 0 if report.is_reachable else UNREACHABLE


def _asked(notices: Notices, word: str, options: Probing, connection: Connection) -> tuple[Report, bool, Service]:
    """The report on a server, whether it was not broken off, and the row of the server."""
    with ExitStack() as open_things:
        if "://" in word:
            connection, provider = connection._replace(base_url=word), None
        elif ":" in word:
            raise UsageError("an address begins with http:// or https://", advice=f"chat probe http://{word}")
        else:
            provider = word
        who = Who((options.model,) if options.model else (), provider)
        target, subject = subject_of(who, connection, open_things, notices)
        if options.save and target.service.source == LAB:
            raise UsageError(
                "the lab inside this program is at another address each time, so it is not saved",
                advice="Serve it, and probe that: chat lab serve\n"
                f"chat probe http://127.0.0.1:8765/v1 --save {options.save}",
            )
        report, is_whole = ask(target, subject, connection, notices, deep=options.deep, verbose=options.verbose)
    return report, is_whole, target.service


def _save(report: Report, name: str, service: Service, notices: Notices) -> None:
    from chatbot.cli.settings.own_providers import providers_file
    from chatbot.outside.files.own_providers import save_row
    from chatbot.outside.files.reading import display_name
    from chatbot.providers.own import variable_part
    from chatbot.providers.probe.report import own_row

    path = providers_file()
    if path is None:
        raise ConfigurationError("there is no home folder, so no provider can be saved")
    row = own_row(report, service)
    save_row(path, name, row, f"by chat probe, {report.asked[:10]}")
    variable = row.get("key_variable", f"{variable_part(name)}_API_KEY")
    key = f"; its key is in {variable}" if row.get("key_required") else ""
    notices.tell(
        [f"saved as {name} in {display_name(path)}", f"it is asked with: chat -m {name}/{report.model} ...{key}"]
    )


def _compare(notices: Notices, words: list[str], options: Probing, connection: Connection) -> int:
    if len(words) not in (1, 2):
        raise UsageError(
            "--compare wants two reports, or one and a server", advice="chat probe --compare A.json B.json"
        )
    before = _report(notices, words[0], options, connection)
    options = options._replace(model=options.model or before.model)
    after = _report(notices, words[1] if len(words) > 1 else before.url, options, connection)
    found = changes(before, after)
    if options.json:
        write_json(map(_plain, found))
    else:
        notices.tell([f"{before.url}, {before.asked}, against {after.url}, {after.asked}: {len(found)} changed"])
        _write([(change.kind, change.row.title, _words(change), change.row.finding.shown) for change in found])
    if not (before.is_reachable and after.is_reachable):
        return UNREACHABLE
    return LOST if any(change.kind == "lost" for change in found) else 0


def _report(notices: Notices, word: str, options: Probing, connection: Connection) -> Report:
    """A saved report, or a new one. Raises FileUnreadable, and KeyboardInterrupt for one that was broken off."""
    from chatbot.outside.files.reading import display_name, read_text_file

    if "://" in word or not (word.endswith(".json") or Path(word).is_file()):
        report, is_whole, _ = _asked(notices, word, options, connection)
        if not is_whole:
            raise KeyboardInterrupt
        return report
    return from_json(read_text_file(word, _MAX_REPORT_BYTES).text, display_name(word))


def _plain(change: Change) -> dict[str, object]:
    name, title, after = change.row
    said = {"before": change.before._asdict(), "after": after._asdict()}
    return {"change": change.kind, "name": name, "title": title, **said}


def _more(finding: Finding) -> str:
    return ", ".join(filter(None, (finding.says, finding.measured)))


def _words(change: Change) -> str:
    return " -> ".join(": ".join(filter(None, found[:2])) for found in (change.before, change.row.finding))


def _write(rows: list[tuple[str, str, str, str]]) -> None:
    from chatbot.cli.output.screen import this_screen
    from chatbot.terminal.documents.probed import FoundRow, found_text

    screen = this_screen("auto")
    stdio.write_answer(found_text([FoundRow(*row) for row in rows], screen).encode(screen.encoding, "replace"))


DECLARED = Command(
    "probe",
    "Asks a server that is compatible with OpenAI what it really supports.\n\n"
    "Each row is yes, no, wrong (with the bytes that show it) or unknown. At most 20 small requests are sent, "
    "and what they cost at most is said first.",
    _probe,
    (Positional("server", "URL|PROVIDER", "A base URL, or the name of a provider.", repeats=True),),
    (Probing, Connection),
    f"A request may be silent for {SILENCE_S:g} s (--timeout), and take {MAX_TIME_S:g} s (--max-time).",
    without=("api", "base_url", "max_retries", "no_stream"),
)
