"""One client's connection: its requests read within limits, and what answers them played byte by byte."""

from __future__ import annotations

import io
import json
import re
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chatbot.core.wires.chat_completions import error
from chatbot.lab.answers import Received
from chatbot.lab.dialect import dumps
from chatbot.lab.replies import BrokenOff, ScriptedReply, Then, whole
from chatbot.lab.server.departures import Departure, DepartureWatch
from chatbot.records import NamedTuple

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST instead of FIN

_LONGEST_LINE = 65536
_EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
_BLOCK_BYTES = 64 * 1024
_DEFECTS = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect)  # those of a body are its own
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)  # RFC 9110, section 5.6.2
_NO_VALUE = re.compile("[\n\0]")
_SIZE = re.compile(r"[0-9]{1,19}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;.*)?\r?\n")

Respond = Callable[[Received, Departure], ScriptedReply]
"""A request to what is sent; the departure tells when its client goes away."""

Refuse = Callable[[str, Mapping[str, str]], ScriptedReply | None]
"""Method and headers (lower-case names) of a request to what is sent in the place of an answer, before its body is
read; None where it may come.
"""


class Limits(NamedTuple):
    """How long a client may take, in seconds, and how much there may be of it. `idle_s` is the longest wait for the
    beginning of a request, and for a client that does not read its answer.
    """

    connections: int = 512
    body_bytes: int = 64 * 1024 * 1024
    idle_s: float = 300.0
    head_s: float = 10.0
    body_s: float = 120.0


class Accepting(ThreadingHTTPServer):
    """What a connection wants to know of the server that accepted it."""

    watch: DepartureWatch
    is_full: bool


