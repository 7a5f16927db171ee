"""A model provider on the loopback interface, speaking four wire formats over real HTTP, with faults on demand."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Self

from chatbot.lab.answers import Asked, Fault, Received, fault_of_status
from chatbot.lab.dialect import Dialect, Page, Refusal, dumps
from chatbot.lab.quirks.changes import Answering
from chatbot.lab.quirks.table import Quirk
from chatbot.lab.recorded import RecordedAnswer
from chatbot.lab.replies import CHUNKED, Refuse, Say, ScriptedReply, Then, Turn, perform, refuse, whole
from chatbot.lab.scenarios import BY_NAME, NAMES, Scenario
from chatbot.lab.server.batches import LabBatches
from chatbot.lab.server.connection import Connection
from chatbot.lab.server.departures import Departure
from chatbot.lab.server.listener import HttpServer
from chatbot.lab.wires.dialects import Route, route

HOST = "127.0.0.1"
WRONG_KEY = "sk-wrong"  # how a key begins that is refused; any other is fine, and none
_JSON = "application/json"
_SSE = "text/event-stream"
_REMEMBERED = 1000  # requests, with their bodies


class LabServer:
    """Serves from entering the `with` block until leaving it, in threads of its own; never prints.

    `port` 0 takes a free one. `pace_s` is the delay between the words of slow answers; `hang_s` the longest that a
    hanging answer hangs, unless the client goes away or the server stops before. `log` is told each request in one
    line; `recorded` answers in the place of all scenarios; `quirks` are ways in which it deviates. Entering raises
    OSError when the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        pace_s: float = 0.2,
        hang_s: float = 600.0,
        log: Callable[[str], None] | None = None,
        recorded: RecordedAnswer | None = None,
        quirks: Sequence[Quirk] = (),
    ) -> None:
        self._recorded = recorded
        self._quirks = tuple(quirks)
        self.requests: list[Received] = []
        self._count = 0
        attributes = {"respond": staticmethod(self._respond), "pace_s": pace_s, "hang_s": hang_s}
        self._server = HttpServer(HOST, port, type("LabConnection", (Connection,), attributes))
        self._log = log
        self._lock = threading.Lock()
        self._bespoke: dict[str, deque[ScriptedReply | Turn]] = defaultdict(deque)
        self._turns_taken: dict[str, int] = defaultdict(int)
        self._batches = LabBatches()

    @property
    def url(self) -> str:
        """Without a path and without a final slash."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.__exit__(*exception)

    def will_answer(
        self,
        text: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes | Sequence[bytes] | None = None,
        then: Then = "end",
        retry_after: str | None = None,
        method: Literal["POST", "GET"] = "POST",
    ) -> None:
        """Queue one answer, used before any scenario.

        With a `text` it is said, with a `status` of 400 or more it is refused, in whatever dialect the request has.
        With a `body` the bytes are sent as they are: one piece with a Content-Length, several as chunks, unless the
        `headers` say their own; `Connection: close` among them leaves the framing away. `status`, `headers` and
        `then` hold for the body.
        """
        if body is not None:
            self._bespoke[method].append(_raw(status, headers or {}, body, then))
        elif text is not None:
            self._bespoke[method].append(Say(text, then=then))
        elif status >= 400:
            self._bespoke[method].append(Refuse(fault_of_status(status), status, retry_after))
        else:
            raise ValueError("an answer needs a text, a body, or the status of an error")

    def _respond(self, received: Received, _departure: Departure) -> ScriptedReply:
        """Any request to what is sent."""
        method, target, headers, *_ = received
        with self._lock:
            self.requests.append(received)
            del self.requests[:-_REMEMBERED]
            self._count += 1
            serial = self._count
            bespoke = self._bespoke[method].popleft() if self._bespoke[method] else None
        answer: Answering = partial(self._plain_answer, serial, bespoke)
        for quirk in self._quirks:
            answer = partial(quirk.answer, answer)
        exchange = answer(received)
        if self._log:
            found = route(method, target, headers)
            model = asked_in(found, received.json, serial).model
            self._log(f"{method} {found.path} {model} {exchange.status or 'no answer'}".replace("  ", " "))
        return exchange

    def _plain_answer(self, serial: int, bespoke: ScriptedReply | Turn | None, received: Received) -> ScriptedReply:
        """What is sent where no quirk changes it."""
        method, target, headers, body, content = received
        found = route(method, target, headers)
        asked = asked_in(found, content, serial)._replace(key=key_in(headers))
        if self._recorded and bespoke is None:
            with self._lock:
                return self._recorded(target, headers, body)
        if bespoke is None and not asked.key.startswith(WRONG_KEY):
            batch_reply = self._batches.reply(received, partial(self._row_of_batch, serial))
            if batch_reply is not None:
                return batch_reply
        return self._exchange(found, asked, content, bespoke)

    def _row_of_batch(self, serial: int, path: str, body: Any) -> ScriptedReply:
        """What is sent for a row of a batch."""
        found = route("POST", path, {})
        return self._exchange(found, asked_in(found, body, serial), body, None)

    def _exchange(
        self, found: Route, asked: Asked, content: Any, bespoke: ScriptedReply | Turn | None
    ) -> ScriptedReply:
        if isinstance(bespoke, ScriptedReply):
            return bespoke
        if bespoke is not None:
            return perform(bespoke, found.dialect, asked)
        if asked.key.startswith(WRONG_KEY) and found.action != "nothing":
            return perform(Refuse(Fault.WRONG_KEY), found.dialect, asked)
        if found.action == "models":
            return _models(found, asked)
        if found.action == "nothing":
            return refuse(found.dialect, found.dialect.refusal(Fault.NOT_FOUND, asked.serial, path=found.path), asked)
        fault = _malformed(found.dialect, content, asked.serial)
        if fault:
            return refuse(found.dialect, fault, asked)
        scenario = BY_NAME.get(asked.model.rpartition("/")[2])  # `lab/echo` and `models/echo` are `echo`
        turn = self._next_turn(scenario) if scenario else Refuse(Fault.UNKNOWN_MODEL)
        return perform(turn, found.dialect, asked)

    def _next_turn(self, scenario: Scenario) -> Turn:
        with self._lock:
            taken = self._turns_taken[scenario.name]
            self._turns_taken[scenario.name] = (taken + 1) % len(scenario.turns)
        return scenario.turns[taken]


def _raw(status: int, headers: Mapping[str, str], body: bytes | Sequence[bytes], then: Then) -> ScriptedReply:
    """Bytes as they are, framed unless the headers already say how."""
    in_pieces = not isinstance(body, bytes)
    given = {name.lower() for name in headers}
    framed = {} if "content-type" in given else {"Content-Type": _SSE if in_pieces else _JSON}
    if not given & {"content-length", "transfer-encoding", "connection"}:
        framed |= CHUNKED if in_pieces else {"Content-Length": str(len(body))}
    return ScriptedReply(status, {**framed, **headers}, body if not isinstance(body, bytes) else [body], then)


def asked_in(found: Route, content: Any, serial: int) -> Asked:
    """What a request body asks."""
    asked = Asked(found.model, streamed=found.streamed, sse=found.sse, serial=serial)
    return found.dialect.read(content, asked) if isinstance(content, dict) else asked


def key_in(headers: Mapping[str, str]) -> str:
    """The key that came with a request, in whichever header the wire format has it."""
    named = headers.get("x-api-key") or headers.get("x-goog-api-key")
    return named or headers.get("authorization", "").removeprefix("Bearer ")


def _malformed(dialect: Dialect, content: Any, serial: int) -> Refusal | None:
    """Why this body cannot be a question, if it cannot."""
    refusal = dialect.refusal(Fault.BAD_REQUEST, serial)
    if not isinstance(content, dict):
        return refusal
    missing = next((name for name in dialect.required if name not in content), None)
    if missing is not None:
        return refusal._replace(message=dialect.missing_message.format(parameter=missing), parameter=missing)
    message = dialect.faulty(content)
    return refusal._replace(message=message) if message else None


def _models(found: Route, asked: Asked) -> ScriptedReply:
    """The scenarios' names as a list of models."""
    dialect = found.dialect
    try:
        page = dialect.paging.page(NAMES, found.query) if dialect.paging else Page(NAMES)
    except ValueError as error:
        refusal = dialect.refusal(Fault.BAD_REQUEST, asked.serial)._replace(message=str(error))
        return refuse(dialect, refusal, asked)
    return whole(200, _JSON, dumps(dialect.model_list(page)))
