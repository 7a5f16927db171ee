"""What a scene does to the bytes of a reply: other frames of the same events, and what proxies add."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate

from chatbot.lab.answers import Asked, Fault, Received
from chatbot.lab.quirks.changes import is_stream
from chatbot.lab.replies import ScriptedReply, refuse
from chatbot.lab.wires.dialects import Route
from chatbot.records import NamedTuple

DATE_WAIT_S = 4  # a date has whole seconds: it is four to five of them ahead


class Moment(NamedTuple):
    """What a change may know. `elsewhere` is the address of another host."""

    received: Received
    found: Route
    asked: Asked
    elsewhere: str = ""


Change = Callable[[ScriptedReply, Moment], ScriptedReply]
_OTHER_EVENTS = {
    "openai": b'data: {"id":"lab","object":"chat.completion.chunk","choices":[]}\n\n',
    "responses": b'event: response.lab\ndata: {"type":"response.lab"}\n\n',
    "anthropic": b'event: ping\ndata: {"type":"ping"}\n\nevent: lab\ndata: {"type":"lab"}\n\n',
    "gemini": b'data: {"usageMetadata":{"promptTokenCount":1}}\n\n',
}


def unchanged(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
    """As it is."""
    return reply


def each_event(change: Callable[[bytes, Moment], bytes]) -> Change:
    """Changes the events of a stream; nothing where there is none."""

    def changed(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
        if not is_stream(reply):
            return reply
        return reply._replace(pieces=(change(piece, moment) for piece in reply.pieces))

    return changed


def with_comment(event: bytes, moment: Moment) -> bytes:
    """As OpenRouter keeps a connection open."""
    return b": keep-alive\n\n" + event


def with_other_event(event: bytes, moment: Moment) -> bytes:
    """One more event, of a kind that says nothing."""
    return _OTHER_EVENTS[moment.found.dialect.name] + event


def in_lines(event: bytes, moment: Moment) -> bytes:
    """The data in two lines, which are one text again (WHATWG HTML, 9.2.6)."""
    return event.replace(b"data: {", b"data: {\ndata: ", 1)


def without_blank(event: bytes, moment: Moment) -> bytes:
    """Without the blank behind the colon, which may be left out (WHATWG HTML, 9.2.6)."""
    return event.replace(b"data: ", b"data:").replace(b"event: ", b"event:")


def without_end_marker(event: bytes, moment: Moment) -> bytes:
    """As Perplexity ends its streams."""
    return b"" if event.startswith(b"data: [DONE]") else event


def with_bom(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
    """A byte order mark before the first event."""
    return reply._replace(pieces=_before(b"\xef\xbb\xbf", reply.pieces)) if is_stream(reply) else reply


def half_an_event(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
    """The last event only in half, and no more."""
    pieces = list(reply.pieces)
    return reply._replace(pieces=[*pieces[:-1], pieces[-1][: len(pieces[-1]) // 2]], then="close")


def compressed(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
    """As gzip, where the client takes it; each event can be read as it comes."""
    if not takes_gzip(moment.received.headers.get("accept-encoding", "")):
        return reply
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    if is_stream(reply):
        return reply._replace(headers=headers, pieces=_gzipped(reply.pieces))
    body = b"".join(_gzipped(reply.pieces))
    return reply._replace(headers={**headers, "Content-Length": str(len(body))}, pieces=[body])


def takes_gzip(accept_encoding: str) -> bool:
    """Whether it is named, and not with the weight of nothing (RFC 9110, 12.5.3)."""
    named = (part.replace(" ", "").lower().partition(";q=") for part in accept_encoding.split(","))
    return any(coding == "gzip" and (not weight or weight.strip("0.")) for coding, _, weight in named)


def with_retry_date(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
    """A Retry-After that is a date (RFC 9110, 10.2.3)."""
    until = formatdate(math.ceil(time.time()) + DATE_WAIT_S, usegmt=True)
    return reply._replace(headers={**reply.headers, "Retry-After": until})


def with_retry_after(seconds: int) -> Change:
    """So many seconds, in the header; Gemini says them in the body alone."""
    return lambda reply, moment: reply._replace(headers={**reply.headers, "Retry-After": str(seconds)})


def elsewhere(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
    """To another host, with the same method and body."""
    headers = {"Location": moment.elsewhere + moment.received.path, "Content-Length": "0"}
    return ScriptedReply(307, headers)


def with_the_key(reply: ScriptedReply, moment: Moment) -> ScriptedReply:
    """The key is rejected, and stands in the words that say so."""
    dialect = moment.found.dialect
    refusal = dialect.refusal(Fault.WRONG_KEY)
    return refuse(dialect, refusal._replace(message=f"{refusal.message} You sent: {moment.asked.key}"), moment.asked)


def _before(first: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
