"""JSON as text that can stand on a terminal: nothing in it gives an order, hides, or shows in another order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from chatbot.records import NamedTuple

# `json` escapes C0; a terminal obeys DEL and C1 too, and bidi and invisible characters deceive the eye. Lone halves
# of UTF-16 characters have no UTF-8.
_ESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_encoded = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` makes an encoder for each value


def dumps(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON (RFC 8259). What would be harmful as it is stands as `\\uXXXX`, and means the same."""
    text = _encoded(value) if indent is None else json.dumps(value, ensure_ascii=False, indent=indent)
    return text if text.isascii() and "\x7f" not in text else _ESCAPED.sub(_escape, text)


class TextPieces(NamedTuple):
    """A text that is too long to be had at once."""

    pieces: Iterable[str]


def written(value: object, *, indent: int | None = None, level: int = 0) -> Iterator[str]:
    """What `dumps` gives, in pieces. In `value`, `TextPieces` are a string and an iterator is a list of whole values:
    both are read only while they are written. `level`: how deep the value stands.
    """
    outer = "" if indent is None else "\n" + " " * (indent * level)
    inner, comma = ("", ", ") if indent is None else (outer + " " * indent, ",")
    if isinstance(value, TextPieces):
        yield '"'
        for piece in value.pieces:
            yield dumps(piece)[1:-1]
        yield '"'
    elif isinstance(value, dict) and value:
        before = "{"
        for name, item in value.items():
            yield f"{before}{inner}{dumps(name)}: "
            yield from written(item, indent=indent, level=level + 1)
            before = comma
        yield outer + "}"
    elif isinstance(value, (list, tuple)) and value:
        before = "["
        for item in value:
            yield before + inner
            yield from written(item, indent=indent, level=level + 1)
            before = comma
        yield outer + "]"
    elif isinstance(value, Iterator):
        before = "["
        for item in value:
            yield before + inner + dumps(item, indent=indent).replace("\n", inner)
            before = comma
        yield "[]" if before == "[" else outer + "]"
    else:
        yield dumps(value)


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]
