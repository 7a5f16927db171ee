"""One turn of a scenario, put into the bytes of one HTTP exchange.

A turn is data and knows no dialect; an exchange is bytes and knows no meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Literal

from chatbot.lab.answers import Answer, Asked, Ending, Fault, tokens
from chatbot.lab.calling import UseOfTools
from chatbot.lab.dialect import Dialect, Refusal, dumps
from chatbot.lab.obeying import UseOfSchema, obeying
from chatbot.records import NamedTuple

Text = str | Callable[[Asked], str]
Then = Literal["end", "close", "reset", "hang"]
"""What follows the last byte: the proper end, a closed connection (FIN), a reset one (RST), or nothing for long."""

INSIDE_CHARACTERS = rb"(?=[\x80-\xbf])"  # before every byte that continues a UTF-8 character
INSIDE_CRLF = rb"(?<=\r)(?=\n)"
CHUNKED = {"Transfer-Encoding": "chunked"}


class Say(NamedTuple):
    """An answer, or the first part of one.

    `stop_after` tokens the text breaks off, without a finish reason or an end marker; `then` follows, or first the
    event of `fault`. `cut_at` is a pattern of places where the bytes are cut into pieces of their own. `early_hints`
    interim responses come before it. `counted` tokens are said to be in it. `echoes_key`: the key is the request's id.
    `schema`: what it does with one, `tools`: how it calls them.
    """

    text: Text
    reasoning: str = ""
    ending: Ending = Ending.STOP
    stop_after: int | None = None
    fault: Fault | None = None
    then: Then = "end"
    crlf: bool = False
    cut_at: bytes | None = None
    paced: bool = False
    early_hints: int = 0
    counted: int | None = None
    echoes_key: bool = False
    schema: UseOfSchema = "fits"
    tools: UseOfTools = "rightly"


class Refuse(NamedTuple):
    """An error. `status` replaces the HTTP status that the dialect has for this fault, not the one its body names.
    With another `then` than the end, half of its body comes.
    """

    fault: Fault
    status: int | None = None
    retry_after: str | None = None
    then: Then = "end"


class RefuseParameters(NamedTuple):
    """An error as long as the request has one of these optional fields; else the answer."""

    names: tuple[str, ...]
    otherwise: Say


class RefuseAttachments(NamedTuple):
    """An error with this message as long as any question has an attachment; else the answer. `status`: see Refuse."""

    message: str
    otherwise: Say
    status: int | None = None


class Raw(NamedTuple):
    """Bytes of no dialect, as proxies and gateways send them."""

    status: int
    content_type: str
    body: bytes


class Silence(NamedTuple):
    """No HTTP: not one byte, or what another protocol says first."""

    then: Then
    banner: bytes = b""


Turn = Say | Refuse | RefuseParameters | RefuseAttachments | Raw | Silence


class BrokenOff(Exception):
    """Raised by the pieces of a reply where it goes on in another way."""

    def __init__(self, then: Then) -> None:
        super().__init__(then)
        self.then = then


class ScriptedReply(NamedTuple):
    """What the server sends. `status` None: not even a status line. `early_hints`: how many interim responses
    (RFC 8297) before that. `close` is called when it is over, however that came.

    One that `is_passed_on` is another server's: its head stays as it came, with its `reason` and what it has twice
    (`more_headers`).

    The headers say how the body is framed: Content-Length, `Transfer-Encoding: chunked` (each piece is a chunk), or
    neither: the end of the connection is the end of the body (RFC 9112, section 6.3).
    """

    status: int | None
    headers: Mapping[str, str] = {}
    pieces: Iterable[bytes] = ()
    then: Then = "end"
    paced: bool = False
    early_hints: int = 0
    close: Callable[[], None] = lambda: None
    is_passed_on: bool = False
    reason: str = ""
    more_headers: tuple[tuple[str, str], ...] = ()

    @property
    def chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding") == "chunked"


def whole(status: int, content_type: str, body: bytes, headers: Mapping[str, str] | None = None) -> ScriptedReply:
    """A complete body of known length."""
    framed = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    return ScriptedReply(status, framed, [body])


def perform(turn: Turn, dialect: Dialect, asked: Asked) -> ScriptedReply:
    """The turn as this dialect writes it, for this request."""
    match turn:
        case Silence():
            return ScriptedReply(None, pieces=[turn.banner], then=turn.then)
        case Raw():
            return whole(turn.status, turn.content_type, turn.body)
        case Refuse():
            refusal = dialect.refusal(turn.fault, asked.serial, turn.retry_after, model=asked.model)
            refused = refuse(dialect, refusal, asked, turn.status)
            return refused if turn.then == "end" else _half(refused, turn.then)
        case RefuseParameters():
            sent = next((name for name in turn.names if name in asked.parameters), None)
            if sent is None:
                return _say(turn.otherwise, dialect, asked)
            return refuse(dialect, dialect.bad_parameter(sent)._replace(serial=asked.serial), asked)
        case RefuseAttachments():
            if not asked.has_attachments:
                return _say(turn.otherwise, dialect, asked)
            bad = dialect.refusal(Fault.BAD_REQUEST, asked.serial)._replace(message=turn.message)
            return refuse(dialect, bad, asked, turn.status)
        case Say():
            return _say(turn, dialect, asked)


def refuse(dialect: Dialect, refusal: Refusal, asked: Asked, status: int | None = None) -> ScriptedReply:
    """An error answer."""
    headers = {**_request_id(dialect, refusal.serial), **dialect.error_headers(refusal)}
    as_stream = asked.streamed and dialect.errors_typed_as_streams
    content_type = dialect.content_type(asked) if as_stream else "application/json"
    body = dumps(dialect.error(refusal))
    return whole(refusal.row.status if status is None else status, content_type, body, headers)


def _say(say: Say, dialect: Dialect, asked: Asked) -> ScriptedReply:
    if say.ending not in dialect.endings:
        return perform(Refuse(Fault.FILTERED), dialect, asked)
    if say.fault and not asked.streamed:
        return perform(Refuse(say.fault), dialect, asked)
    if say.tools == "signed" and asked.results and not asked.is_signed:
        return perform(Refuse(Fault.NOT_HANDED_BACK), dialect, asked)
    text = say.text if isinstance(say.text, str) else say.text(asked)
    answer = obeying(Answer(text, say.reasoning, say.ending, say.counted), asked, say.schema, say.tools)
    if answer.use == "cut":
        say = say._replace(then="close")
    if say.stop_after is not None:
        answer = Answer("".join(tokens(text)[: say.stop_after]), say.reasoning, None)
    headers = _request_id(dialect, asked.serial)
    if say.echoes_key and asked.key:
        headers = {dialect.request_id_header or "x-request-id": asked.key}
    if not asked.streamed:
        body = dumps(dialect.whole(answer, asked))
        exchange = whole(200, "application/json", body, headers)
        exchange = exchange._replace(early_hints=say.early_hints)
        return exchange if say.then == "end" else _half(exchange, say.then)
    pieces = dialect.stream(answer, asked)
    if say.fault:
        refusal = dialect.refusal(say.fault, asked.serial, model=asked.model)
        pieces = chain(pieces, [dialect.stream_error(refusal, asked)])
    headers |= {"Content-Type": dialect.content_type(asked), "Cache-Control": "no-cache", **CHUNKED}
    return ScriptedReply(200, headers, _reshaped(pieces, say), say.then, say.paced, say.early_hints)


def _half(exchange: ScriptedReply, then: Then) -> ScriptedReply:
    """The headers promise all of the body, half of it comes."""
    body = b"".join(exchange.pieces)
    return exchange._replace(pieces=[body[: len(body) // 2]], then=then)


def _reshaped(pieces: Iterable[bytes], say: Say) -> Iterator[bytes]:
    """The same events with other line ends, or cut at other places."""
    for piece in pieces:
        if say.crlf:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if say.cut_at is None:
            yield piece
        else:
            yield from re.split(say.cut_at, piece)


def _request_id(dialect: Dialect, serial: int) -> dict[str, str]:
    return {dialect.request_id_header: f"req_lab_{serial}"} if dialect.request_id_header else {}
