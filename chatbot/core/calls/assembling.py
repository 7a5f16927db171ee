"""Tool calls out of the pieces of a stream, however a server cuts and names them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from chatbot.core.events import CallPiece, ToolCallDelta
from chatbot.core.surrogates import SurrogateJoiner
from chatbot.core.tools.calling import ToolCall

# Mistral takes ids of nine letters and digits only.
_OURS = "call{:05d}"
_IS_OURS = re.compile(r"call\d{5}")


class CallAssembler:
    """Takes the pieces of one answer as they come. `first_number` counts the calls of the conversation before it, so
    that an id of ours is no earlier one.

    A piece belongs to the call of its place, else to that of its id, else to the last one. It begins a new call where
    it names a tool and either its id is another (some servers put every call in the same place) or nothing of all this
    is said and the last call is whole already.
    """

    def __init__(self, first_number: int = 0) -> None:
        self._first_number = first_number
        self._growing: list[_Growing] = []
        self._at: dict[int | str, _Growing] = {}

    def take(self, piece: CallPiece) -> Iterator[ToolCallDelta]:
        """What of a piece is new."""
        call = self._call_of(piece)
        if call is not None:
            is_new = not call.is_told and bool(call.name or piece.name)
            call.id = call.id or piece.id
            call.name = call.name or piece.name
            text = call.add(piece)
            if text or is_new:
                call.is_told = True
                yield ToolCallDelta(call.number, call.name, text)

    def calls(self) -> tuple[ToolCall, ...]:
        """All calls of an answer that is whole."""
        ids: set[str] = set()
        found = []
        for call in self._growing:
            number = self._first_number + call.number
            call_id = call.id if call.id and call.id not in ids else _OURS.format(number % 100_000)
            ids.add(call_id)
            found.append(ToolCall(call_id, call.name, call.text()))
        return tuple(found)

    def _call_of(self, piece: CallPiece) -> _Growing | None:
        known = None if piece.place is None else self._at.get(piece.place)
        if known is None and piece.id and (piece.whole or piece.place is None):
            known = next((call for call in self._growing if call.id == piece.id), None)
        elif known is None and piece.place is None and self._growing:
            known = self._growing[-1]
        if known is None or self._is_other(known, piece):
            if not (piece.id or piece.name):  # a piece of something else
                return None
            known = _Growing(len(self._growing))
            self._growing.append(known)
        if piece.place is not None:
            self._at[piece.place] = known
        return known

    @staticmethod
    def _is_other(known: _Growing, piece: CallPiece) -> bool:
        """Whether the piece begins another call than the one it seems to belong to."""
        if not (piece.name and known.name):
            return False
        if piece.id and known.id:
            return piece.id != known.id
        return piece.place is None and (piece.name != known.name or known.is_whole())


class _Growing:
    """A call while it comes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = ""
        self.name = ""
        self.is_told = False
        self._pieces: list[str] = []
        self._whole: str | None = None
        self._surrogates = SurrogateJoiner()

    def add(self, piece: CallPiece) -> str:
        """What of the piece's arguments is new."""
        if not piece.whole:
            text = self._surrogates.feed(piece.arguments)
            self._pieces.append(text)
            return text if self._whole is None else ""
        before = self.text()
        self._whole = SurrogateJoiner().feed(piece.arguments) or self._whole
        return self.text().removeprefix(before) if self.text().startswith(before) else ""

    def text(self) -> str:
        return "".join(self._pieces) if self._whole is None else self._whole

    def is_whole(self) -> bool:
        """Whether nothing can follow."""
        try:
            json.loads(self.text())
        except (ValueError, RecursionError):
            return False
        return True


def is_ours(call_id: str) -> bool:
    """Whether an id was made here, for a call that came without: the provider does not know it."""
    return _IS_OURS.fullmatch(call_id) is not None
