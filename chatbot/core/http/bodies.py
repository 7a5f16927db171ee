"""Bodies for reading: JSON indented, images and other files by what they are."""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from chatbot.core.http.exchange import Chunks
from chatbot.core.json_text import TextPieces
from chatbot.records import NamedTuple

_MEDIA_TYPE_NAMES = ("media_type", "mimeType", "mime_type")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,([A-Za-z0-9+/=]{64,})\Z")
_HASH_DIGITS = 8
_BLOCK_BYTES = 256 * 1024  # of a body that is written in pieces


def shown_body(body: bytes) -> str:
    """A body as a person reads it: JSON indented and its files told, anything else as text."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    return json.dumps(with_images_told(document), ensure_ascii=False, indent=2)


def with_images_told(value: Any) -> Any:
    """The same document with `<image/jpeg, 184 213 bytes, sha256 9f2c41aa>` in place of each file's Base64."""
    if isinstance(value, dict):
        kind = next((value[name] for name in _MEDIA_TYPE_NAMES if isinstance(value.get(name), str)), "")
        if not kind and value.keys() == {"data", "format"}:  # the recording of a Chat Completion
            kind = f"audio/{value['format']}"
        return {
            name: _told(kind, item) if kind and name == "data" and isinstance(item, str) else with_images_told(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [with_images_told(item) for item in value]
    if isinstance(value, str) and (found := _DATA_URL.match(value)):
        return "data:" + _told(found[1], found[2])
    return value


class BodyText(NamedTuple):
    """A body as text where it is UTF-8, else in Base64 (RFC 4648, section 4). `size`: bytes."""

    text: TextPieces
    is_utf8: bool
    size: int


def as_text_pieces(chunks: Chunks) -> BodyText:
    """A body for JSON, whatever its length."""
    size, is_utf8 = 0, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    for block in _blocks(chunks):
        size += len(block)
        is_utf8 = is_utf8 and _takes(decoder, block)
    if is_utf8 and _takes(decoder, b"", final=True):
        return BodyText(TextPieces(codecs.iterdecode(_blocks(chunks), "utf-8")), True, size)
    return BodyText(TextPieces(base64.b64encode(block).decode() for block in _blocks(chunks)), False, size)


def _takes(decoder: codecs.IncrementalDecoder, data: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(data, final)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(chunks: Chunks) -> Iterator[bytes]:
    """The bytes of the chunks in larger pieces, of which all but the last have a length that three divides."""
    held: list[bytes] = []
    held_bytes = 0
    for chunk in chunks:
        held.append(chunk.data)
        held_bytes += len(chunk.data)
        if held_bytes >= _BLOCK_BYTES:
            block = b"".join(held)
            whole = held_bytes - held_bytes % 3
            yield block[:whole]
            held, held_bytes = [block[whole:]], held_bytes - whole
    yield b"".join(held)


def _told(kind: str, text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text
    digest = hashlib.sha256(data).hexdigest()[:_HASH_DIGITS]
    size = f"{len(data):,}".replace(",", " ")
    return f"<{kind}, {size} bytes, sha256 {digest}>"
