"""Answers that are kept as long as the program runs. See chatbot.core.cache.entries.AnswerStore."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from chatbot.core.cache.answer import CachedAnswer
from chatbot.core.cache.entries import CacheStats, Entry, Question
from chatbot.core.events import Usage

MOST_ENTRIES = 1000


class MemoryAnswers:
    """At most `most_entries`; what was not used for longest leaves. Any thread may use it. `now` gives Unix seconds."""

    def __init__(self, now: Callable[[], float], most_entries: int = MOST_ENTRIES) -> None:
        self._now = now
        self._most = most_entries
        self._lock = Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._hits = self._misses = self._saved_tokens = 0

    def find(self, key: str) -> Entry | None:
        """The entry under this key, however old."""
        return self._entries.get(key)

    def hit(self, key: str, usage: Usage | None) -> None:
        """The entry was used."""
        with self._lock:
            self._hits += 1
            self._saved_tokens += sum(filter(None, usage[:2])) if usage else 0
            if key in self._entries:
                self._entries.move_to_end(key)

    def missed(self, question: Question, answer: CachedAnswer | None) -> bool:
        """A question was asked; its answer, if there is one, is kept."""
        with self._lock:
            self._misses += 1
            if answer is None:
                return False
            now_s = self._now()
            self._entries[question.key] = Entry(question, now_s, now_s, 0, len(answer.text()), answer)
            self._entries.move_to_end(question.key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return True

    def remove(self, key: str) -> int:
        """Removes the entry under this key; how many there were."""
        with self._lock:
            return 0 if self._entries.pop(key, None) is None else 1

    def stats(self) -> CacheStats:
        """The cache in numbers."""
        with self._lock:
            size_bytes = sum(entry.size_bytes for entry in self._entries.values())
            return CacheStats(self._hits, self._misses, len(self._entries), size_bytes, self._saved_tokens)

    def close(self) -> None:
        """Forgets everything."""
        self._entries.clear()
