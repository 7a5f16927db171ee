"""`chat lab`: the provider inside this program, for other clients, for learning, and for looking at faults."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

import typer

from chatbot.cli import helped, stdio
from chatbot.core.errors import ConfigurationError
from chatbot.outside.desktop.signals import Interrupts
from chatbot.terminal.notices import Notices

Action = Callable[[Notices], None]

DEFAULT_PORT = 8765


def lab(argv: list[str], notices: Notices) -> int:
    """Runs one of the lab's commands."""
    app = typer.Typer(
        cls=helped.Group,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="A provider inside this program: offline, in three wire formats, with faults on demand.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command("list", cls=helped.Command)(_list)
    app.command("serve", cls=helped.Command)(_serve)
    app.command("render", cls=helped.Command, hidden=True)(_render)
    action = app(args=argv or ["--help"], prog_name="chat lab", standalone_mode=False)
    if not callable(action):  # help was printed
        return 0
    action(notices)
    return 0


def _list() -> Action:
    """Shows the scenarios: each is a model, asked with chat -m lab/NAME."""
    return _show_scenarios


def _serve(
    port: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=65535, help=f"The port on 127.0.0.1, usually {DEFAULT_PORT}; 0 takes a free one."
        ),
    ] = DEFAULT_PORT,
) -> Action:
    """Serves the lab for other clients until Ctrl-C."""
    return lambda notices: _run_server(port, notices)


def _render(
    file: Annotated[Path, typer.Argument(metavar="PATH", help="A Markdown file.")],
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Stream it, cut at random; the same seed, the same cuts.")
    ] = None,
    rate: Annotated[
        float,
        typer.Option(metavar="N", min=1.0, help="Tokens (of four characters) in a second, with --seed; usually 100."),
    ] = 100.0,
) -> Action:
    """Shows a Markdown file as an answer is shown: in one piece, or streamed."""
    from chatbot.cli.render import render

    return lambda notices: render(file, seed, rate, notices)


def _show_scenarios(notices: Notices) -> None:
    del notices
    from chatbot.lab.scenarios import SCENARIOS

    width = max(len(scenario.name) for scenario in SCENARIOS)
    lines = []
    for scenario in SCENARIOS:
        lines += [f"lab/{scenario.name:<{width}}  {scenario.happens}", f"    {'':<{width}}  {scenario.teaches}"]
    stdio.write_answer("".join(f"{line}\n" for line in lines).encode())


def _run_server(port: int, notices: Notices) -> None:
    from chatbot.lab.server.http import LabServer

    stop: SimpleQueue[None] = SimpleQueue()  # its put may be called in a signal handler
    with Interrupts() as interrupts:
        interrupts.wake = lambda: stop.put(None)
        try:
            with LabServer(port, log=lambda line: notices.write(line + "\n")) as server:
                notices.tell(
                    [
                        f"the lab listens at {server.url} ; Ctrl-C ends it",
                        f"OpenAI:     {server.url}/v1",
                        f"Anthropic:  {server.url}",
                        f"Gemini:     {server.url}/v1beta",
                        f'for example: chat --base-url {server.url}/v1 -m guide "hello"',
                    ]
                )
                stop.get()
        except OSError as error:
            raise ConfigurationError(
                f"port {port} cannot be used: {os.strerror(error.errno or 0).lower()}",
                advice="Choose another with --port.",
            ) from error
