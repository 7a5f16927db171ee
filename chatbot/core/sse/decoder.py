"""Server-sent events from bytes.

Source: HTML Living Standard, "Server-sent events": "Parsing an event stream", "Interpreting an event stream".
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from chatbot.core.errors import MalformedAnswer
from chatbot.records import NamedTuple

MAX_LINE_BYTES = 4 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One dispatched event. `type` is "message" where the stream names none; `data` has newlines between its lines."""

    type: str
    data: str


def parse(chunks: Iterable[bytes]) -> Iterator[SseEvent]:
    """The events of a stream, the same however its bytes are cut; O(n).

    Raises MalformedAnswer when a line or the data of one event grows beyond MAX_LINE_BYTES.
    """
    return events(lines(chunks))


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a byte stream without their ends (CRLF, LF or CR), and without a leading byte order mark.

    Raises MalformedAnswer in a line of more than MAX_LINE_BYTES.

    A last line without its end is given too: whoever follows the standard ignores it, because no blank line follows.
    """
    rest: list[bytes] = []  # pieces of the line that has not ended yet; joined once
    rest_bytes = 0
    after_cr = False
    for chunk in _without_bom(chunks):
        ended_by_cr, after_cr = after_cr, chunk.endswith(b"\r")
        if ended_by_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *others = chunk.split(b"\n")
        rest.append(first)
        rest_bytes += len(first)
        if rest_bytes > MAX_LINE_BYTES:
            raise MalformedAnswer(f"the server sent a line of more than {MAX_LINE_BYTES // 1024 // 1024} MB")
        if others:
            yield b"".join(rest)
            rest_bytes = len(others[-1])
            rest = [others.pop()]
            yield from others
    last = b"".join(rest)
    if last:
        yield last


def _without_bom(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, none empty nor longer than a line may be, less one byte order mark at the very start."""
    incoming = iter(chunks)
    head = b""
    for chunk in incoming:
        head += chunk
        if len(head) >= len(_BOM) or not _BOM.startswith(head):
            break
    head = head.removeprefix(_BOM)
    for chunk in chain((head,), incoming):
        for start in range(0, len(chunk), MAX_LINE_BYTES):
            yield chunk[start : start + MAX_LINE_BYTES]


def events(stream: Iterable[bytes]) -> Iterator[SseEvent]:
    """The events that lines make. An event not followed by a blank line is dropped, as the standard says.

    `id` and `retry` are passed over: they serve a reconnection, and an answer cannot be gone on with.
    """
    data: list[bytes] = []
    data_bytes = 0
    kind = ""
    for line in stream:
        if not line:
            if data:
                whole = data[0] if len(data) == 1 else b"\n".join(data)
                yield SseEvent(kind or "message", whole.decode("utf-8", "replace"))
                data = []
                data_bytes = 0
            kind = ""
        elif line.startswith(b"data:") or line == b"data":
            data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            data_bytes += len(line)
            if data_bytes > MAX_LINE_BYTES:
                raise MalformedAnswer(f"the server sent an event of more than {MAX_LINE_BYTES // 1024 // 1024} MB")
        else:
            name, _, value = line.partition(b":")
            if name == b"event":
                kind = value.removeprefix(b" ").decode("utf-8", "replace")
