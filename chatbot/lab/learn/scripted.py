"""A lab that answers whatever it is asked with the turns it was told, and notes when each request came."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from chatbot.lab.answers import Received
from chatbot.lab.grade.observation import Asked
from chatbot.lab.quirks.changes import Answering
from chatbot.lab.quirks.table import Quirk
from chatbot.lab.replies import ScriptedReply, Turn, perform
from chatbot.lab.server.http import asked_in, key_in
from chatbot.lab.wires.dialects import route


class Script:
    """`quirk` makes a `LabServer` follow it."""

    def __init__(self) -> None:
        self.quirk = Quirk("scripted", "It answers what it was told to.", self._answer)
        self._lock = threading.Lock()
        self._turns: Sequence[ScriptedReply | Turn] = ()
        self._asked: list[Asked] = []

    def begin(self, turns: Sequence[ScriptedReply | Turn]) -> None:
        """From now on these follow each other; the last goes on. Without any, the lab answers as it does."""
        with self._lock:
            self._turns, self._asked = turns, []

    @property
    def asked(self) -> tuple[Asked, ...]:
        """All requests since then, questions or not; times as time.monotonic() has them."""
        with self._lock:
            return tuple(self._asked)

    def _answer(self, usual: Answering, received: Received) -> ScriptedReply:
        with self._lock:
            self._asked.append(Asked(time.monotonic(), received))
            turns, serial = self._turns, len(self._asked)
        found = route(received.method, received.path, received.headers)
        if not turns or found.action == "nothing":
            return usual(received)
        turn = turns[min(serial, len(turns)) - 1]
        if isinstance(turn, ScriptedReply):
            return turn
        asked = asked_in(found, received.json, serial)._replace(key=key_in(received.headers))
        return perform(turn, found.dialect, asked)
