"""The cache of answers as lines for a terminal. Everything is harmless to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chatbot.core.amounts import duration_words, size_words, token_words
from chatbot.core.cache.entries import SHOWN_KEY_DIGITS, CacheStats, Entry, Question
from chatbot.core.events import CacheUse
from chatbot.core.http.canonical import Difference
from chatbot.terminal.sanitise import sanitise

_SHOWN_DIFFERENCES = 20
_ABSENT = "nothing"


def use_line(use: CacheUse) -> str:
    """What the person is told of an answer from the cache."""
    age, left = _rounded(use.age_s), _rounded(use.expires_s)
    return f"from the cache, {age} old, kept {left} more, key {use.key[:SHOWN_KEY_DIGITS]}; --refresh asks again"


def stats_lines(stats: CacheStats, ttl_s: float) -> list[str]:
    """The cache in numbers."""
    rows = (
        ("answers", f"{stats.cache_size} ({size_words(stats.bytes)})"),
        ("from the cache", f"{stats.hits} of {stats.hits + stats.misses} ({stats.hit_rate:.0%})"),
        ("asked", str(stats.misses)),
        ("saved", token_words(stats.saved_tokens)),
        ("fresh for", duration_words(ttl_s)),
    )
    return [f"{name:<15} {value}" for name, value in rows]


def entry_lines(entries: Sequence[Entry], now_s: float) -> Iterator[str]:
    """A line each: key, age, how often it was used, size, model."""
    rows = [
        (
            entry.question.key[: 2 * SHOWN_KEY_DIGITS],
            f"{_rounded(max(0.0, now_s - entry.created_s))} old",
            f"{entry.hits} hits" if entry.hits != 1 else "1 hit",
            size_words(entry.size_bytes),
            sanitise(f"{entry.question.provider}/{entry.question.model}"),
        )
        for entry in entries
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def field_lines(fields: Mapping[str, str]) -> Iterator[str]:
    """What the key is made of; of texts a part of their hash."""
    return (sanitise(f"  {name} = {value}") for name, value in fields.items())


def why_lines(
    question: Question, nearest: Entry | None, compared: Sequence[Difference], now_s: float, ttl_s: float
) -> Iterator[str]:
    """Whether the question would be answered from the cache, else what is nearest to it."""
    key, model = question.key[:SHOWN_KEY_DIGITS], sanitise(f"{question.provider}/{question.model}")
    if nearest is None:
        yield f"no answer of {model} is kept; the key would be {key}"
        return
    age = f"{_rounded(max(0.0, now_s - nearest.created_s))} old"
    if not compared:
        is_fresh = nearest.is_fresh(now_s, ttl_s)
        yield f"it is in the cache: key {key}, {age}"
        yield "and would be used" if is_fresh else f"but older than {duration_words(ttl_s)}: --cache-ttl allows more"
        return
    yield f"it is not in the cache; the nearest of {model} is {nearest.question.key[:SHOWN_KEY_DIGITS]}, {age}:"
    for field, mine, other in compared[:_SHOWN_DIFFERENCES]:
        yield sanitise(
            f"  {field}: here {_ABSENT if mine is None else mine}, there {_ABSENT if other is None else other}"
        )
    if len(compared) > _SHOWN_DIFFERENCES:
        yield f"  and {len(compared) - _SHOWN_DIFFERENCES} more"


def _rounded(seconds: float) -> str:
    """A duration as it is spoken: from two of a unit on in that unit alone."""
    for unit_s, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit_s:
            return f"{round(seconds / unit_s)} {name}"
    return duration_words(round(seconds)) if seconds >= 1 else duration_words(seconds)