class Connection(BaseHTTPRequestHandler):
    """HTTP/1.1, kept alive. Each server makes its own subclass with the attributes below."""

    protocol_version = "HTTP/1.1"
    server_version = "chat-lab"
    sys_version = ""
    disable_nagle_algorithm = True  # each piece goes out as it is written

    server: Accepting
    respond: Respond
    refuse: Refuse = staticmethod(lambda method, headers: None)
    tell_fault: Callable[[Exception], None] | None = None  # of ours, which is raised where nobody is told
    limits = Limits()
    pace_s = 0.0
    hang_s = 600.0

    def setup(self) -> None:
        super().setup()
        self._reader = _TimedReader(self.connection)
        self.rfile = _Lines(self._reader)

    def handle_one_request(self) -> None:
        self._reader.allow(self.limits.idle_s, then_s=self.limits.head_s)
        super().handle_one_request()

    def _answer(self) -> None:
        headers = self._joined_headers()
        self._reader.allow(self.limits.body_s)
        if reply := self._malformed(headers):
            self._play_last(reply)
            return
        size, in_chunks = int(headers.get("content-length", "0")), "transfer-encoding" in headers
        if reply := self._refusal(headers, size):
            self._discard_body(size, in_chunks=in_chunks)
            self._play(reply)
            return
        body = self._body(size, in_chunks=in_chunks)
        if isinstance(body, ScriptedReply):
            self._play_last(body)
            return
        if len(body) < size:  # it went away in the middle
            self.close_connection = True
            return
        self.connection.settimeout(self.limits.idle_s)
        departure = Departure(self.server.watch, self.connection)
        try:
            received = Received(self.command, self.path, headers, body, _parsed(body))
            self._play(self._response(received, departure))
        finally:
            departure.end()

    def _response(self, received: Received, departure: Departure) -> ScriptedReply:
        tell = type(self).tell_fault
        try:
            return type(self).respond(received, departure)
        except RecursionError:
            return refusal(400, "the body is nested too deeply")
        except Exception as fault:
            if tell is None:
                raise
            tell(fault)
            return refusal(500, "this server has failed; who runs it is told why")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _malformed(self, headers: Mapping[str, str]) -> ScriptedReply | None:
        """What is said to a head that others could read in another way, so that its body ends elsewhere (RFC 9112,
        section 11.2: request smuggling).
        """
        is_well_formed = all(map(_TOKEN.fullmatch, headers)) and not any(map(_NO_VALUE.search, headers.values()))
        if not is_well_formed or any(isinstance(defect, _DEFECTS) for defect in self.headers.defects):
            return refusal(400, "a header is a name, a colon, and a value in the same line")
        if len(self.headers.get_all("host", ())) > 1:
            return refusal(400, "a request has one Host")
        size, coding = headers.get("content-length", "0"), headers.get("transfer-encoding", "chunked").strip(" \t")
        if (
            not _SIZE.fullmatch(size)
            or coding.lower() != "chunked"
            or {"transfer-encoding", "content-length"} <= headers.keys()
        ):
            return refusal(411, "a request says how long its body is, in Content-Length or in chunks")
        return None

    def _refusal(self, headers: Mapping[str, str], size: int) -> ScriptedReply | None:
        if self.server.is_full:
            return refusal(503, "too many connections at once; try again in a moment", {"Retry-After": "1"})
        if not self.path.startswith("/"):  # behind the name of a host, `@elsewhere/` would lead to another one
            return refusal(400, "a request names a path that begins with /")
        if size > self.limits.body_bytes:
            return refusal(413, f"the request has {size} bytes; at most {self.limits.body_bytes} are taken")
        return type(self).refuse(self.command, headers)

    def _discard_body(self, size: int, *, in_chunks: bool) -> None:
        """A client that is still sending would not read why it is refused; one that sends too much is left."""
        try:
            deque(self._chunks() if in_chunks else (), maxlen=0)
        except (ValueError, OverflowError):
            self.close_connection = True
        left = min(size, self.limits.body_bytes)
        while left > 0 and (block := self.rfile.read(min(left, _BLOCK_BYTES))):
            left -= len(block)
        self.close_connection = self.close_connection or left > 0 or size > self.limits.body_bytes

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no HTTP, or none that is known here, is refused as anything else is."""
        self.request_version = "HTTP/1.1"  # of one that could not be read it would be that without heads
        self._play_last(refusal(int(code), message or self.responses[code][0]))

    def _body(self, size: int, *, in_chunks: bool) -> bytes | ScriptedReply:
        """Of a request, or why it is not taken."""
        if not in_chunks:
            return self.rfile.read(size)
        try:
            return b"".join(self._chunks())
        except OverflowError:
            return refusal(413, f"the request is too long; at most {self.limits.body_bytes} bytes are taken")
        except ValueError:
            return refusal(411, "the request's chunks do not say how long they are")

    def _chunks(self) -> Iterator[bytes]:
        """The chunks until the empty one, in blocks; what trails it is passed over (RFC 9112, section 7.1).

        Raises ValueError, OverflowError.
        """
        left = self.limits.body_bytes
        while size := self._chunk_size():
            left -= size
            if left < 0:
                raise OverflowError
            while size and (block := self.rfile.read(min(size, _BLOCK_BYTES))):
                yield block
                size -= len(block)
            if size or self.rfile.readline(_LONGEST_LINE).strip(b"\r\n"):
                raise ValueError("a chunk is longer than its size")
        while self.rfile.readline(_LONGEST_LINE).strip():
            pass

    def _chunk_size(self) -> int:
        found = _CHUNK_SIZE.match(self.rfile.readline(_LONGEST_LINE))
        if not found:
            raise ValueError("a chunk has a size")
        return int(found[1], 16)

    def log_message(self, *_args: object) -> None:
        """Nothing is printed here."""

    def _joined_headers(self) -> dict[str, str]:
        """By their lower-case names; those that came more than once in one line (RFC 9110, section 5.3)."""
        found: dict[str, str] = {}
        for name, value in self.headers.items():
            name = name.lower()
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found

    def _play_last(self, exchange: ScriptedReply) -> None:
        """Where the next request begins is not known then."""
        self.close_connection = True
        self._play(exchange)

    def _play(self, exchange: ScriptedReply) -> None:
        try:
            self.wfile.write(_EARLY_HINTS * exchange.early_hints)
            if exchange.status is not None:
                self._send_head(exchange)
            self._end(self._send_body(exchange), exchange)
        finally:
            exchange.close()

    def _end(self, then: Then, exchange: ScriptedReply) -> None:
        match then:
            case "end" if exchange.chunked and self._may_chunk and self._has_body(exchange):
                self.wfile.write(b"0\r\n\r\n")
            case "hang":
                self.wait(self.hang_s)
                self.close_connection = True
            case "close":
                self.close_connection = True
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                self.close_connection = True

    @property
    def _may_chunk(self) -> bool:
        return self.request_version != "HTTP/1.0"

    def _has_body(self, exchange: ScriptedReply) -> bool:
        """Source: RFC 9110, section 6.4.1."""
        return self.command != "HEAD" and exchange.status not in (204, 304)

    def _send_head(self, exchange: ScriptedReply) -> None:
        assert exchange.status is not None
        headers = dict(exchange.headers)
        if exchange.chunked and not self._may_chunk:
            del headers["Transfer-Encoding"]
        framed = {"transfer-encoding", "content-length"} & {name.lower() for name in headers}
        if (not framed and self._has_body(exchange)) or self.close_connection:
            headers["Connection"] = "close"
        if exchange.is_passed_on:
            self.send_response_only(exchange.status, exchange.reason)
        else:
            self.send_response(exchange.status, exchange.reason or None)
        for name, value in (*headers.items(), *exchange.more_headers):
            self.send_header(name, value)  # "Connection: close" is noticed and obeyed there
        self.end_headers()

    def send_header(self, keyword: str, value: str) -> None:
        """Also one whose value is partly somebody else's: what could end it, or cannot be sent, is left out."""
        safe = re.sub(r"[\r\n\0]", " ", str(value))
        super().send_header(keyword, safe.encode("latin-1", "replace").decode("latin-1"))

    def _send_body(self, exchange: ScriptedReply) -> Then:
        """Sends it, and returns what follows."""
        if exchange.status is not None and not self._has_body(exchange):
            return exchange.then
        framed = exchange.chunked and self._may_chunk
        try:
            for piece in filter(None, exchange.pieces):  # an empty chunk would be the end of the body
                if exchange.paced and not self.wait(self.pace_s):
                    return "close"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if framed else piece)
        except BrokenOff as broken:
            return broken.then
        return exchange.then

    def wait(self, seconds: float) -> bool:
        """True when the whole time has passed; False at once when the client goes away or the server stops.

        Both make the connection readable: nobody who waits for an answer has more to say.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return not selector.select(seconds)


def refusal(
    status: int, message: str, headers: Mapping[str, str] | None = None, code: str | None = None
) -> ScriptedReply:
    """An error of the server's own, in the shape that OpenAI gives errors."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return whole(status, "application/json", dumps(error(message, kind, code)), headers)


class _Lines(io.BufferedReader):
    """Lines end with LF alone: a CR in one, which the parser of heads takes for an end too, is NUL, as wrong in any
    header (RFC 9112, section 2.2).
    """

    def readline(self, size: int | None = -1, /) -> bytes:
        return re.sub(rb"\r(?!\n|$)", b"\0", super().readline(size))


class _TimedReader(io.RawIOBase):
    """What a client sends, as long as it is in time: the timeout of a socket alone begins again with each byte."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until_s = 0.0
        self._then_s: float | None = None

    def allow(self, seconds: float, then_s: float | None = None) -> None:
        """From now on it may take so long, and from the first byte that comes on no longer than `then_s`."""
        self._until_s, self._then_s = time.monotonic() + seconds, then_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        count = self._connection.recv_into(buffer)
        if self._then_s is not None:
            self.allow(self._then_s)
        return count


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
