"""Each service that could be asked: its name, its connection, its certificate, its list of models, and its clock."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from chatbot.cli.cost.booking import booked
from chatbot.cli.doctor.connection import connection_of, route_of
from chatbot.cli.doctor.looking import Check, Looking, findings
from chatbot.cli.keys.checking import key_session
from chatbot.cli.keys.listing import list_keys
from chatbot.cli.settings.loading import load_settings, with_settings
from chatbot.cli.settings.own_providers import listening_url, service_table
from chatbot.core.amounts import step_words
from chatbot.core.checkup.finding import NET, Finding, fault, of_error, warning
from chatbot.core.errors import ChatError, NoKey, RequestRefused, TlsFailed, UnknownModel
from chatbot.core.http.exchange import Exchange
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import HttpRequest, Route
from chatbot.outside.environment import read_variables
from chatbot.outside.http.certificate import Shown, shown_by
from chatbot.outside.http.observed import LiveExchange, Observer, observed
from chatbot.outside.http.proxies import proxy_for, proxy_name
from chatbot.outside.http.transport import LiveTransport
from chatbot.providers import services
from chatbot.providers.choice import ModelRequest, ModelTarget, choose, variable_names
from chatbot.records import NamedTuple

_CONNECT_WITHIN_S, _ANSWER_WITHIN_S, _LIMIT_S = 4.0, 8.0, 20.0
_MOST_SKEW_S = 120.0
_TRANSPORT = partial(LiveTransport, os.environ, connect_timeout_s=_CONNECT_WITHIN_S)


class Answered(NamedTuple):
    """What came of one request for the list of models: its exchange, and how many names or which error."""

    exchange: Exchange
    names: int = 0
    error: ChatError | None = None


def all_services(looking: Looking) -> Iterator[Finding]:
    """All of them at the same time, and none for longer than there is patience. A key goes to its own service alone."""
    route = route_of(looking)
    chosen = connection_of(looking)
    silence_s, limit_s = chosen.timeout or _ANSWER_WITHIN_S, chosen.max_time or _LIMIT_S
    results: list[tuple[str, SimpleQueue[list[Finding]]]] = []
    for target in _targets():
        if isinstance(target, Finding):
            yield target
            continue
        looking.notices.hide(target.secrets)
        queue: SimpleQueue[list[Finding]] = SimpleQueue()
        check = Check("", target.service.title, partial(_looked_at, target, route, min(silence_s, _ANSWER_WITHIN_S)))
        work = partial(_put_findings, check, looking, queue)
        threading.Thread(target=work, daemon=True, name="chat-doctor").start()
        results.append((target.service.title, queue))
    until_s = time.monotonic() + limit_s
    for title, queue in results:
        try:
            yield from queue.get(timeout=max(0.0, until_s - time.monotonic()))
        except Empty:
            yield fault(
                f"{title}: there was no answer within {limit_s:g} s", "Check the network, or ask again later.", NET
            )
    if not results:
        yield Finding("no service has a key here, and no local server listens: nobody is asked")


def _put_findings(check: Check, looking: Looking, queue: SimpleQueue[list[Finding]]) -> None:
    queue.put(list(findings(check, looking)))


def _targets() -> Iterator[ModelTarget | Finding]:
    """The services with a key, and the local servers that listen; or why one cannot be asked. Raises ConfigurationError
    for broken settings: they may say where a key belongs.
    """
    table, _ = service_table()
    listing = list_keys()
    others, _ = read_variables(os.environ, variable_names(table))
    variables = with_settings({**others, **listing.variables}, load_settings())
    with_key = {row.name for row in table.rows for key in row.keys if key.name in variables}
    for row in table.rows:
        is_here = row.probe and listening_url(row)
        if row.source == services.LAB or not (row.name in with_key or is_here):
            continue
        if not row.base_url and not any(url.name in variables for url in row.urls):
            continue  # Azure's other row, without an address
        try:
            plain = row._replace(model_required=False)
            yield choose(plain, None, ModelRequest(), variables).with_key()
        except NoKey:
            continue
        except ChatError as error:
            yield of_error(error)


def _looked_at(target: ModelTarget, route: Route, silence_s: float, looking: Looking) -> Iterator[Finding]:
    title, url = target.service.title, target.endpoint.base_url
    answered = _list_of_models(target, route, silence_s, booked("doctor", target.service.name, looking.notices))
    place = urlsplit(url).netloc
    proxy = proxy_for(url, route)
    through = f" through the proxy {proxy_name(proxy)}" if proxy else ""
    error = answered.error
    if isinstance(error, UnknownModel | RequestRefused) and error.status == 404:
        yield warning(
            f"{title} at {place}{through} gives no list of models", "Check the base URL; name models with -m."
        )
    elif error is not None:
        yield _prefixed(of_error(error), title)
    else:
        told = "the key is accepted" if target.service.key_path else f"{answered.names} models"
        yield Finding(f"{title} at {place}{through}: {told}; {_steps(answered.exchange)}")
    if url.startswith("https:") and (answered.exchange.status is not None or isinstance(error, TlsFailed)):
        yield from _certificate(title, url, proxy, is_trusted=answered.exchange.status is not None)
    if skew := _skew_s(answered.exchange):
        yield warning(
            f"this computer's clock differs from that of {title} by {abs(skew):.0f} s",
            "Set the clock: a wrong one makes certificates and logins fail.",
        )


def _list_of_models(
    target: ModelTarget, route: Route, silence_s: float, on_close: Callable[[tuple[Traffic, ...]], None]
) -> Answered:
    transport = _TRANSPORT(route=route, idle_timeout_s=silence_s, on_close=on_close)
    begun: list[LiveExchange] = []

    def begin(request: HttpRequest) -> LiveExchange:
        exchange = Exchange("", 1, time.time(), "", "", "", request.method, request.url, (), request.body)
        begun.append(LiveExchange(exchange, transport.facts))
        return begun[-1]

    session = key_session(target, observed(transport, Observer(begin), time.monotonic))
    try:
        names = session.models()
        return Answered(begun[0].record(), len(names))  # later pages come through the same connection
    except ChatError as error:
        return Answered(begun[-1].record(), error=error)
    finally:
        transport.close()


def _steps(exchange: Exchange) -> str:
    """How long each step took, after the one before."""
    moments, connection = exchange.moments, exchange.connection
    steps = [
        ("name", moments.looked_up_ms),
        ("connection", moments.connected_ms),
        (connection.tls.split(" ")[0] or "tunnel", moments.secured_ms),
        ("answer", moments.answered_ms),
    ]
    said, before_ms = [], 0.0
    for name, at_ms in steps:
        if at_ms is not None:
            said.append(f"{name} {step_words(at_ms - before_ms)}")
            before_ms = at_ms
    return ", ".join(said)


def _certificate(title: str, url: str, proxy: str, *, is_trusted: bool) -> Iterator[Finding]:
    split = urlsplit(url)
    try:
        shown = shown_by(split.hostname or "", split.port or 443, proxy, _CONNECT_WITHIN_S)
    except (OSError, http.client.HTTPException):
        return  # the request says why
    yield judged(title, shown, is_trusted=is_trusted)


def judged(title: str, shown: Shown, *, is_trusted: bool) -> Finding:
    """What a certificate means: one of no public authority is of a server of one's own, or of a proxy on the way."""
    issuer = shown.issuer or "nobody that can be read"
    if shown.is_public:
        return Finding(f"{title}: certificate by {issuer}")
    if is_trusted:
        return warning(
            f"{title}: certificate by {issuer}, no public authority: a server of one's own, or a proxy reading along",
            "It is trusted, because its authority is; where that is not meant, ask who runs the network.",
        )
    return fault(
        f"{title}: certificate by {issuer}, which is not trusted: a server of one's own, or a proxy in between",
        "Where that is meant: --cacert FILE with its authority, or CHAT_CA=system .",
        NET,
    )


def _skew_s(exchange: Exchange) -> float:
    """By how much the server's clock is ahead; 0 where it is not worth a word."""
    try:
        skew = parsedate_to_datetime(exchange.header("date")).timestamp() - exchange.started_s
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return skew if abs(skew) > _MOST_SKEW_S else 0.0


def _prefixed(finding: Finding, title: str) -> Finding:
    return finding if title in finding.text else finding._replace(text=f"{title}: {finding.text}")
