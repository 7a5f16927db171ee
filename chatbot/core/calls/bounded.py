"""A text that may be far too long for a model, of which it is given the beginning and the end."""

from __future__ import annotations

from chatbot.core.amounts import size_words
from chatbot.core.tools.calling import MAX_RESULT_BYTES

MAX_SAID_BYTES = MAX_RESULT_BYTES - 1024  # by a tool itself: a text is cut once, so that how much is missing is true


class HeadAndTail:
    """Takes bytes without end and keeps the first and the last of them, `max_bytes` together."""

    def __init__(self, max_bytes: int = MAX_SAID_BYTES) -> None:
        self._half = max_bytes // 2
        self._head, self._tail = bytearray(), bytearray()
        self.size_bytes = 0

    def add(self, data: bytes) -> None:
        """More at the end."""
        self.size_bytes += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:  # not at each piece
            del self._tail[: -self._half]

    def text(self) -> str:
        """What is kept, as UTF-8, with a line in between that says how much is not."""
        tail = self._tail[-self._half :]
        left_out = self.size_bytes - len(self._head) - len(tail)
        if not left_out:
            return (self._head + tail).decode("utf-8", "replace")
        head, end = self._head.decode("utf-8", "ignore"), tail.decode("utf-8", "ignore")  # a character cut in two
        return f"{head}\n[... {size_words(left_out)} left out here ...]\n{end}"


def bounded(text: str, max_bytes: int = MAX_SAID_BYTES) -> str:
    """The text, or where it has more bytes of UTF-8 its beginning and its end."""
    if len(text) * 4 <= max_bytes:
        return text
    kept = HeadAndTail(max_bytes)
    kept.add(text.encode("utf-8", "replace"))
    return kept.text() if kept.size_bytes > max_bytes else text
