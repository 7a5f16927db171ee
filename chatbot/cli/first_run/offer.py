"""The ways to begin, on one screen; each leads on to the question, or to the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chatbot.cli.asking_back import Left, typed_line
from chatbot.cli.first_run.key import paste_key
from chatbot.cli.first_run.local import use_local
from chatbot.cli.settings.own_providers import listening_url, own_table
from chatbot.core.errors import ChatError, NothingSetUp
from chatbot.core.request import Route
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Way(NamedTuple):
    """`go` returns the name of the service to ask, or None where the person is asked again."""

    words: str
    go: Callable[[], str | None]


def chosen_service(notices: Notices, route: Route, nothing: NothingSetUp) -> str:
    """The name of the service that the person takes. Raises `nothing` when they leave."""
    notices.write("\n")
    notices.page(["Nothing is set up yet; choose one:", ""])
    try:
        while True:
            ways = _ways(notices, route)
            for number, way in enumerate(ways, 1):
                notices.listed(f"{number}", way.words)
            notices.write("\n")
            name = _taken(ways, notices)
            notices.write("\n")
            if name is not None:
                return name
    except (Left, KeyboardInterrupt):
        notices.write("\n")
        raise nothing from None


def _ways(notices: Notices, route: Route) -> list[Way]:
    """What is there now: a server may be started meanwhile."""
    local = [row for row in own_table().rows if row.probe and listening_url(row)]
    here = [Way(f"use {row.title}, which runs on this computer", partial(use_local, row, notices)) for row in local]
    none = Way("use a local server: start Ollama, LM Studio or llama.cpp, then choose this", lambda: None)
    return [
        Way("paste a key of OpenAI, Anthropic, Gemini or another service", lambda: paste_key(notices, route)),
        *(here or [none]),
        Way("try without either: the lab, which is part of chat and answers offline", lambda: "lab"),
    ]


def _taken(ways: list[Way], notices: Notices) -> str | None:
    numbers = [str(number) for number in range(1, len(ways) + 1)]
    prompt = f"{', '.join(numbers[:-1])} or {numbers[-1]} (Ctrl-C leaves): "
    while (answer := typed_line(prompt, notices).strip(" .")) not in numbers:
        pass
    try:
        return ways[int(answer) - 1].go()
    except ChatError as error:
        notices.tell([str(error), *filter(None, error.advice.splitlines())])
        return None
