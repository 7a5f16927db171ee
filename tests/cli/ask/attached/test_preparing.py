"""A file as whoever is asked takes it."""

from __future__ import annotations

import pytest

from chatbot.cli.ask.attached.preparing import prepared
from chatbot.core.errors import FileUnreadable
from chatbot.core.messages import Document, Image
from chatbot.core.options import Endpoint
from chatbot.outside.attachments.finding import found
from chatbot.providers.choice import ModelTarget
from chatbot.providers.services import BY_NAME
from tests.pdfs import pdf
from tests.tables import each

REPORT = found("~/private/report.pdf", pdf(["The report."]))
WAV = found("talk.wav", b"RIFF\0\0\0\0WAVEfmt ")
FLAC = found("talk.flac", b"fLaC\0\0\0\0")


def target(name: str, api: str | None = None) -> ModelTarget:
    return ModelTarget(BY_NAME[name].spoken_to(api), "m", Endpoint("http://127.0.0.1:9"))  # type: ignore[arg-type]


def ready(file, name: str):  # type: ignore[no-untyped-def]
    return prepared(file, target(name), lambda words: None)


def test_a_pdf_goes_as_it_is_where_it_is_taken_and_as_text_elsewhere() -> None:
    assert ready(REPORT, "anthropic").attachments == (Document("application/pdf", REPORT.data, "report.pdf"),)
    as_text = ready(REPORT, "groq")
    assert as_text.attachments == ()
    assert as_text.texts == (("~/private/report.pdf", "[page 1]\nThe report.\n"),)
    assert as_text.remarks == ("the text of ~/private/report.pdf is sent: Groq takes no PDF here",)


def test_an_image_goes_the_way_of_images_and_text_into_the_question() -> None:
    gif = b"GIF87a\1\0\1\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;"
    [image] = ready(found("dot.gif", gif), "groq").attachments
    assert isinstance(image, Image) and image.media_type == "image/jpeg"
    assert ready(found("a.txt", b"words"), "groq").texts == (("a.txt", "words"),)


@each(
    ("name", "api", "file", "advice"),
    [
        ("openai", "responses", WAV, "--api chat"),
        ("openai", None, FLAC, "ffmpeg -i IN out.mp3"),
        ("anthropic", None, WAV, "a model that listens"),
    ],
)
def test_a_recording_is_refused_before_it_is_sent_with_a_way_that_fits(name, api, file, advice) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FileUnreadable, match="cannot be sent: it is a") as caught:
        prepared(file, target(name, api), lambda words: None)
    assert advice in caught.value.advice
    assert ready(WAV, "openai").attachments and ready(FLAC, "gemini").attachments
