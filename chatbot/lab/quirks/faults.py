"""Faults in the way of an answer, wherever that is from: `cut@200`, `stall@event:3`, `reset@2s`, `status=503`.

KIND[=VALUE][@PLACE]. A place is a byte of the body (200), an event of the stream (event:3), or a time since the head of
the answer (2s, 500ms): so much passes, then the fault comes. Without a place it stands for the answer, or before it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from queue import Empty, SimpleQueue
from typing import Literal

from chatbot.core.retry import duration_s
from chatbot.lab.answers import Asked, Received, fault_of_status
from chatbot.lab.quirks.changes import Answer, Answering
from chatbot.lab.quirks.table import Quirk
from chatbot.lab.replies import BrokenOff, Refuse, ScriptedReply, Then, perform
from chatbot.lab.wires.dialects import route
from chatbot.records import NamedTuple

GARBAGE = b"\x00\xff<garbage/>\x1b\r\n"
KINDS = {
    "cut": "the connection is closed",
    "reset": "the connection is reset",
    "stall": "nothing more comes, and the connection stays open",
    "garbage": f"{len(GARBAGE)} bytes are others",
    "delay": "it waits so long, then goes on (delay=2s)",
    "status": "it is refused with this status (status=503), and nobody is asked",
}
_ENDS: dict[str, Then] = {"cut": "close", "reset": "reset", "stall": "hang"}
_RETRY_AFTER = {429: "1", 503: "1"}
_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LONGEST_END = 4

Pieces = Iterator[bytes]


class Place(NamedTuple):
    """Where in the body of an answer: after so many bytes, events or seconds."""

    unit: Literal["byte", "event", "second"]
    after: float


class BodyFault(NamedTuple):
    """A fault as it was written; `value` is a status or seconds."""

    text: str
    kind: str
    value: float
    place: Place | None

    @property
    def reads_events(self) -> bool:
        """Whether the body has to come as it is, not compressed."""
        return self.place is not None and self.place.unit == "event"


def read_fault(text: str) -> BodyFault:
    """The fault that is written so. Raises ValueError, which says what is wrong."""
    found = re.fullmatch(r"(?P<kind>[a-z]+)(?:=(?P<value>[^@]*))?(?:@(?P<place>.*))?", text.strip())
    if found is None or found["kind"] not in KINDS:
        raise ValueError(f"there is no fault {text}: there are {', '.join(KINDS)}")
    kind, value = found["kind"], found["value"]
    number = _value(kind, value)
    place = None if found["place"] is None else _place(found["place"])
    if kind == "status" and place is not None:
        raise ValueError("a status comes before the body, so it has no place: status=503")
    return BodyFault(text.strip(), kind, number, place)


def _value(kind: str, value: str | None) -> float:
    if kind == "status":
        if not re.fullmatch("[45][0-9][0-9]", value or ""):
            raise ValueError("a status is a number from 400 to 599, such as status=503")
        return int(value or 0)
    if kind == "delay":
        wait_s = duration_s(value or "")
        if wait_s is None:
            raise ValueError("a delay is a time, such as delay=2s or delay=500ms@event:3")
        return wait_s
    if value is not None:
        raise ValueError(f"{kind} takes a place, not a value: {kind}@200")
    return 0


def _place(text: str) -> Place:
    if re.fullmatch(r"\d{1,15}", text):
        return Place("byte", int(text))
    if event := re.fullmatch(r"event:(\d{1,15})", text):
        return Place("event", int(event[1]))
    if (after_s := duration_s(text)) is not None:
        return Place("second", after_s)
    raise ValueError(f"{text} is no place: a byte (200), an event (event:3) or a time (2s, 500ms)")


def as_quirk(fault: BodyFault, times: int | None = None, sleep: Callable[[float], None] = time.sleep) -> Quirk:
    """What answers with the fault: questions, each or only the first `times`."""
    lock, met = threading.Lock(), 0

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        nonlocal met
        if received.method != "POST":
            return usual(received)
        with lock:
            met += 1
            if times is not None and met > times:
                return usual(received)
        return _faulty(fault, sleep)(usual, received)

    return Quirk(fault.text, re.sub(r" \(.*?\)", "", KINDS[fault.kind]), answer)


def _faulty(fault: BodyFault, sleep: Callable[[float], None]) -> Answer:
    def answer(usual: Answering, received: Received) -> ScriptedReply:
        if fault.place is None:
            return _instead(fault, usual, received, sleep)
        reply = usual(received)
        return reply._replace(pieces=broken(reply.pieces, fault.place, lambda rest: _from_there(fault, rest, sleep)))

    return answer


def _instead(fault: BodyFault, usual: Answering, received: Received, sleep: Callable[[float], None]) -> ScriptedReply:
    """What is sent in the place of the whole answer."""
    if fault.kind == "delay":
        sleep(fault.value)
        return usual(received)
    if fault.kind == "garbage":
        return ScriptedReply(None, pieces=[GARBAGE], then="close")
    if fault.kind == "status":
        found, status = route(received.method, received.path, received.headers), int(fault.value)
        refused = Refuse(fault_of_status(status), status, _RETRY_AFTER.get(status))
        return perform(refused, found.dialect, Asked(found.model, streamed=found.streamed, sse=found.sse))
    return ScriptedReply(None, then=_ENDS[fault.kind])


def _from_there(fault: BodyFault, rest: Pieces, sleep: Callable[[float], None]) -> Pieces:
    """What becomes of a body from the place of the fault on."""
    if fault.kind in _ENDS:
        raise BrokenOff(_ENDS[fault.kind])
    if fault.kind == "delay":
        sleep(fault.value)
        yield from rest
    else:
        yield from _overwritten(rest)


def _overwritten(pieces: Pieces) -> Pieces:
    """The first bytes are others, as many: the length that was told stays true."""
    left = GARBAGE
    for piece in pieces:
        yield left[: len(piece)] + piece[len(left) :]
        left = left[len(piece) :]


def broken(pieces: Iterable[bytes], place: Place, from_there: Callable[[Pieces], Pieces]) -> Pieces:
    """The body up to a place, and from there on what `from_there` makes of the rest; untouched where it ends before."""
    if place.unit == "second":
        yield from _after_seconds(pieces, place.after, from_there)
        return
    find = _find_byte if place.unit == "byte" else _find_event
    state = _Passed(int(place.after))
    pieces = iter(pieces)
    if state.left == 0:
        yield from from_there(pieces)
        return
    for piece in pieces:
        at = find(state, piece)
        if at is None:
            yield piece
        else:
            yield piece[:at]
            yield from from_there(chain([piece[at:]], pieces))
            return


class _Passed:
    """How many bytes or events are left until the place; the end of what passed, where an end of an event may be."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.tail = b""


