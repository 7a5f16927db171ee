"""Words in texts: how a text is cut into words for an index, where they stand in it, and what is shown around them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from chatbot.core.conversations.stored import Piece

# Scripts that put no blank between words: each of their characters is indexed as a word of its own.
_UNSPACED = (
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
_MIN_PREFIX = 3  # a shorter word as a beginning fits half of the index
_BEFORE = 30  # characters shown in front of the first hit


def indexable(text: str) -> str:
    """`text` as the full-text index gets it. What is in an index was made by this, and is taken out by the same: to
    change it is a change of the database's schema.
    """
    return text if text.isascii() else re.sub(_UNSPACED, r" \1 ", text)


def index_query(words: Sequence[str]) -> str:
    """An FTS5 query for texts that have words beginning with each of `words`; empty when there is none to look for.

    It finds a little too much (punctuation does not count): `places` decides.
    Source: www.sqlite.org/fts5.html, "Full-text Query Syntax".
    """
    terms = []
    for word in words:
        if any(character.isalnum() for character in word):
            phrase = indexable(word).replace('"', " ").strip()
            may_go_on = len(word) >= _MIN_PREFIX and word[-1].isalnum()
            terms.append(f'"{phrase}"' + ("*" if may_go_on else ""))
    return " AND ".join(terms)


def like_pattern(word: str) -> str:
    """A pattern for SQL's LIKE with the escape character `\\`. LIKE knows the case of ASCII only, so any other
    character may be any: `places` decides.
    """
    return "%" + "".join("\\" + c if c in "\\%_" else c if c.isascii() else "_" for c in word) + "%"


def places(text: str, word: str) -> list[tuple[int, int]]:
    """Where the word stands in `text` (start and end), in order. Case and accents make no difference."""
    folded, origin = _folded(text)
    term = _folded(word)[0]
    starts = [match.start() for match in re.finditer(re.escape(term), folded)] if term else []
    return [(origin[start], origin[start + len(term) - 1] + 1) for start in starts]


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same in order, those that overlap as one."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """`text` without case and accents, and for each of its characters the index of the one it came from."""
    if text.isascii():
        return text.lower(), range(len(text))
    folds = [_fold(character) for character in text]
    return "".join(folds), [index for index, fold in enumerate(folds) for _ in fold]


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    if character.isascii():
        return character.lower()
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(part for part in decomposed if not unicodedata.combining(part)).casefold()


def snippet(text: str, places: Iterable[tuple[int, int]], max_length: int) -> tuple[Piece, ...]:
    """About `max_length` characters around the first of `places`, on one line, in pieces that are a hit or not."""
    spans = _apart(places)
    start = max(0, spans[0][0] - _BEFORE) if spans else 0
    end = min(len(text), start + max_length)
    pieces = [Piece("…", False)] if start else []
    at = start
    for hit_start, hit_end in spans:
        if hit_start >= end:
            break
        pieces += [Piece(text[at:hit_start], False), Piece(text[hit_start : min(hit_end, end)], True)]
        at = min(hit_end, end)
    pieces += [Piece(text[at:end], False)] + ([Piece("…", False)] if end < len(text) else [])
    return tuple(Piece(re.sub(r"\s+", " ", piece.text), piece.is_hit) for piece in pieces if piece.text)
