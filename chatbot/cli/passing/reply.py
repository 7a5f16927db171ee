"""An answer of a real server as the answer of ours, its bytes as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatbot.core.errors import ChatError
from chatbot.core.http.exchange import Headers
from chatbot.core.request import HttpResponse
from chatbot.lab.replies import CHUNKED, BrokenOff, ScriptedReply

# Of one connection, not of the message (RFC 9110, section 7.6.1); the old ones are still sent.
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    "upgrade".split()
)


def end_to_end(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers that are passed on: all but those of the connection, and those that it names."""
    pairs = tuple(headers)
    named = {name.strip().lower() for key, value in pairs if key.lower() == "connection" for name in value.split(",")}
    return tuple((name, value) for name, value in pairs if name.lower() not in _HOP_BY_HOP | named)


def passed_on(response: HttpResponse, headers: Headers) -> ScriptedReply:
    """The answer with these headers, framed as it came: by its length, in chunks, or by the end of the connection. One
    that breaks off there breaks off here.
    """
    first: dict[str, str] = {}
    more = []
    for name, value in headers:
        if name.lower() in {key.lower() for key in first}:
            more.append((name, value))
        else:
            first[name] = value
    if "transfer-encoding" in response.headers:
        first |= CHUNKED
    return ScriptedReply(
        response.status,
        first,
        unbroken(response.chunks),
        close=response.close,
        is_passed_on=True,
        reason=response.reason,
        more_headers=tuple(more),
    )


def unbroken(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks; where they fail, the connection to the client is closed in the middle, too."""
    try:
        yield from chunks
    except ChatError as error:
        raise BrokenOff("close") from error