def _find_byte(state: _Passed, piece: bytes) -> int | None:
    if state.left <= len(piece):
        return state.left
    state.left -= len(piece)
    return None


def _find_event(state: _Passed, piece: bytes) -> int | None:
    whole = state.tail + piece
    for end in _EVENT_END.finditer(whole):
        if end.end() > len(state.tail):
            state.left -= 1
            if state.left == 0:
                return end.end() - len(state.tail)
    state.tail = whole[-_LONGEST_END + 1 :]
    return None


def _after_seconds(pieces: Iterable[bytes], after_s: float, from_there: Callable[[Pieces], Pieces]) -> Pieces:
    """Another thread reads: the time may come while nothing does."""
    queue: SimpleQueue[bytes | Exception | None] = SimpleQueue()
    until_s = time.monotonic() + after_s

    def read() -> None:
        try:
            for piece in pieces:
                queue.put(piece)
            queue.put(None)
        except Exception as error:  # carried to the thread that sends
            queue.put(error)

    def taken(item: bytes | Exception | None) -> Pieces:
        while item is not None:
            if isinstance(item, Exception):
                raise item
            yield item
            item = queue.get()

    threading.Thread(target=read, name="before-the-fault", daemon=True).start()
    while (left_s := until_s - time.monotonic()) > 0:
        try:
            item = queue.get(timeout=left_s)
        except Empty:
            break
        if not isinstance(item, bytes):
            yield from taken(item)
            return
        yield item
    yield from from_there(_late(queue, taken))


def _late(queue: SimpleQueue[bytes | Exception | None], taken: Callable[[bytes | Exception | None], Pieces]) -> Pieces:
    yield from taken(queue.get())
