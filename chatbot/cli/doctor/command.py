"""`chat doctor`: looks at everything that `chat` needs, and says of each thing whether it is as it should be."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
from collections.abc import Iterator
from contextlib import ExitStack
from getpass import getuser
from typing import Annotated

from chatbot.cli.command_line.declared import Command
from chatbot.cli.doctor import connection, files, kept, net, program, terminal, who
from chatbot.cli.doctor.looking import Check, Looking, findings
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json
from chatbot.cli.output.screen import this_screen
from chatbot.core.checkup.finding import Finding, exit_code, pasteable
from chatbot.options.declared import Choice, chosen
from chatbot.outside.desktop.streams import is_terminal
from chatbot.records import NamedTuple
from chatbot.terminal.documents.checkup import finding_lines, heading_line, summary_line
from chatbot.terminal.notices import Notices

CHECKS = (
    Check("Program", "version", program.version),
    Check("Program", "place", program.place),
    Check("Program", "packages", program.packages),
    Check("Program", "extras", program.extras),
    Check("Files", "folder", files.folder),
    Check("Files", "settings", files.settings),
    Check("Files", "keys", files.keys),
    Check("Files", "providers", files.providers),
    Check("Files", "templates", files.templates),
    Check("Files", ".env", files.env_file),
    Check("Files", "variables", files.variables),
    Check("Who is asked", "keys", who.keys),
    Check("Who is asked", "model", who.asked),
    Check("Terminal", "screen", terminal.screen),
    Check("Terminal", "kind", terminal.kind),
    Check("Terminal", "encoding", terminal.encoding),
    Check("Terminal", "clipboard", terminal.copying),
    Check("Kept here", "history", kept.history),
    Check("Kept here", "disk", kept.disk),
    Check("Kept here", "cache", kept.cache),
    Check("Network", "proxies", connection.proxies),
    Check("Network", "certificates", connection.certificates),
)
WITH_NET = (*CHECKS, Check("Network", "services", net.all_services))


class Looks(NamedTuple):
    """Options"""

    net: Annotated[bool, Choice("Ask each service with a key for its list of models too.")] = False
    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


def doctor(argv: list[str], notices: Notices) -> int:
    """Runs the checks; the exit code is that of the worst fault."""
    from chatbot.cli.command_line.parsing import parse

    said = parse(DECLARED, argv, "chat doctor")
    return int(DECLARED.run(notices, chosen(Looks, said))) if said is not None else 0


def _doctor(notices: Notices, looks: Looks) -> int:
    found = []
    with ExitStack() as open_things:
        looking = Looking(os.environ, notices, open_things)
        section = ""
        for check, finding in _all_findings(WITH_NET if looks.net else CHECKS, looking):
            found.append(finding)
            if looks.json:
                write_json([{"section": check.section, "check": check.name, **finding._asdict()}])
                continue
            screen = this_screen("auto")
            lines = [heading_line(check.section, styles=screen.styles)] if section != check.section else []
            lines += finding_lines(finding, screen.width if is_terminal(1) else 0, styles=screen.styles)
            stdio.write_answer("".join(f"{line}\n" for line in lines).encode(screen.encoding, "replace"))
            section = check.section
    if not looks.json:
        stdio.write_answer(f"{summary_line(found)}\n".encode())
    return exit_code(found)


def _all_findings(checks: tuple[Check, ...], looking: Looking) -> Iterator[tuple[Check, Finding]]:
    """What all of them found, without keys and without the person's name."""
    home, user = os.path.expanduser("~"), _user()  # noqa: PTH111  (does not raise)
    for check in checks:
        for finding in findings(check, looking):
            text, advice = (
                pasteable(looking.notices.redacted(part), home, user) for part in (finding.text, finding.advice)
            )
            yield check, finding._replace(text=text, advice=advice)


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError, ImportError):
        return ""


DECLARED = Command(
    "doctor",
    "Looks at everything chat needs on this computer, and says what is wrong and the way out. No key is in it, so it "
    "can be shown to others.",
    _doctor,
    groups=(Looks,),
)
