"""What a PDF says of itself in plain bytes."""

from __future__ import annotations

from chatbot.core.attachments.pdf import is_encrypted, page_count
from tests.pdfs import encrypted, pdf


def test_the_pages_that_can_be_seen_are_counted() -> None:
    assert page_count(pdf(["one", "two", "three"])) == 3
    assert page_count(b"%PDF-1.7\n1 0 obj<</Type/Pages/Kids[]>>") is None


def test_an_encryption_is_seen_and_a_name_like_it_is_none() -> None:
    assert is_encrypted(encrypted(["secret"], "password"))
    assert not is_encrypted(pdf(["/Encrypt is a word here"]))
    assert not is_encrypted(b"<</EncryptMetadata true>>")
