"""Whether services accept the keys: one request for the list of models a key, all at the same time."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from chatbot.cli.cost.booking import booked
from chatbot.cli.keys.listing import ListedKey, Listing
from chatbot.cli.settings.own_providers import own_table
from chatbot.core.errors import (
    ChatError,
    ConfigurationError,
    KeyRejected,
    PermissionRefused,
    ProgramFault,
    QuotaExhausted,
)
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import USUAL_ROUTE, Route, Transport
from chatbot.core.retry import RetryPolicy
from chatbot.providers.choice import ModelRequest, ModelTarget, choose, find_service, key_names
from chatbot.providers.wires.lookup import provider_for
from chatbot.records import NamedTuple
from chatbot.session import Session
from chatbot.terminal.notices import Notices

ACCEPTED, REJECTED, NO_QUOTA, UNREACHABLE, UNTESTED = "accepted", "rejected", "no quota", "unreachable", "not tested"
_EXIT_CODES = {REJECTED: 77, UNREACHABLE: 69, UNTESTED: 78, NO_QUOTA: 1}  # the first that is found
_CONNECT_TIMEOUT_S, _SILENCE_S, _LIMIT_S = 5.0, 10.0, 30.0


class KeyCheck(NamedTuple):
    """What became of the request: the state, why, at which host, and after how many seconds."""

    name: str
    service: str
    state: str
    why: str = ""
    host: str = ""
    seconds: float = 0.0
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"KeyCheck({self.name}, {self.state})"


def check_keys(
    listing: Listing, notices: Notices, names: Iterable[str] = (), route: Route = USUAL_ROUTE
) -> Iterator[KeyCheck]:
    """Each key of the listing, or each of these variables, in its order; a key goes to its own service alone.

    Key commands and the keyring are asked one after the other. `secrets` are for the redactor: `why` may have the
    service's own words.
    """
    wanted = set(names)
    chosen = [key for key in listing.keys if not wanted or key.name in wanted]
    pending: list[KeyCheck | SimpleQueue[KeyCheck]] = [_begun(key, listing, route, notices) for key in chosen]
    until_s = time.monotonic() + _LIMIT_S
    for key, result in zip(chosen, pending, strict=True):
        if isinstance(result, KeyCheck):
            yield result
            continue
        try:
            yield result.get(timeout=max(0.0, until_s - time.monotonic()))
        except Empty:
            yield KeyCheck(key.name, key.service.name, UNREACHABLE, f"no answer within {_LIMIT_S:.0f} s")


def exit_code(tested: Iterable[KeyCheck]) -> int:
    """0 where every key is accepted."""
    states = {key.state for key in tested}
    return next((code for state, code in _EXIT_CODES.items() if state in states), 0)


def _begun(key: ListedKey, listing: Listing, route: Route, notices: Notices) -> KeyCheck | SimpleQueue[KeyCheck]:
    """Where the result will be; or the result, where nothing can be sent."""
    try:
        target = _target(key, listing)
        if target.service.key_path == "":
            return KeyCheck(key.name, target.service.name, UNTESTED, "its list of models is open to anybody")
        target = target.with_key()
    except ConfigurationError as error:
        why = f"{error}: {error.said}" if error.said else str(error)
        return KeyCheck(key.name, key.service.name, UNTESTED, why)
    results: SimpleQueue[KeyCheck] = SimpleQueue()
    on_close = booked("key test", target.service.name, notices)
    work = partial(_asked, key, target, route, on_close)
    threading.Thread(target=lambda: results.put(work()), daemon=True, name="chat-key-test").start()
    return results


def _target(key: ListedKey, listing: Listing) -> ModelTarget:
    """Where this key goes, as if no other were set. Raises ConfigurationError where it must not go anywhere."""
    others = key_names(own_table()) - {key.name}
    alone = {name: found for name, found in listing.variables.items() if name not in others and name[:5] != "CHAT_"}
    found, _ = find_service(ModelRequest(), alone)  # of several with this key the one that has an address
    service = found if found and key.name in {own.name for own in found.keys} else key.service
    return choose(service._replace(model_required=False), None, ModelRequest(), alone)


def key_session(target: ModelTarget, transport: Transport) -> Session:
    """What asks the service for what only a good key may read, and does not ask twice."""
    provider = provider_for(target.service, target.endpoint)
    provider.models_path = target.service.key_path or provider.models_path
    return Session(provider, transport, RetryPolicy(), time.monotonic, time.time, random.random)


def _asked(
    key: ListedKey, target: ModelTarget, route: Route, on_close: Callable[[tuple[Traffic, ...]], None]
) -> KeyCheck:
    from chatbot.outside.http.transport import LiveTransport

    transport = LiveTransport(
        os.environ,
        route=route,
        idle_timeout_s=_SILENCE_S,
        connect_timeout_s=_CONNECT_TIMEOUT_S,
        on_close=on_close,
    )
    session = key_session(target, transport)
    host, began_s = urlsplit(target.endpoint.base_url).netloc.rpartition("@")[2], time.monotonic()
    state, why = ACCEPTED, ""
    try:
        session.models()
    except (KeyRejected, PermissionRefused) as error:
        state, why = REJECTED, error.said or str(error)
    except QuotaExhausted as error:
        state, why = NO_QUOTA, error.said or str(error)
    except ChatError as error:
        state, why = UNREACHABLE, str(error)
    except Exception as error:  # a thread that ends without a word would be waited for
        state, why = UNREACHABLE, str(ProgramFault(f"a fault of chat itself: {type(error).__name__}"))
    finally:
        transport.close()
    seconds = round(time.monotonic() - began_s, 3)
    return KeyCheck(key.name, target.service.name, state, why, host, seconds, target.secrets)
