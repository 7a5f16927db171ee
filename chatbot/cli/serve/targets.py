"""Which provider a model's name means, found once for each name."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from chatbot.cli.ask.target import choose_target
from chatbot.cli.models.asking import ask_all, from_servers, set_up_services
from chatbot.core.errors import ChatError
from chatbot.core.request import Transport
from chatbot.core.retry import RetryPolicy
from chatbot.options.chat import Connection, Who
from chatbot.providers import services
from chatbot.providers.choice import ModelTarget, spoken_name
from chatbot.providers.wires.base import Provider
from chatbot.providers.wires.lookup import provider_for
from chatbot.records import NamedTuple
from chatbot.session import Session
from chatbot.terminal.notices import Notices

USUAL = "chat"  # the name of the usual model
_MOST_KEPT = 256


class Target(NamedTuple):
    """Who is asked, as which model, and what writes and reads its wire format."""

    chosen: ModelTarget
    model: str
    provider: Provider

    @property
    def name(self) -> str:
        """What `-m` is given for it."""
        return spoken_name(self.chosen.service, self.model)

    def session(self, transport: Transport) -> Session:
        """What asks it once: the client tries again, if anybody does."""
        return Session(self.provider, transport, RetryPolicy(max_retries=0), time.monotonic, time.time, random.random)


class Targets:
    """`usual` is what `-m` says. `open_things` close when the server ends; `transport` is for the list of models of a
    service whose first one is taken.
    """

    def __init__(
        self,
        usual: str | None,
        connection: Connection,
        notices: Notices,
        open_things: ExitStack,
        transport: Callable[[str], Transport],
    ) -> None:
        self._usual = usual
        self._connection = connection
        self._notices = notices
        self._open_things = open_things
        self._transport = transport
        self._lock = threading.Lock()
        self._found: dict[str, Target] = {}
        self._lab: ModelTarget | None = None

    def find(self, name: str) -> Target:
        """Who is meant by a model's name; an empty one, and `chat`, mean the usual model. Raises ChatError."""
        name = "" if name == USUAL else name
        if found := self._found.get(name):
            return found
        with self._lock:
            if found := self._found.get(name):
                return found
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            found = self._found[name] = self._new(name)
        return found

    def _new(self, name: str) -> Target:
        meant = name or self._usual
        if self._lab and meant and meant.startswith("lab/"):  # one lab is enough
            target = self._lab._replace(model=meant.removeprefix("lab/"))
        else:
            target = choose_target(Who(models=(meant,) if meant else ()), self._connection, self._open_things)
        if target.service.source == services.LAB:
            self._lab = target
        self._notices.hide(target.secrets)
        for remark in target.remarks:
            self._notices.warn(remark)
        provider = provider_for(target.service, target.endpoint)
        found = Target(target, target.model or "", provider)
        if found.model:
            return found
        models = found.session(self._transport(target.service.name)).models()
        return found._replace(model=models[0].name if models else "")

    def names(self) -> list[str]:
        """What can be asked, by the lists of all services that are set up; the usual model first."""
        usual = self.find("")
        asked = from_servers(self._connection, self._notices)
        set_up = [] if self._connection.base_url else list(set_up_services(self._connection, self._open_things))
        targets = [usual.chosen, *(each for _, each in set_up if not isinstance(each, ChatError))]
        by_service = {target.service.name: target for target in reversed(targets)}
        found = [USUAL, usual.name]
        for outcome in ask_all(list(reversed(by_service.values())), asked, refresh=False):
            models = outcome.found.kept.models if outcome.found else ()
            found += [spoken_name(outcome.target.service, model.name) for model in models]
        return list(dict.fromkeys(found))
