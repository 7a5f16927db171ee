"""What a file is, by its bytes; its name is not asked."""

from __future__ import annotations

import re

from chatbot.core.messages import AAC, AIFF, FLAC, MP3, OGG, PDF, TEXT, WAV
from chatbot.records import NamedTuple


class FileKind(NamedTuple):
    """`media_type` is `image/*` for whatever the image loader is to judge, and empty where a file of this kind cannot
    be sent at all: then `advice` is the way out. `words` tell it: it is {words}.
    """

    media_type: str
    words: str
    advice: str = ""


_HEAD_BYTES = 1_024  # a PDF may have something before its header (ISO 32000-1, annex H.3, note 13)
_AS_MP3 = "Convert it first: ffmpeg -i IN out.mp3 ."
_AS_PDF = "Export it as PDF, or as text, and attach that."

# A frame of MPEG audio, layer III (ISO/IEC 11172-3, 2.4.1.3): version, bit rate and sampling rate are not reserved.
_MP3_FRAME = rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][^\xf0-\xff]"

_KINDS: tuple[tuple[bytes, FileKind], ...] = (
    (rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|BM.{4}\0{4}|II\*\0|MM\0\*", FileKind("image/*", "an image")),
    (rb"....ftyp(avi[fs]|hei[cmsx]|hev[cx]|mif1|msf1)", FileKind("image/*", "an image")),
    (rb"\s*%PDF-", FileKind(PDF, "a PDF document")),
    (rb"RIFF....WAVE", FileKind(WAV, "a WAV recording")),
    (rb"ID3[\2-\4]|" + _MP3_FRAME, FileKind(MP3, "an MP3 recording")),
    (rb"FORM....AIF[FC]", FileKind(AIFF, "an AIFF recording")),
    (rb"fLaC", FileKind(FLAC, "a FLAC recording")),
    (rb"OggS.{24,60}?(OpusHead|\x01vorbis|\x7fFLAC|Speex)", FileKind(OGG, "an Ogg recording")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", FileKind(AAC, "an AAC recording")),  # ADTS, ISO/IEC 13818-7
    (rb"....ftypM4[AB] |#!AMR|\x30\x26\xb2\x75\x8e\x66\xcf\x11|\.snd|caff", FileKind("", "a recording", _AS_MP3)),
    (
        rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI |OggS|FLV\x01|\0\0\x01[\xb3\xba]",
        FileKind("", "a video", "Take its sound (ffmpeg -i IN -vn out.mp3), or single pictures of it."),
    ),
    (
        rb"PK\x03\x04.{26,300}?(word/|xl/|ppt/|\[Content_Types\]\.xml|_rels/)|\xd0\xcf\x11\xe0|"
        rb"PK\x03\x04.{26}mimetypeapplication/(vnd\.oasis|epub)",
        FileKind("", "an office document", _AS_PDF),
    ),
    (
        rb"PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd|.{257}ustar",
        FileKind("", "an archive", "Unpack it, and attach the files that matter."),
    ),
    (rb"%!PS|\xc5\xd0\xd3\xc6", FileKind("", "a PostScript file", "Convert it first: ps2pdf IN out.pdf .")),
    (
        rb"\xff\x0a|\0\0\0\x0c(JXL |jP  )|\xff\x4f\xff\x51|8BPS|\0\0[\1\2]\0",
        FileKind("", "an image of a kind that no service takes", "Convert it to PNG first."),
    ),
    (
        rb"\xff\xfe|\xfe\xff",
        FileKind("", "text in UTF-16", "Convert it first: iconv -f UTF-16 -t UTF-8 IN > out.txt ."),
    ),
)
_UNKNOWN = FileKind("", "a file of an unknown kind", "Images, PDF documents, recordings and text can be sent.")


def kind_of(data: bytes) -> FileKind:
    """The kind of a file; never fails. What has no byte that no text has is text, whatever its charset."""
    head = data[:_HEAD_BYTES]
    for pattern, kind in _KINDS:
        if re.match(pattern, head, re.DOTALL):
            return kind
    if not re.search(rb"[\x00-\x07\x0e-\x1a]", head):
        return FileKind(TEXT, "text")
    return FileKind(PDF, "a PDF document") if b"%PDF-" in head else _UNKNOWN
