"""PDF documents for tests, made by hand: objects, cross-reference table, trailer (ISO 32000-1, 7.5)."""

from __future__ import annotations

import functools
import io
import zlib
from collections.abc import Sequence
from typing import Any


def pdf(pages: Sequence[str | bytes], *, catalog: bytes = b"", compressed: bytes = b"") -> bytes:
    """A document with a page for each text; bytes are the content of a page as they are, with `compressed` as their
    filter. `catalog` is added to the catalogue.
    """
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, page in enumerate(pages):
        content = b"BT /F1 12 Tf 20 200 Td (%s) Tj ET" % page.encode() if isinstance(page, str) else page
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (5 + 2 * number)
        )
        filtered = b"/Filter/%s" % compressed if compressed and isinstance(page, bytes) else b""
        objects.append(b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), filtered, content))
    written = b"%PDF-1.7\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n"
    return written + end % (count, table, count, len(written))


def encrypted(pages: Sequence[str], password: str) -> bytes:
    """The same under a password (AES, 256 bits)."""
    from pypdf import PdfWriter

    writer: Any = PdfWriter(clone_from=io.BytesIO(pdf(pages)))
    writer.encrypt(password, "owner", algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def bomb(size_bytes: int) -> bytes:
    """A page that unpacks to so many bytes."""
    piece = b"BT (A) Tj ET " * 80_000
    return pdf([packed(piece, size_bytes // len(piece))], compressed=b"FlateDecode")


def packed(piece: bytes, count: int) -> bytes:
    """The piece so many times, as zlib has it (RFC 1950, 2.2), without packing it more than once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    once = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    check = functools.reduce(lambda check, _: zlib.adler32(piece, check), range(count), 1)
    return b"\x78\xda" + once * count + packer.flush() + check.to_bytes(4)
