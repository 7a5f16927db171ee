"""What a file is, by its bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.attachments.kinds import kind_of
from tests.pdfs import pdf
from tests.tables import each

ZIP = b"PK\3\4\x14\0\6\0\x08\0" + b"\0" * 20


@each(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/*"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/*"),
        (b"GIF89a", "image/*"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/*"),
        (b"\0\0\0\x1cftypavif", "image/*"),
        (b"\0\0\0\x1cftypheic", "image/*"),  # the image loader says how to convert it
        (pdf(["x"]), "application/pdf"),
        (b"\r\n %PDF-1.4\n", "application/pdf"),
        (b"\0\1junk before the header\n%PDF-1.4\n", "application/pdf"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"ID3\4\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        (b"FORM\0\0\0\0AIFFCOMM", "audio/aiff"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"OggS" + b"\0" * 24 + b"OpusHead", "audio/ogg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"plain words, %PDF-1.4 among them\n", "text/plain"),
        ("наïve, 世界\n".encode(), "text/plain"),
        ("an old letter: Grüße\n".encode("latin-1"), "text/plain"),
        (b"\x1b[31mred\x1b[0m\t\r\n", "text/plain"),
    ],
)
def test_what_can_be_sent_is_known_by_its_bytes(data: bytes, media_type: str) -> None:
    assert kind_of(data).media_type == media_type


@each(
    ("data", "words", "advice"),
    [
        (b"\0\0\0\x1cftypM4A \0", "a recording", "ffmpeg"),
        (b"\0\0\0\x1cftypisom\0", "a video", "ffmpeg"),
        (b"\x1a\x45\xdf\xa3\x01", "a video", "ffmpeg"),
        (b"FLV\1\5", "a video", "ffmpeg"),
        (b"\0\0\1\xba\0", "a video", "ffmpeg"),
        (ZIP + b"word/document.xml", "an office document", "PDF"),
        (ZIP + b"[Content_Types].xml", "an office document", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an office document", "PDF"),
        (ZIP + b"notes.txt", "an archive", "Unpack"),
        (b"\x1f\x8b\x08\0", "an archive", "Unpack"),
        (b"%!PS-Adobe-3.0\n", "a PostScript file", "ps2pdf"),
        (b"\xff\xfeh\0i\0", "text in UTF-16", "iconv"),
        (b"8BPS\0\1", "an image of a kind that no service takes", "PNG"),
        (b"\x7fELF\2\1\1\0", "a file of an unknown kind", "Images"),
    ],
)
def test_what_cannot_be_sent_has_a_way_out(data: bytes, words: str, advice: str) -> None:
    kind = kind_of(data)
    assert (kind.media_type, kind.words) == ("", words)
    assert advice in kind.advice


@given(st.binary(max_size=2_000))
def test_any_bytes_are_of_some_kind(data: bytes) -> None:
    kind = kind_of(data)
    assert kind.media_type or kind.advice


@given(st.text(st.characters(min_codepoint=32), min_size=1).map(lambda text: "a line: " + text))
def test_words_are_text(text: str) -> None:
    assert kind_of(text.encode("utf-8", "replace")).media_type == "text/plain"
