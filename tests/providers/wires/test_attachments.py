"""Documents and recordings in each wire format, before their question."""

from __future__ import annotations

from typing import Any

from chatbot.core.http.bodies import with_images_told
from chatbot.core.messages import Attachment, Conversation, Document
from tests.providers.asking import PICTURE, payload
from tests.tables import each

REPORT = Document("application/pdf", b"%PDF-1.7", "report.pdf")
WAV = Document("audio/wav", b"RIFF", "talk.wav")
MP3 = Document("audio/mpeg", b"ID3", "talk.mp3")
URL = "data:application/pdf;base64,JVBERi0xLjc="


def parts(wire: str, *documents: Document, text: str = "What is this?") -> list[Any]:
    """The parts of a question with these documents."""
    body = payload(wire, Conversation().asking(text, documents))
    turn = body["contents" if wire == "gemini" else "input" if wire == "responses" else "messages"][0]
    return list(turn["parts" if wire == "gemini" else "content"])


PDF_PARTS = {
    "openai": {"type": "file", "file": {"filename": "report.pdf", "file_data": URL}},
    "responses": {"type": "input_file", "filename": "report.pdf", "file_data": URL},
    "anthropic": {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjc="},
        "title": "report.pdf",
    },
    "gemini": {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0xLjc="}},
}


@each("wire", PDF_PARTS)
def test_a_pdf_goes_as_it_is_before_its_question(wire: str) -> None:
    first, second = parts(wire, REPORT)
    assert first == PDF_PARTS[wire]
    assert second["text"] == "What is this?"


@each("wire", PDF_PARTS)
def test_a_file_alone_is_a_question(wire: str) -> None:
    assert parts(wire, REPORT, text="") == [PDF_PARTS[wire]]


def test_a_recording_goes_in_the_words_of_its_wire() -> None:
    assert parts("openai", WAV, MP3)[:2] == [
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
    ]
    assert parts("gemini", WAV, MP3)[:2] == [
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
        {"inlineData": {"mimeType": "audio/mp3", "data": "SUQz"}},
    ]


@each("wire", PDF_PARTS)
def test_a_body_for_reading_tells_each_file_in_a_line(wire: str) -> None:
    large: list[Attachment] = [REPORT._replace(data=b"%PDF" * 100), PICTURE._replace(data=b"\x89PNG" * 100)]
    recordings = [WAV._replace(data=b"RIFF" * 100)] if wire in ("openai", "gemini") else []
    told = str(with_images_told(payload(wire, Conversation().asking("?", (*large, *recordings)))))
    assert told.count("400 bytes, sha256") == 2 + len(recordings)
    assert len(told) < 1_500
