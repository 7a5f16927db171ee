"""Asking services for their models: one, or all that are set up, at the same time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from queue import SimpleQueue

from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.cost.booking import booked
from chatbot.cli.model_lists import FoundList, find_list
from chatbot.cli.route import chosen_route
from chatbot.cli.settings.loading import load_settings
from chatbot.cli.settings.own_providers import listening_url, own_table
from chatbot.core.errors import ChatError, NoKey
from chatbot.core.models.listed import ListedModel
from chatbot.core.retry import RetryPolicy
from chatbot.options.chat import Connection, Who
from chatbot.options.settings.settings import Settings
from chatbot.outside.background import next_in
from chatbot.providers import services
from chatbot.providers.choice import ModelTarget
from chatbot.providers.service import Service
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

_SILENCE_S = 15.0  # a list comes at once, or not at all


class Outcome(NamedTuple):
    """What became of asking a service: its list, or the error."""

    target: ModelTarget
    found: FoundList | None
    error: ChatError | None = None


def set_up_services(connection: Connection, open_things: ExitStack) -> Iterator[tuple[str, ModelTarget | ChatError]]:
    """The services that have their key, and the local servers that run or have an address, by their names; the error
    where one is set up in a wrong way.
    """
    settings = load_settings()
    for service in own_table().rows:
        if service.source == services.LAB or service.name == "custom":
            continue
        if not service.key_required and not _is_there(service, settings):
            continue
        try:
            yield (
                service.name,
                choose_target(
                    Who(provider=service.name), connection, open_things, Wanted(lists=True, with_key=False), settings
                ),
            )
        except NoKey:
            continue
        except ChatError as error:
            if service.base_url is not None:  # whose address is not set is not set up
                yield service.name, error


def _is_there(service: Service, settings: Settings) -> bool:
    """Whether a service that wants no key has an address of the person's, or runs."""
    has_address = any(os.environ.get(url.name, "").strip() for url in service.urls)
    is_set = "base_url" in settings.providers.get(service.name, {})
    return has_address or is_set or (service.probe and listening_url(service) is not None)


Ask = Callable[[ModelTarget], Sequence[ListedModel]]


def ask_all(targets: Sequence[ModelTarget], asked: Ask, *, refresh: bool) -> list[Outcome]:
    """What each service has, in their order. They are asked at the same time, and nothing waits for them at the end."""
    queue: SimpleQueue[tuple[int, Outcome | BaseException]] = SimpleQueue()

    def ask(number: int, target: ModelTarget) -> None:
        try:
            queue.put((number, _outcome(target, asked, refresh)))
        except BaseException as error:  # carried to the main thread
            queue.put((number, error))

    for number, target in enumerate(targets):
        threading.Thread(target=ask, args=(number, target), daemon=True, name="chat-models").start()
    found: dict[int, Outcome] = {}
    for _ in targets:
        number, outcome = next_in(queue)
        if isinstance(outcome, BaseException):
            raise outcome
        found[number] = outcome
    return [found[number] for number in range(len(targets))]


def _outcome(target: ModelTarget, asked: Ask, refresh: bool) -> Outcome:
    try:
        return Outcome(target, find_list(target, lambda: asked(target), refresh=refresh))
    except ChatError as error:
        return Outcome(target, None, error)


def from_servers(connection: Connection, notices: Notices) -> Ask:
    """What asks a server. Raises ConfigurationError for a route that cannot be used."""
    route = chosen_route(connection, notices)
    one_at_a_time = threading.Lock()  # a key command may ask the person; and lean_requests stands in for one thread

    def asked(target: ModelTarget) -> Sequence[ListedModel]:
        import random

        from chatbot.outside.http import lean_requests

        with one_at_a_time:
            lean_requests.load()
            from chatbot.outside.http.transport import LiveTransport
            from chatbot.providers.wires import lookup
            from chatbot.session import Session

            target = target.with_key()
            notices.hide(target.secrets)
        silence_s, on_close = connection.timeout or _SILENCE_S, booked("models", target.service.name, notices)
        transport = LiveTransport(os.environ, route=route, idle_timeout_s=silence_s, on_close=on_close)
        session = Session(
            lookup.provider_for(target.service, target.endpoint),
            transport,
            RetryPolicy(max_retries=0),
            clock=time.monotonic,
            now=time.time,
            random=random.random,
        )
        try:
            return session.detailed_models()
        finally:
            transport.close()

    return asked
