"""What a cache of answers says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from chatbot.core.cache.answer import CachedAnswer
from chatbot.core.errors import ChatError, UsageError
from chatbot.core.events import Usage
from chatbot.records import NamedTuple

DEFAULT_TTL_S = 300.0
SHOWN_KEY_DIGITS = 6


class CacheUnavailable(ChatError):
    """The cache cannot be read or changed."""


class Question(NamedTuple):
    """What an answer is kept under: the key of its request, and that request's fingerprint, without its words."""

    key: str
    provider: str
    model: str
    fields: Mapping[str, str]


class Entry(NamedTuple):
    """An answer and what is known of it. Times are Unix seconds."""

    question: Question
    created_s: float
    used_s: float
    hits: int
    size_bytes: int
    answer: CachedAnswer

    def is_fresh(self, now_s: float, ttl_s: float) -> bool:
        """Whether it may be given for an answer. One from the future may not: a clock was wrong, then or now."""
        return 0 <= now_s - self.created_s < ttl_s


class CacheStats(NamedTuple):
    """The cache in numbers. `saved_tokens` were not sent, or not answered, because of it."""

    hits: int
    misses: int
    cache_size: int
    bytes: int
    saved_tokens: int

    @property
    def hit_rate(self) -> float:
        """The share of questions that were answered from it, 0 to 1."""
        return self.hits / max(1, self.hits + self.misses)


class AnswerStore(Protocol):
    """Where answers are kept. Nothing is raised: what does not work is as if nothing were there."""

    def find(self, key: str) -> Entry | None:
        """The entry under this key, however old."""

    def hit(self, key: str, usage: Usage | None) -> None:
        """The entry was used, which saved these tokens."""

    def missed(self, question: Question, answer: CachedAnswer | None) -> bool:
        """A question was asked; its answer, if it is to be kept, replaces an older one. Whether it is kept."""

    def claim(self, key: str) -> bool:
        """Whether this question is now ours to ask; false while another process asks it."""

    def release(self, key: str) -> None:
        """It is asked."""


def key_prefix(typed: str) -> str:
    """A key or its beginning, as a person typed it. Raises UsageError."""
    prefix = typed.strip().lower()
    if not re.fullmatch("[0-9a-f]{1,64}", prefix):
        raise UsageError(f"{typed.strip()[:40]!r} is not a key of the cache", advice="chat cache list shows them all.")
    return prefix
