"""The values that are looked up at a Tab: on this computer only, and without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from chatbot.core.errors import ChatError
from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from chatbot.options.settings.settings import Settings

_NEWEST = 100


class Offer(NamedTuple):
    """A word, and what is said of it. After one that ends with `/` more may follow."""

    text: str
    about: str = ""


def models() -> Iterator[Offer]:
    """The models that are known here: by their aliases, of the lists that are kept, those that services take where none
    is named, and the lab's.
    """
    from chatbot.cli.model_lists import names_kept
    from chatbot.lab.scenarios import SCENARIOS
    from chatbot.providers.services import LAB, SERVICES

    yield from (Offer(alias, f"the alias of {model}") for alias, model in _settings().aliases.items())
    yield from map(Offer, names_kept())
    for service in SERVICES:
        if service.source != LAB:
            yield Offer(f"{service.name}/{service.default_model or ''}", service.title)
    yield from (Offer(f"lab/{scenario.name}", scenario.happens) for scenario in SCENARIOS)


def providers() -> Iterator[Offer]:
    """The services."""
    from chatbot.providers.services import SERVICES

    return (Offer(service.name, service.title) for service in SERVICES if not service.name.startswith("lab-"))


def templates() -> Iterator[Offer]:
    """The names of the templates, also of those with a mistake."""
    from chatbot.cli.templates import template_folder

    return map(Offer, template_folder().names())


def conversations() -> Iterator[Offer]:
    """The newest conversations, each with its first question."""
    from chatbot.cli.history import history_folder
    from chatbot.outside.history.glance import newest_conversations

    return (Offer(*row) for row in newest_conversations(history_folder(), _NEWEST))


def exchanges() -> Iterator[Offer]:
    """The exchanges that are kept, each with its model and its end."""
    from chatbot.cli.history import history_folder
    from chatbot.outside.history.glance import newest_exchanges

    return (Offer(*row) for row in newest_exchanges(history_folder(), _NEWEST))


def settings() -> Iterator[Offer]:
    """The names of the settings file."""
    from chatbot.options.chat import SETTINGS

    yield from (Offer(option.key.replace("_", "-"), option.choice.help) for option in SETTINGS)
    yield from (Offer(f"aliases.{alias}", model) for alias, model in _settings().aliases.items())


def _settings() -> Settings:
    """Those of the settings file; where something is wrong in it, none."""
    from chatbot.cli.settings.loading import load_settings
    from chatbot.options.settings.settings import Settings

    try:
        return load_settings()
    except ChatError:
        return Settings()


def shells() -> Iterator[Offer]:
    """The shells that can be helped."""
    from chatbot.cli.completion.scripts import SCRIPTS

    return map(Offer, SCRIPTS)


def tools() -> Iterator[Offer]:
    """The tools that are built in."""
    from chatbot.cli.tools.named import NAMES

    return map(Offer, NAMES)


def mcp_servers() -> Iterator[Offer]:
    """The MCP servers that files name."""
    from chatbot.cli.mcp.configured import folder_servers, own_servers

    return (Offer(name) for servers in (own_servers(), folder_servers()) for name in servers)


SOURCES: Mapping[str, Callable[[], Iterable[Offer]]] = {
    "models": models,
    "providers": providers,
    "templates": templates,
    "conversations": conversations,
    "exchanges": exchanges,
    "settings": settings,
    "shells": shells,
    "tools": tools,
    "mcp_servers": mcp_servers,
}
