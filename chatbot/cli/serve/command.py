"""`chat serve`: any provider, for programs that speak to OpenAI."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
import secrets
from contextlib import ExitStack
from typing import Annotated
from urllib.parse import urlsplit

from chatbot.cli.command_line.declared import Command
from chatbot.cli.route import chosen_route, settled
from chatbot.core.addresses import is_loopback
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.options.chat import Connection
from chatbot.options.common import model_choice, port_choice
from chatbot.options.declared import Choice, chosen
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

DEFAULT_PORT = 8787
TOKEN_VARIABLE = "CHAT_SERVE_TOKEN"
_LEAST_TOKEN_CHARS = 16


class Serving(NamedTuple):
    """Options"""

    model: Annotated[str | None, model_choice("The usual model: of programs that name none, or the model chat.")] = None
    port: Annotated[int, port_choice("The port", DEFAULT_PORT)] = DEFAULT_PORT
    host: Annotated[
        str, Choice("The address to listen at, usually 127.0.0.1; any other needs --token.", metavar="ADDRESS")
    ] = "127.0.0.1"
    token: Annotated[
        bool, Choice(f"Answer only who knows a token: {TOKEN_VARIABLE}, or one that is made and shown once.")
    ] = False
    cors: Annotated[
        tuple[str, ...], Choice("Let the web pages of this origin ask, too; repeatable.", metavar="ORIGIN")
    ] = ()
    verbose: Annotated[
        int,
        Choice(
            "Show what the app sent beside what the provider got, on stderr; -vv with headers.",
            flags=("--verbose", "-v"),
        ),
    ] = 0


def serve(argv: list[str], notices: Notices) -> int:
    """Serves until Ctrl-C."""
    from chatbot.cli.command_line.parsing import parse

    said = parse(DECLARED, argv, "chat serve")
    if said is not None:
        DECLARED.run(notices, chosen(Serving, said), settled(chosen(Connection, said, os.environ)))
    return 0


def _serve(notices: Notices, options: Serving, connection: Connection) -> None:
    from chatbot.cli.passing.listening import listen
    from chatbot.cli.passing.tally import Tally
    from chatbot.cli.passing.upstreams import Upstreams
    from chatbot.cli.serve.access import Access
    from chatbot.cli.serve.relay import Relay
    from chatbot.cli.serve.targets import USUAL, Targets
    from chatbot.cli.serve.view import View
    from chatbot.lab.server.listener import HttpServer, url_at
    from chatbot.outside.http.listening import reached_at
    from chatbot.outside.http.transport import IDLE_TIMEOUT_S, LiveTransport

    token, is_new = _token(options)
    is_here = is_loopback(options.host)
    access = Access(token, tuple(map(_origin, options.cors)), checks_host=is_here)
    route, timeout_s = chosen_route(connection, notices), connection.timeout or IDLE_TIMEOUT_S
    with ExitStack() as open_things:
        tally = open_things.enter_context(Tally("serve", notices))
        upstreams = Upstreams(lambda: LiveTransport(os.environ, route=route, idle_timeout_s=timeout_s), tally.add)
        open_things.callback(upstreams.close)
        targets = Targets(options.model, connection, notices, open_things, upstreams.alone)
        usual = targets.find("")
        view = View(notices, options.verbose)
        relay = Relay(targets, upstreams, access, view)

        def tell(server: HttpServer) -> None:
            view.url = url_at(reached_at(options.host), server.port)
            others = "any other name goes there too" if connection.base_url else "any other is provider/model"
            lines = [
                f"serves at {view.url}/v1 ; Ctrl-C ends it",
                f"the usual model is {usual.name}, also called {USUAL}; {others}",
                f"in your program: OPENAI_BASE_URL={view.url}/v1 OPENAI_API_KEY={'the token' if token else 'none'}",
            ]
            if is_new:
                lines.append("the token, shown this once, is")
            notices.tell(lines)
            if is_new:
                notices.write(f"      {token}\n")
            notices.hide([token] if token else [])
            if _has_budget():
                notices.warn("a budget does not hold for what is served here: what it costs is not known in time")
            if not is_here:
                notices.warn("whoever hears the network can read questions, answers and the token: it is not encrypted")

        listen(lambda: HttpServer(options.host, options.port, relay.handler), options.port, tell)


def _has_budget() -> bool:
    """Whether the person set one."""
    from chatbot.cli.settings.loading import load_settings

    settings = load_settings()
    sections = (settings.top, *settings.providers.values())
    return bool(os.environ.get("CHAT_BUDGET")) or any("budget" in section for section in sections)


def _token(options: Serving) -> tuple[str, bool]:
    """The token, empty where none is wanted; whether it was made just now. Raises UsageError or ConfigurationError."""
    own = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not options.token and not is_loopback(options.host):
        raise UsageError(
            f"at {options.host}, other machines could spend your money",
            advice="Add --token: only who knows it is answered.",
        )
    if not options.token:
        return "", False
    if own and (len(own) < _LEAST_TOKEN_CHARS or not own.isascii() or not own.isprintable() or " " in own):
        raise ConfigurationError(
            f"{TOKEN_VARIABLE} is no token that can be used: it has {_LEAST_TOKEN_CHARS} characters or more, no blank",
            advice="Unset it: then a token is made, and shown once.",
        )
    return (own, False) if own else (secrets.token_urlsafe(24), True)


def _origin(text: str) -> str:
    """An origin as browsers send it. Raises UsageError."""
    text = text.strip().rstrip("/")
    parts = urlsplit(text)
    if not parts.scheme or not parts.netloc or parts.path or parts.query or "*" in text:
        raise UsageError(
            f"--cors wants the origin of a web page, not {text}", advice="For example: --cors http://localhost:3000"
        )
    return text.lower()


DECLARED = Command(
    "serve",
    "Serves any provider to programs that speak to OpenAI, until Ctrl-C. Keys stay here: programs need none.",
    _serve,
    groups=(Serving, Connection),
    in_variables=(Connection,),
    without=("header", "max_time", "max_retries", "no_stream"),
    epilog="For example: chat serve -m anthropic/claude-sonnet-4-5",
)
