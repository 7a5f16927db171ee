"""The text of PDF documents: with the marks of its pages, within limits, and told where there is none."""

from __future__ import annotations

import sys
import time

import pytest

from chatbot.core.errors import FileUnreadable
from chatbot.outside.attachments.pdf_text import pdf_text
from tests.pdfs import bomb, encrypted, pdf


def refused(data: bytes) -> str:
    with pytest.raises(FileUnreadable) as caught:
        pdf_text(data, "it.pdf")
    assert caught.value.advice
    return str(caught.value)


def test_each_page_stands_under_its_mark_and_one_without_text_is_told() -> None:
    found = pdf_text(pdf(["One.", "", "Three."]), "it.pdf")
    assert found.text == "[page 1]\nOne.\n\n[page 2]\n\n\n[page 3]\nThree.\n"
    assert found.remarks == ("it.pdf: without text, and so not sent: page 2",)


def test_an_encrypted_document_is_read_where_no_password_is_wanted() -> None:
    assert pdf_text(encrypted(["Open."], ""), "it.pdf").text == "[page 1]\nOpen.\n"
    assert refused(encrypted(["Secret."], "password")) == "it.pdf wants a password"


def test_what_a_document_would_do_when_it_is_opened_is_not_done() -> None:
    script = (
        b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/Names<</EmbeddedFiles<</Names[(x.js)<</Type/Filespec>>]>>>>"
    )
    assert pdf_text(pdf(["Words."], catalog=script), "it.pdf").text == "[page 1]\nWords.\n"


def test_a_document_with_a_broken_table_is_still_read_and_one_of_halves_is_not() -> None:
    whole = pdf(["Words."])
    assert pdf_text(whole.replace(b"startxref\n", b"startxref\n9"), "it.pdf").text == "[page 1]\nWords.\n"
    assert refused(whole[: len(whole) // 3]) == "it.pdf is damaged: there is nothing to be read in it"


def test_a_scan_is_told_with_the_way_out() -> None:
    assert refused(pdf(["", ""])) == "it.pdf has no text: its pages are pictures, as of a scan"


def test_a_document_that_unpacks_to_gigabytes_is_given_up_within_bounds() -> None:
    began_s = time.monotonic()
    assert refused(bomb(90_000_000)) == "it.pdf unpacks to more than fits into memory"
    assert time.monotonic() - began_s < 30


def test_of_a_document_that_takes_too_long_nothing_is_waited_for() -> None:
    with pytest.raises(FileUnreadable, match="cannot be read in time"):
        pdf_text(pdf(["Words."]), "it.pdf", within_s=0.001)


def test_without_the_library_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(FileUnreadable, match="needs pypdf") as caught:
        pdf_text(pdf(["Words."]), "it.pdf")
    assert "pip install 'chat-cli[pdf]'" in caught.value.advice
