"""Image files without what they say beside the picture: EXIF, GPS, XMP, IPTC, comments, thumbnails, hidden trailers.

Lossless: the compressed pixels are copied byte for byte, with what is needed to show them right (colour profile,
gamma, transparency, density). Each container keeps a short list of known parts, so that unknown ones are dropped.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator


class _Malformed(Exception):
    """The parts of the file do not follow each other as its format says."""


def without_metadata(data: bytes, media_type: str) -> bytes | None:
    """The same picture without metadata; `data` itself when it has none.

    None when there is no such way: a format without a row below, or a file that does not keep to its format.
    """
    strip = _STRIPPERS.get(media_type)
    if strip is None:
        return None
    try:
        stripped = b"".join(strip(data))
    except (_Malformed, struct.error, IndexError):
        return None
    return data if stripped == data else stripped


# JPEG: markers, ITU-T T.81 annex B. APP0 is JFIF, APP2 may hold the colour profile, APP14 says how CMYK is meant.
_JPEG_KEPT_APPS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_JPEG_COMMENT, _JPEG_SCAN, _JPEG_END = 0xFE, 0xDA, 0xD9
_AFTER_ENTROPY_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker that is neither stuffing nor a restart


def _strip_jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    for marker, segment in _jpeg_segments(data):
        if 0xE0 <= marker <= 0xEF:
            wanted = marker in _JPEG_KEPT_APPS and segment[4:].startswith(_JPEG_KEPT_APPS[marker])
        else:
            wanted = marker != _JPEG_COMMENT
        if wanted:
            yield _without_thumbnail(segment) if marker == 0xE0 else segment


def _without_thumbnail(jfif: bytes) -> bytes:
    """A JFIF segment whose thumbnail has no rows (JFIF 1.02: width and height at 16 and 17, then its pixels)."""
    return jfif[:2] + struct.pack(">H", 16) + jfif[4:16] + b"\0\0" if len(jfif) > 18 else jfif


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, whole segment) after SOI, up to EOI; the entropy-coded data belongs to its SOS."""
    start = 2
    while True:
        while data[start : start + 2] == b"\xff\xff":  # fill bytes (B.1.1.2)
            start += 1
        if data[start] != 0xFF:
            raise _Malformed
        marker = data[start + 1]
        if marker == _JPEG_END:
            yield marker, data[start : start + 2]
            return
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4])
        if marker == _JPEG_SCAN:
            following = _AFTER_ENTROPY_DATA.search(data, end)
            if following is None:
                raise _Malformed
            end = following.start()
        yield marker, data[start:end]
        start = end


# PNG: chunks, W3C PNG (third edition), section 11. Those with a capital first letter are critical.
_PNG_SIGNATURE_BYTES = 8
_PNG_KEPT = frozenset(b"tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs sPLT".split())


def _strip_png(data: bytes) -> Iterator[bytes]:
    yield data[:_PNG_SIGNATURE_BYTES]
    start = _PNG_SIGNATURE_BYTES
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        if kind[:1].isupper() or kind in _PNG_KEPT:
            yield data[start:end]
        start = end


# WebP: RIFF chunks, RFC 9649, section 2.
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"})
_WEBP_METADATA_FLAGS = 0x08 | 0x04  # "EXIF present" and "XMP present" of VP8X


def _strip_webp(data: bytes) -> Iterator[bytes]:
    kept: list[bytes] = []
    start = 12
    end_of_riff = 8 + int.from_bytes(data[4:8], "little")
    while start + 8 <= end_of_riff:
        kind, length = struct.unpack_from("<4sI", data, start)
        end = start + 8 + length + length % 2
        chunk = data[start:end]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_METADATA_FLAGS]) + chunk[9:]
        if kind in _WEBP_KEPT:
            kept.append(chunk)
        start = end
    yield from (b"RIFF", struct.pack("<I", 4 + sum(map(len, kept))), b"WEBP", *kept)


# GIF: blocks, GIF89a specification, sections 17 to 27. Kept extensions: graphic control and plain text.
_GIF_KEPT_EXTENSIONS = frozenset({0xF9, 0x01})
_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B


def _strip_gif(data: bytes) -> Iterator[bytes]:
    start = 13 + _gif_colour_table_bytes(data[10])
    yield data[:start]
    while data[start] != _GIF_TRAILER:
        if data[start] == _GIF_EXTENSION:
            end = _after_gif_sub_blocks(data, start + 2)
            wanted = data[start + 1] in _GIF_KEPT_EXTENSIONS
        elif data[start] == _GIF_IMAGE:
            end = _after_gif_sub_blocks(data, start + 11 + _gif_colour_table_bytes(data[start + 9]))
            wanted = True
        else:
            raise _Malformed
        if wanted:
            yield data[start:end]
        start = end
    yield bytes([_GIF_TRAILER])


def _gif_colour_table_bytes(packed: int) -> int:
    return 3 << (packed & 0x07) + 1 if packed & 0x80 else 0


def _after_gif_sub_blocks(data: bytes, start: int) -> int:
    while data[start]:
        start += data[start] + 1
    return start + 1


# The parts to keep. Raises _Malformed, struct.error and IndexError.
_STRIPPERS: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "image/jpeg": _strip_jpeg,
    "image/png": _strip_png,
    "image/webp": _strip_webp,
    "image/gif": _strip_gif,
    "image/bmp": lambda data: (data,),  # it has no place for metadata
}
