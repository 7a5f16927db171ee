"""An image as Base64, in a data URL."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

from chatbot.lab.dialect import Json, member
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import Case, Rule, Start, row
from chatbot.lab.replies import Say

_QUESTION, _TEXT = "What is this?", "A picture of the lab."
_SIDE = 12


def _png() -> bytes:
    """Grey noise, so that it does not shrink to a line of Base64."""
    rows = b"".join(b"\0" + bytes((7919 * (x + y * _SIDE)) % 251 for x in range(_SIDE)) for y in range(_SIDE))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


_PNG = _png()
_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(range(200)) + b"\xff\xd9"


def _image_url(seen: Observation) -> tuple[str, list[Json]]:
    """The address of the image, and all parts of the message."""
    turns = rules.messages(seen.asked[0].received.json)
    content = turns[-1].get("content") if turns else None
    parts = rules.objects(content)
    image = next((part for part in parts if part.get("type") == "image_url"), {})
    return str(member(image, "image_url").get("url", "")), parts


def _has_image(kind: str, data: bytes) -> Rule:
    def rule(seen: Observation) -> str:
        url, parts = _image_url(seen)
        if not parts:
            return (
                'The "content" of the message is no list of parts. It wants {"type": "text", ...} and '
                '{"type": "image_url", ...}.'
            )
        if not any(part.get("type") == "text" and part.get("text") == _QUESTION for part in parts):
            return 'No part is {"type": "text", "text": ...} with the question.'
        if not url:
            return 'No part is {"type": "image_url", "image_url": {"url": ...}}.'
        return _fault_of_url(url, kind, data)

    return rule


def _fault_of_url(url: str, kind: str, data: bytes) -> str:
    head, comma, text = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64") and comma):
        return f"The address of the image is {rules.shown(url)}. It wants data:TYPE;base64,TEXT."
    if any(character.isspace() for character in text):
        return "The Base64 has line breaks, as in e-mail. In a data URL it is one line (b64encode, base64 -w0)."
    try:
        sent = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return f"What follows the comma is no Base64: {rules.shown(text)}. (Python writes b'...' around bytes; decode.)"
    if sent != data:
        return (
            f"The Base64 is {len(sent)} bytes, and they are not those of the file ({len(data)} bytes). Read it as "
            "bytes, unchanged."
        )
    named = head.removeprefix("data:").removesuffix(";base64")
    return (
        "" if named == kind else f"The bytes are {kind}, the data URL says {rules.shown(named)}. The first bytes tell."
    )


def _sent(title: str, name: str, kind: str, data: bytes) -> Case:
    rest = (rules.runs, rules.prints(_TEXT), rules.succeeds)
    checked = row(title, rules.reaches, rules.asks(), rules.sends_json, _has_image(kind, data), *rest)
    return Case((Start((_QUESTION, f"{{folder}}/{name}"), (Say(_TEXT),)),), (checked,), {name: data})


def _refused(title: str, name: str, data: bytes | None) -> Case:
    def nothing_sent(seen: Observation) -> str:
        return "A request went out, with nothing to show in it. Look at the file first." if seen.asked else ""

    start = Start((_QUESTION, f"{{folder}}/{name}"), (Say(_TEXT),))
    return Case((start,), (row(title, nothing_sent, rules.fails),), {} if data is None else {name: data})


IMAGE = (
    _sent("a PNG", "picture.png", "image/png", _PNG),
    _sent("a JPEG", "photo.jpg", "image/jpeg", _JPEG),
    _sent("a JPEG that is called .png", "wrong.png", "image/jpeg", _JPEG),
    _refused("no such file", "missing.png", None),
    _refused("a file that is no image", "notes.png", b"These are notes.\n"),
)
