"""A server that plays one scene to one client, and notes what came and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Self

from chatbot.lab import answers
from chatbot.lab.answers import Received
from chatbot.lab.grade.changes import Moment
from chatbot.lab.grade.observation import Asked
from chatbot.lab.grade.scenes import LONGEST_S, PACE_S, Scene, whole_text
from chatbot.lab.quirks.changes import Answering
from chatbot.lab.quirks.table import Quirk
from chatbot.lab.replies import ScriptedReply, perform
from chatbot.lab.server.http import LabServer, asked_in, key_in
from chatbot.lab.wires.dialects import Route, route

_OTHER_HOST = "localhost"  # another name, and another port


class Stage:
    """A context manager. Times are as time.monotonic() has them. `on_question` is called while the client waits."""

    def __init__(self, scene: Scene, on_question: Callable[[], None]) -> None:
        self._scene = scene
        self._on_question = on_question
        self._lock = threading.Lock()
        self._asked: list[Asked] = []
        self._sent_s: float | None = None
        self.happened_s = time.monotonic()
        quirk = Quirk("scene", scene.name, self._answer)
        self._server = LabServer(quirks=[quirk], pace_s=PACE_S, hang_s=LONGEST_S)
        self._elsewhere = LabServer()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self._server)
        self._open.enter_context(self._elsewhere)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._open.close()

    @property
    def url(self) -> str:
        """Of the server, without a path."""
        return self._server.url

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The questions that came so far."""
        with self._lock:
            return tuple(self._asked)

    @property
    def sent_s(self) -> float | None:
        """When the last byte of the last answer was sent."""
        return self._sent_s

    @property
    def elsewhere(self) -> tuple[Received, ...]:
        """What came to the other host."""
        return tuple(self._elsewhere.requests)

    @property
    def says(self) -> str:
        """The whole answer, where the last reply is one."""
        return whole_text(self._scene.step(len(self.asked) - 1).turn) if self.asked else ""

    def _answer(self, usual: Answering, received: Received) -> ScriptedReply:
        found = route(received.method, received.path, received.headers)
        asked = asked_in(found, received.json, 1)._replace(key=key_in(received.headers))
        number = self._note(found, received, asked)
        if number is None or not _is_whole(found, received):
            return usual(received)
        self._on_question()
        step = self._scene.step(number)
        host = self._elsewhere.url.replace("127.0.0.1", _OTHER_HOST)
        reply = step.change(perform(step.turn, found.dialect, asked), Moment(received, found, asked, host))
        return reply._replace(pieces=self._timed(reply.pieces))

    def _note(self, found: Route, received: Received, asked: answers.Asked) -> int | None:
        """The number of a question, from 0 on; None for what is none."""
        with self._lock:
            self.happened_s = time.monotonic()
            if found.action != "answer":
                return None
            self._asked.append(Asked(self.happened_s, received, asked.streamed, found.dialect.name))
            return len(self._asked) - 1

    def _timed(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.happened_s = time.monotonic()
            yield piece
        self.happened_s = self._sent_s = time.monotonic()


def _is_whole(found: Route, received: Received) -> bool:
    """Whether it has what a question must have: the lab refuses it otherwise."""
    return isinstance(received.json, dict) and all(name in received.json for name in found.dialect.required)
