"""`chat relay`: writes a relay that runs at the edge, for apps that must not have the key."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.output.written import write_output
from chatbot.cli.relay.files import Platform, Relay, relay_files
from chatbot.core.addresses import base_url
from chatbot.core.errors import ConfigurationError, OutputUnwritable, UsageError
from chatbot.options.common import model_choice, provider_choice
from chatbot.options.declared import Choice
from chatbot.outside.files.reading import display_name
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

DEFAULT_TOKENS, DEFAULT_BODY_BYTES = 1024, 262_144


class Relaying(NamedTuple):
    """Options"""

    model: Annotated[tuple[str, ...], model_choice("A model that may be asked; repeatable.")] = ()
    provider: Annotated[str | None, provider_choice("The service, where no model names it.")] = None
    base_url: Annotated[str | None, Choice("Where the service is, if not at its own address.", metavar="URL")] = None
    max_tokens: Annotated[
        int, Choice(f"The longest answer, usually {DEFAULT_TOKENS} tokens.", metavar="TOKENS", least=1)
    ] = DEFAULT_TOKENS
    max_body: Annotated[
        int, Choice(f"The longest request, usually {DEFAULT_BODY_BYTES} bytes.", metavar="BYTES", least=1)
    ] = DEFAULT_BODY_BYTES


def relay(argv: list[str], notices: Notices) -> int:
    """Writes the files of a relay."""
    if run := run_one_of(DECLARED, argv, "chat relay"):
        run(notices)
    return 0


def _write(platform: Platform, notices: Notices, folder: str, options: Relaying) -> None:
    place = Path(folder)
    texts = relay_files(platform, _relay(options))
    if there := next((name for name in texts if (place / name).exists() or (place / name).is_symlink()), None):
        raise UsageError(
            f"{display_name(place / there)} is there already", advice="Choose another folder: nothing is overwritten."
        )
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(f"{display_name(place)} cannot be made: {error.strerror}") from error
    with ExitStack() as written:
        for name, text in texts.items():
            write_output(place / name, [text.encode()])
            written.callback((place / name).unlink)
        written.pop_all()  # all of them, or none
    notices.tell(
        [f"written into {display_name(place)}: {', '.join(texts)}", f"how it goes on: {display_name(place)}/README.md"]
    )


def _relay(options: Relaying) -> Relay:
    """What the relay is in front of. Raises UsageError, ConfigurationError."""
    from chatbot.cli.settings.own_providers import service_table
    from chatbot.providers.choice import ModelRequest, find_service

    table, _ = service_table()
    at = base_url(options.base_url, "--base-url") if options.base_url else None
    found = [find_service(ModelRequest(options.provider, name, at), {}, table) for name in options.model or (None,)]
    services = {service.name: service for service, _ in found if service}
    if not services:
        raise UsageError("which service is it for?", advice="For example: chat relay cloudflare DIR -m openai/gpt-5.4")
    if len(services) > 1:
        raise UsageError(f"a relay is for one service, not for {' and '.join(services)}", advice="Write one for each.")
    [service] = services.values()
    models = tuple(model or service.default_model or "" for _, model in found)
    if not all(models):
        raise UsageError(f"which models of {service.title} may be asked?", advice="Name each with -m.")
    if bad := next((name for name in models if "," in name), None):
        raise UsageError(f"{bad} has a comma, which stands between models")
    if service.wire != "openai":
        raise UsageError(
            f"{service.title} does not speak Chat Completions here, as a relay does",
            advice="chat serve translates for it; a compatible address of its own can be named with --base-url.",
        )
    upstream = at or service.base_url
    if not upstream:
        raise ConfigurationError(f"where {service.title} is has to be said", advice="Name it with --base-url.")
    key = service.keys[0] if service.keys else None
    return Relay(
        upstream, models, options.max_tokens, options.max_body, service.token_limit_field,
        (key.header if key else "Authorization").lower(),
        f"the key of {service.title}" + (f", see {service.key_page}" if service.key_page else ""),
        service.title,
    )  # fmt: skip


_FOLDER = (Positional("folder", "DIR", "The folder for its files, which is made.", required=True),)
DECLARED = Group(
    (
        Command(
            "cloudflare", "Writes a relay for Cloudflare Workers.", partial(_write, "cloudflare"), _FOLDER, (Relaying,)
        ),
        Command(
            "deno", "Writes a relay for Deno, here or on Deno Deploy.", partial(_write, "deno"), _FOLDER, (Relaying,)
        ),
    ),
    "A relay at the edge: apps ask it with a token, and the provider's key stays there.",
)
