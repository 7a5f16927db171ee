"""`chat lab`: the provider inside this program, for other clients, for learning, and for looking at faults."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Annotated

from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.output import stdio
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.likeness import likeliest
from chatbot.options.declared import Choice
from chatbot.outside.desktop.signals import Interrupts
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.lab.quirks.table import Quirk

DEFAULT_PORT = 8765


class Serving(NamedTuple):
    """Options"""

    port: Annotated[
        int,
        Choice(f"The port on 127.0.0.1, usually {DEFAULT_PORT}; 0 takes a free one.", metavar="N", least=0, most=65535),
    ] = DEFAULT_PORT
    replay: Annotated[Path | None, Choice("Answer from this cassette, not from scenarios.", metavar="PATH")] = None
    quirk: Annotated[
        tuple[str, ...], Choice("Deviate as real servers do; chat lab list shows how; repeatable.", metavar="NAME")
    ] = ()


class Rendering(NamedTuple):
    """Options"""

    seed: Annotated[int | None, Choice("Stream it, cut at random; the same seed, the same cuts.", metavar="N")] = None
    rate: Annotated[
        float, Choice("Tokens (of four characters) in a second, with --seed; usually 100.", metavar="N", least=1)
    ] = 100.0


def lab(argv: list[str], notices: Notices) -> int:
    """Runs one of the lab's commands."""
    if run := run_one_of(DECLARED, argv, "chat lab"):
        run(notices)
    return 0


def _list(notices: Notices) -> None:
    from chatbot.lab.quirks.table import QUIRKS
    from chatbot.lab.scenarios import SCENARIOS

    width = max(len(scenario.name) for scenario in SCENARIOS)
    lines = []
    for scenario in SCENARIOS:
        lines += [f"lab/{scenario.name:<{width}}  {scenario.happens}", f"    {'':<{width}}  {scenario.teaches}"]
    width = max(len(quirk.name) for quirk in QUIRKS)
    lines += ["", "Quirks, for chat lab serve --quirk NAME:"]
    lines += [f"{quirk.name:<{width}}  {quirk.happens}" for quirk in QUIRKS]
    stdio.write_answer("".join(f"{line}\n" for line in lines).encode())


def _quirk(name: str) -> "Quirk":
    """The quirk of that name. Raises UsageError, with the nearest names, where there is none."""
    from chatbot.lab.quirks.table import BY_NAME

    if name not in BY_NAME:
        near = likeliest(name, BY_NAME)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"the lab has no quirk {name}{meant}", advice="chat lab list shows them all.")
    return BY_NAME[name]


def _serve(notices: Notices, options: Serving) -> None:
    from chatbot.cli.output.cassette import read_cassette
    from chatbot.lab.recorded import replayed
    from chatbot.lab.server.http import LabServer

    quirks = [_quirk(name) for name in options.quirk]
    stop: SimpleQueue[None] = SimpleQueue()  # its put may be called in a signal handler
    with Interrupts() as interrupts:
        interrupts.wake = lambda: stop.put(None)
        recorded = replayed(read_cassette(options.replay)) if options.replay else None
        try:
            with LabServer(
                options.port, log=lambda line: notices.write(line + "\n"), recorded=recorded, quirks=quirks
            ) as server:
                notices.tell(
                    [
                        f"the lab listens at {server.url} ; Ctrl-C ends it",
                        f"OpenAI:     {server.url}/v1  (Chat Completions, and Responses with --api responses)",
                        f"Anthropic:  {server.url}",
                        f"Gemini:     {server.url}/v1beta",
                        f'for example: chat --base-url {server.url}/v1 -m guide "hello"',
                    ]
                )
                stop.get()
        except OSError as error:
            raise ConfigurationError(
                f"port {options.port} cannot be used: {os.strerror(error.errno or 0).lower()}",
                advice="Choose another with --port.",
            ) from error


def _render(notices: Notices, file: str, options: Rendering) -> None:
    from chatbot.cli.render import render

    render(Path(file), options.seed, options.rate, notices)


DECLARED = Group(
    (
        Command("list", "Shows the scenarios: each is a model, asked with chat -m lab/NAME.", _list),
        Command("serve", "Serves the lab for other clients until Ctrl-C.", _serve, groups=(Serving,)),
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
