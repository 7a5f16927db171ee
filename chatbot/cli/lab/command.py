"""`chat lab`: the provider inside this program, for other clients, for learning, and for looking at faults."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.grade.command import DECLARED as GRADE
from chatbot.cli.output import stdio
from chatbot.core.errors import UsageError
from chatbot.core.likeness import likeliest
from chatbot.options.chat import Connection, Who
from chatbot.options.common import model_choice, port_choice
from chatbot.options.declared import Choice
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.lab.quirks.faults import BodyFault
    from chatbot.lab.quirks.table import Quirk

DEFAULT_PORT, DEFAULT_PROXY_PORT = 8765, 8766
FaultTexts = Annotated[
    tuple[str, ...],
    Choice("Break answers, for example cut@200; chat lab list shows how; repeatable.", metavar="FAULT"),
]
Times = Annotated[
    int | None, Choice("Break only so many answers, then none: so a retry succeeds.", metavar="N", least=1)
]


class Serving(NamedTuple):
    """Options"""

    port: Annotated[int, port_choice("The port on 127.0.0.1", DEFAULT_PORT)] = DEFAULT_PORT
    replay: Annotated[Path | None, Choice("Answer from this cassette, not from scenarios.", metavar="PATH")] = None
    quirk: Annotated[
        tuple[str, ...], Choice("Deviate as real servers do; chat lab list shows how; repeatable.", metavar="NAME")
    ] = ()
    fault: FaultTexts = ()
    times: Times = None


class Proxying(NamedTuple):
    """Options"""

    model: Annotated[
        str | None, model_choice("The service that it stands before, by any of its models: provider/model.")
    ] = None
    fault: FaultTexts = ()
    times: Times = None
    port: Annotated[int, port_choice("The port on 127.0.0.1", DEFAULT_PROXY_PORT)] = DEFAULT_PROXY_PORT


class Rendering(NamedTuple):
    """Options"""

    seed: Annotated[int | None, Choice("Stream it, cut at random; the same seed, the same cuts.", metavar="N")] = None
    rate: Annotated[
        float, Choice("Tokens (of four characters) in a second, with --seed; usually 100.", metavar="N", least=1)
    ] = 100.0


def lab(argv: list[str], notices: Notices) -> int:
    """Runs one of the lab's commands."""
    if run := run_one_of(DECLARED, argv, "chat lab"):
        return int(run(notices) or 0)
    return 0


def _list(notices: Notices) -> None:
    from chatbot.lab.quirks.faults import KINDS
    from chatbot.lab.quirks.table import QUIRKS
    from chatbot.lab.scenarios import SCENARIOS

    width = max(len(scenario.name) for scenario in SCENARIOS)
    lines = []
    for scenario in SCENARIOS:
        lines += [f"lab/{scenario.name:<{width}}  {scenario.happens}", f"    {'':<{width}}  {scenario.teaches}"]
    width = max(len(quirk.name) for quirk in QUIRKS)
    lines += ["", "Quirks, for chat lab serve --quirk NAME:"]
    lines += [f"{quirk.name:<{width}}  {quirk.happens}" for quirk in QUIRKS]
    lines += ["", "Faults, for --fault of chat lab serve and chat lab proxy: KIND@PLACE"]
    lines += [f"{kind:<{width}}  {happens[0].upper()}{happens[1:]}." for kind, happens in KINDS.items()]
    lines += [
        "PLACE is a byte of the body (200), an event (event:3) or a time (2s, 500ms): so much passes.",
        "Without one, the fault stands for the whole answer.",
    ]
    stdio.write_answer("".join(f"{line}\n" for line in lines).encode())


def _quirk(name: str) -> "Quirk":
    """The quirk of that name. Raises UsageError, with the nearest names, where there is none."""
    from chatbot.lab.quirks.table import BY_NAME

    if name not in BY_NAME:
        near = likeliest(name, BY_NAME)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"the lab has no quirk {name}{meant}", advice="chat lab list shows them all.")
    return BY_NAME[name]


def _faults(texts: tuple[str, ...]) -> "list[BodyFault]":
    """The faults that are written so. Raises UsageError."""
    from chatbot.lab.quirks.faults import read_fault

    try:
        return [read_fault(text) for text in texts]
    except ValueError as error:
        raise UsageError(f"--fault: {error}", advice="chat lab list shows them all.") from None


def _serve(notices: Notices, options: Serving) -> None:
    from chatbot.cli.output.cassette import read_cassette
    from chatbot.cli.passing.listening import listen
    from chatbot.lab.quirks.faults import as_quirk
    from chatbot.lab.recorded import replayed
    from chatbot.lab.server.http import LabServer

    quirks = [_quirk(name) for name in options.quirk]
    quirks += [as_quirk(fault, options.times) for fault in _faults(options.fault)]
    recorded = replayed(read_cassette(options.replay)) if options.replay else None

    def make() -> LabServer:
        return LabServer(options.port, log=lambda line: notices.write(line + "\n"), recorded=recorded, quirks=quirks)

    def tell(server: LabServer) -> None:
        notices.tell(
            [
                f"the lab listens at {server.url} ; Ctrl-C ends it",
                f"OpenAI:     {server.url}/v1  (Chat Completions, and Responses with --api responses)",
                f"Anthropic:  {server.url}",
                f"Gemini:     {server.url}/v1beta",
                f'for example: chat --base-url {server.url}/v1 -m guide "hello"',
            ]
        )

    listen(make, options.port, tell)


def _proxy(notices: Notices, options: Proxying, connection: Connection) -> None:
    from chatbot.cli.lab.proxy import serve_proxy

    who = Who(models=(options.model,) if options.model else ())
    serve_proxy(notices, who, connection, options.port, _faults(options.fault), options.times)


def _render(notices: Notices, file: str, options: Rendering) -> None:
    from chatbot.cli.render import render

    render(Path(file), options.seed, options.rate, notices)


DECLARED = Group(
    (
        Command("list", "Shows the scenarios: each is a model, asked with chat -m lab/NAME.", _list),
        Command("serve", "Serves the lab for other clients until Ctrl-C.", _serve, groups=(Serving,)),
        GRADE,
        Command(
            "proxy",
            "Stands between a client and a real service, and breaks its answers where you say.",
            _proxy,
            groups=(Proxying, Connection),
            in_variables=(Connection,),
            without=("api", "header", "max_time", "max_retries", "no_stream"),
            epilog="For example: chat lab proxy --fault cut@200 -m openai/gpt-5-mini",
        ),
        Command(
            "render",
            "Shows a Markdown file as an answer is shown: in one piece, or streamed.",
            _render,
            (Positional("file", "PATH", "A Markdown file.", required=True),),
            (Rendering,),
            hidden=True,
        ),
    ),
    "A provider inside this program: offline, in four wire formats, with faults on demand.",
)
