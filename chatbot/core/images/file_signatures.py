"""What a file seems to be when it is not an image that can be sent, and what to do with it then."""

from __future__ import annotations

import re

from chatbot.records import NamedTuple


class Lookalike(NamedTuple):
    """A kind of file, as `it is {words}`, and the way on for the person."""

    words: str
    advice: str


# Brands of ISO base media (ISO/IEC 23008-12, 10.2 and 10.4): HEIF images coded with HEVC, and the generic ones.
_HEIC = rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)"
_KNOWN_IMAGE = rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|BM.{4}\0{4}|II\*\0|MM\0\*|....ftypavi[fs]"

_SIGNATURES: tuple[tuple[bytes, Lookalike], ...] = (
    (_KNOWN_IMAGE, Lookalike("a damaged image", "Fetch or export it again.")),
    (_HEIC, Lookalike("a HEIC image", "Convert it to JPEG first, for example with heif-convert (on a Mac: sips).")),
    (rb"....ftyp", Lookalike("a video", "Take a single picture of it first, for example with ffmpeg.")),
    (rb"%PDF-", Lookalike("a PDF document", "Convert the page to PNG first: pdftoppm -png.")),
    (rb"%!PS|\xc5\xd0\xd3\xc6", Lookalike("a PostScript file", "Convert it to PNG first.")),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", Lookalike("a JPEG XL image", "Convert it to JPEG first: djxl.")),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", Lookalike("a JPEG 2000 image", "Convert it to JPEG first.")),
    (rb"8BPS", Lookalike("a Photoshop file", "Export it as PNG first.")),
    (rb"\0\0[\1\2]\0", Lookalike("an icon or a cursor", "Convert it to PNG first.")),
    (rb"\s*<(\?xml|!--|!doctype svg|svg)", Lookalike("an SVG drawing or other XML", "Convert it to PNG first.")),
    (rb"\s*<(!doctype html|html)", Lookalike("a web page", "The download did not give the image itself.")),
    (rb"-----BEGIN ", Lookalike("a key or a certificate", "It has not been sent.")),
)

_SNIFFED_BYTES = 1_024


def lookalike(data: bytes) -> Lookalike:
    """The best guess at data that is no image; never fails."""
    head = data[:_SNIFFED_BYTES]
    for pattern, what in _SIGNATURES:
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            return what
    if b"\0" not in head and _is_utf8(head):
        return Lookalike("a text file", "Send it with --file instead.")
    return Lookalike("no image of a known kind", "Give a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF file.")


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character cut in two by the end of the sample
    return True
