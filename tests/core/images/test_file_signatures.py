from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.images.file_signatures import lookalike
from tests.tables import each


@each(
    ("data", "words"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x18ftypisom", "a video"),
        (b"\0\0\0\x18ftypavif", "a damaged image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript file"),
        (b"\xff\x0a\xfa\x1f", "a JPEG XL image"),
        (b"\0\0\0\x0cjP  \r\n", "a JPEG 2000 image"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"\0\0\1\0\1\0", "an icon or a cursor"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing or other XML"),
        (b"  <svg width='1'/>", "an SVG drawing or other XML"),
        (b"\n<!DOCTYPE HTML><title>404</title>", "a web page"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "a key or a certificate"),
        (b"\x89PNG\r\n\x1a\nrubbish", "a damaged image"),
        ("just words, ünd mehr".encode(), "a text file"),
        ("ü".encode() * 512 + b"\xc3", "a text file"),
        (b"BMW makes cars", "a text file"),
        (b"\x7fELF\2\1\1\0", "no image of a known kind"),
        (b"\xe9t\xe9 in latin-1, which could be anything", "no image of a known kind"),
    ],
)
def test_a_file_is_told_by_how_it_begins(data: bytes, words: str) -> None:
    assert lookalike(data).words == words
    assert lookalike(data).advice.endswith(".")


@given(st.binary(max_size=64))
def test_any_bytes_look_like_something(data: bytes) -> None:
    assert lookalike(data).words


def test_a_long_run_of_opening_brackets_costs_no_time() -> None:
    assert lookalike(b" \n" * 2_000_000 + b"<" * 2_000_000).words == "a text file"
