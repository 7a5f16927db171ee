"""A document of the public internet by its URL, which may come from anybody: a model, a page, a paste.

A name is resolved here, its addresses are checked, and just these are connected to, again for each redirect: a name
that has another address a moment later (DNS rebinding) leads nowhere else. Nothing goes along that says who asks: no
key, cookie or password, and no proxy, which would resolve the name by itself and stands in a network of its own.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from urllib.parse import urljoin, urlsplit

import requests

from chatbot.core.addresses import is_public
from chatbot.core.amounts import size_words
from chatbot.core.errors import Cancelled, FileUnreadable, NetworkError, TimedOut
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import USUAL_ROUTE, HttpRequest, HttpResponse, Route
from chatbot.outside.background import EventQueue
from chatbot.outside.http.faults import place_of
from chatbot.outside.http.transport import CONNECT_TIMEOUT_S, LiveTransport
from chatbot.records import NamedTuple

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_LOOK_S = 0.1  # how often it is looked whether to stop
_UNNAMED = "application/octet-stream"  # RFC 9110, section 8.3


def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system's resolver gives them. Raises OSError and UnicodeError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class PublicNetwork(NamedTuple):
    """The way to the internet. `resolve` gives the addresses of a host and port, `is_allowed` says to which of them a
    connection may be made. `route` and `environ` say whose certificates are trusted, see LiveTransport; `on_close` is
    told what went to which host.
    """

    resolve: Callable[[str, int], Sequence[str]] = resolved
    is_allowed: Callable[[str], bool] = is_public
    route: Route = USUAL_ROUTE
    environ: Mapping[str, str] = {}
    on_close: Callable[[tuple[Traffic, ...]], None] = lambda traffic: None


class Fetched(NamedTuple):
    """What came. `url` is the one that answered, after the redirects; `media_type` is in lower case, without its
    parameters; `charset` is empty where it was not said. Of a body longer than allowed it has the beginning.
    """

    url: str
    media_type: str
    charset: str
    body: bytes
    is_whole: bool = True


def fetch_public(
    url: str,
    *,
    max_bytes: int,
    within_s: float,
    media_types: Collection[str] = (),
    stopped: Callable[[], bool] = lambda: False,
    network: PublicNetwork = PublicNetwork(),  # noqa: B008  (frozen)
) -> Fetched:
    """The document at an http or https `url`, in at most `within_s` seconds for all of it.

    `media_types` are those that are taken (`text/*` for all of text); any, where there are none.

    Raises FileUnreadable for an address that is not fetched (no public one, a password in it), a status other than
    200, and another media type; NetworkError for what goes wrong on the way; Cancelled once `stopped` is true.
    """
    fetching = _Fetching(network, max_bytes, within_s, media_types)
    events = EventQueue(lambda sleep: fetching.run(url), fetching.end)
    until_s = time.monotonic() + within_s
    try:
        while not stopped():
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise TimedOut(f"{_shown(url)} was not there within {within_s:g} s", advice="Try again later.")
            for found in events.take(min(_LOOK_S, left_s)):
                return found
        raise Cancelled("stopped")
    except NetworkError as error:
        if not isinstance(error, TimedOut):
            error.advice = "Check the address and the network; no proxy is used for it."
        raise
    finally:
        events.give_up()


class _Fetching:
    """One document, in a thread: a look-up of a name cannot be interrupted."""

    def __init__(self, network: PublicNetwork, max_bytes: int, within_s: float, media_types: Collection[str]) -> None:
        self._network = network
        self._max_bytes = max_bytes
        self._within_s = within_s
        self._media_types = media_types
        self._transport: LiveTransport | None = None
        self._is_over = threading.Event()

    def run(self, url: str) -> Iterator[Fetched]:
        """The document, once."""
        for _ in range(MAX_REDIRECTS + 1):
            url = _canonical(url)
            found = self._asked(url)
            if isinstance(found, Fetched):
                yield found
                return
            url = urljoin(url, found)
        raise FileUnreadable(
            f"{_shown(url)} is not fetched: it was redirected more than {MAX_REDIRECTS} times",
            advice="Give the address where it ends.",
        )

    def _asked(self, url: str) -> Fetched | str:
        """The document, or where it is said to be."""
        transport = self._transport = self._transport_to(url)
        try:
            if self._is_over.is_set():
                raise Cancelled("stopped")
            response = transport(HttpRequest("GET", url, {"Accept": ", ".join(self._media_types) or "*/*"}))
            try:
                where = response.headers.get("location") if response.status in _REDIRECTS else None
                return self._taken(url, response) if where is None else where
            finally:
                response.close()
        finally:
            transport.close()

    def end(self) -> None:
        """Ends it from another thread, wherever it is."""
        self._is_over.set()
        if self._transport:
            self._transport.abort()

    def _transport_to(self, url: str) -> LiveTransport:
        route = self._network.route._replace(proxy="", addresses=self._addresses(url), insecure=False)
        return LiveTransport(
            self._network.environ,
            route=route,
            idle_timeout_s=self._within_s,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            on_close=self._network.on_close,
        )

    def _addresses(self, url: str) -> tuple[str, ...]:
        split = urlsplit(url)
        host = split.hostname or ""
        try:
            found = self._network.resolve(host, split.port or {"http": 80}.get(split.scheme, 443))
        except (OSError, UnicodeError) as error:
            raise FileUnreadable(
                f"{_shown(url)} is not fetched: the name {host} cannot be resolved",
                advice="Check its spelling and the network.",
            ) from error
        allowed = tuple(dict.fromkeys(filter(self._network.is_allowed, found)))
        if not allowed:
            raise FileUnreadable(
                f"{_shown(url)} is not fetched: {', '.join(found[:3]) or host} is no address of the public internet",
                advice="What stands in a network of your own is not fetched; save it in a file first.",
            )
        return allowed

    def _taken(self, url: str, response: HttpResponse) -> Fetched:
        if response.status != 200:
            raise FileUnreadable(
                f"{_shown(url)} is not there to fetch: its server answered {response.status} {response.reason}".strip(),
                advice="Check the address.",
            )
        content_type = response.headers.get("content-type", "")
        media_type = content_type.partition(";")[0].strip().lower() or _UNNAMED
        if self._media_types and not _is_among(media_type, self._media_types):
            raise FileUnreadable(
                f"{_shown(url)} is of the type {media_type}, which is not taken",
                advice=f"Taken are {', '.join(self._media_types)}.",
            )
        charset = re.search(r"(?i);\s*charset\s*=\s*[\"']?([\w.:+-]+)", content_type)
        body = bytearray()
        for chunk in response.chunks:
            body += chunk
            if len(body) > self._max_bytes:
                break
        is_whole = len(body) <= self._max_bytes
        return Fetched(url, media_type, charset[1] if charset else "", bytes(body[: self._max_bytes]), is_whole)


def require_whole(fetched: Fetched, max_bytes: int) -> bytes:
    """The body. Raises FileUnreadable where it was longer than that."""
    if not fetched.is_whole:
        raise FileUnreadable(
            f"{_shown(fetched.url)} is too large: at most {size_words(max_bytes)} are fetched",
            advice="Save it in a file, and send the part that matters.",
        )
    return fetched.body


def _canonical(url: str) -> str:
    """The URL as `requests` would ask it, so that it is read once. Raises FileUnreadable for what is not fetched."""
    wrong = ""
    try:
        prepared = requests.Request("GET", url.strip()).prepare().url or ""
        split = urlsplit(prepared)
        if re.search(r"[\\\x00-\x20\x7f-\x9f]", url.strip()):
            wrong = "it holds a blank, a backslash or a control character"
        elif split.scheme not in ("http", "https") or not split.hostname:
            wrong = "only addresses with http:// or https:// are"
        elif "@" in split.netloc:
            wrong = "it holds a name or a password"
    except (requests.RequestException, ValueError, UnicodeError):
        wrong = "it is malformed"
    if wrong:
        raise FileUnreadable(
            f"{_shown(url)} is not fetched: {wrong}", advice="Give an address as https://example.com ."
        )
    return prepared.partition("#")[0]


def _is_among(media_type: str, taken: Collection[str]) -> bool:
    return media_type in taken or media_type.partition("/")[0] + "/*" in taken


def _shown(url: str) -> str:
    """Where it is, without what may be private in it."""
    try:
        return place_of(url) if urlsplit(url).hostname else "the address"
    except ValueError:
        return "the address"
