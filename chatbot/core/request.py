"""One HTTP exchange as data, and the one seam to the network."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from chatbot.core.errors import ChatError
from chatbot.records import NamedTuple

Payload = dict[str, Any]  # a request body, as the object that will be JSON

MAX_ERROR_BYTES = 64 * 1024
MAX_REQUEST_ID_CHARS = 128  # real ones have 20 to 70

_REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "mistral-correlation-id",
    "x-generation-id",
    "x-ds-trace-id",
    "x-kong-request-id",
    "x-amzn-trace-id",
    "cf-ray",
)


class HttpRequest(NamedTuple):
    """A request, complete: nothing is added on the way but what HTTP itself needs."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class Route(NamedTuple):
    """The way to a server, where it is not the usual one. `proxy`: its URL, empty for none, None for what the
    environment says. `ca_file`: PEM certificates of the authorities that are trusted; `ca`: whose are, without it.
    `insecure`: a server on this machine may have any certificate. `addresses`: those that the name of the host was
    resolved to already, tried in this order; nothing else is connected to (curl's --resolve).
    """

    proxy: str | None = None
    ca_file: str = ""
    ca: Literal["bundled", "system"] = "bundled"
    insecure: bool = False
    addresses: tuple[str, ...] = ()


USUAL_ROUTE = Route()


class HttpResponse(NamedTuple):
    """Status, headers (lower-case names) and the decoded body as it arrives.

    Iterating `chunks` may raise a `NetworkError`. `close` may be called at any time, from any thread, more than once;
    `close_after` does so in that many seconds. `reason` and `header_pairs` are as they came; `wire_bytes` are those of
    the body before it was decoded, so far.
    """

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    close: Callable[[], None]
    close_after: Callable[[float], None] = lambda limit_s: None
    reason: str = ""
    header_pairs: tuple[tuple[str, str], ...] = ()
    wire_bytes: Callable[[], int | None] = lambda: None


class HttpFailure(NamedTuple):
    """An answer that is an error: what a provider needs to read it. `body` is at most MAX_ERROR_BYTES long."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Transport = Callable[[HttpRequest], HttpResponse]
"""Sends one request. Raises NetworkError or ConfigurationError; a status of 400 or more is an ordinary response."""


def read_at_most(chunks: Iterator[bytes], max_bytes: int, *, may_break_off: bool = False) -> bytes:
    """The beginning of a body, at most `max_bytes` long; the rest stays unread. Of one that may break off: what came.

    Raises what `chunks` raise.
    """
    kept = bytearray()
    try:
        for chunk in chunks:
            kept += chunk
            if len(kept) >= max_bytes:
                break
    except ChatError:
        if not may_break_off:
            raise
    return bytes(kept[:max_bytes])


def request_id_in(headers: Mapping[str, str]) -> str | None:
    """The provider's name for the exchange, whichever header (lower-case name) it puts it in."""
    found = next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), None)
    return found and found[:MAX_REQUEST_ID_CHARS]
