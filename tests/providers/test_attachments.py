"""Which files a service takes, and a conversation as it can take it."""

from __future__ import annotations

import pytest

from chatbot.core.errors import ContextTooLong, FileUnreadable, RequestRefused
from chatbot.core.messages import Conversation, Document, FileLimits, Image, Message
from chatbot.providers.attachments import MEDIA_TYPES, fitted, limits, why_not_taken, without_earlier_attachments
from chatbot.providers.errors.attachments import is_about_attachments, refused_attachments
from chatbot.providers.services import BY_NAME, SERVICES
from tests.pdfs import encrypted, pdf
from tests.tables import each

REPORT = Document("application/pdf", pdf(["The report."]), "report.pdf")
TALK = Document("audio/wav", b"RIFF\0\0\0\0WAVE", "talk.wav")
CAT = Image("image/png", b"\x89PNG", 4, 3, "cat.png")
PDF_ONLY = FileLimits(("application/pdf",), 10_000, 2)


def no_text(document: Document) -> str:
    raise FileUnreadable(f"{document.name} has no text")


@each("service", SERVICES)
def test_no_service_takes_what_its_wire_has_no_place_for(service) -> None:  # type: ignore[no-untyped-def]
    assert set(limits(service, "m").media_types) <= set(MEDIA_TYPES[service.wire])


def test_recordings_have_no_place_in_responses_and_pdf_documents_have() -> None:
    openai = BY_NAME["openai"]
    assert "audio/wav" in limits(openai, "gpt-6-luna").media_types
    assert limits(openai.spoken_to("responses"), "gpt-6-luna").media_types == ("application/pdf",)


def test_claude_models_with_a_small_context_take_fewer_pages() -> None:
    anthropic = BY_NAME["anthropic"]
    assert limits(anthropic, "claude-haiku-5-5").max_pages == 600
    assert limits(anthropic, "claude-sonnet-4-5").max_pages == 100


@each(
    ("document", "why"),
    [
        (REPORT, None),
        (TALK, "X takes no such recordings here"),
        (REPORT._replace(data=pdf(["a", "b", "c"])), "it has 3 pages, and X takes at most 2"),
        (REPORT._replace(data=b"%PDF-1.7" + b" " * 10_000), "it has 10 kB, and X takes at most 10 kB"),
        (REPORT._replace(data=encrypted(["a"], "")), "it is encrypted, and X takes none that is"),
    ],
)
def test_what_is_known_against_a_file_is_said(document: Document, why: str | None) -> None:
    assert why_not_taken(document, PDF_ONLY, "X") == why


def test_a_conversation_without_documents_stays_as_it_is() -> None:
    conversation = Conversation().asking("what?", (CAT,))
    assert fitted(conversation, FileLimits(), "X", no_text) == (conversation, ())


def test_a_document_that_is_taken_stays_and_another_becomes_text() -> None:
    conversation = Conversation().asking("what?", (REPORT, CAT))
    assert fitted(conversation, PDF_ONLY, "X", no_text) == (conversation, ())
    changed, remarks = fitted(conversation, FileLimits(), "X", lambda document: "[page 1]\nThe report.\n")
    assert changed.messages == (Message("user", "what?\n\nreport.pdf:\n```\n[page 1]\nThe report.\n```", (CAT,)),)
    assert remarks == ("the text of report.pdf is sent: X takes no PDF here",)


def test_what_cannot_be_sent_any_more_is_left_out_of_earlier_questions_and_said_to_both() -> None:
    conversation = Conversation().asking("what?", (TALK, REPORT)).answered("A talk.").asking("and now?")
    changed, remarks = fitted(conversation, FileLimits(), "X", no_text)
    assert changed.messages[0] == Message(
        "user",
        "what?\n\n[talk.wav was attached here, and is left out]\n[report.pdf was attached here, and is left out]",
    )
    assert changed.messages[1:] == conversation.messages[1:]
    assert remarks == (
        "talk.wav is left out of an earlier question: X takes no such recordings here",
        "report.pdf is left out of an earlier question: X takes no PDF here, and report.pdf has no text",
    )


def test_the_last_question_is_not_asked_without_its_file() -> None:
    with pytest.raises(FileUnreadable, match=r"talk\.wav cannot be sent: X takes no such recordings"):
        fitted(Conversation().asking("what?", (TALK,)), FileLimits(), "X", no_text)


def test_only_the_last_question_keeps_what_was_attached() -> None:
    conversation = Conversation().asking("what?", (CAT,)).answered("A cat.").asking("and this?", (REPORT,))
    lighter = without_earlier_attachments(conversation)
    assert lighter is not None
    assert lighter.messages[0] == Message("user", "what?\n\n[cat.png was attached here]")
    assert lighter.messages[1:] == conversation.messages[1:]
    assert without_earlier_attachments(lighter) is None


@each(
    ("said", "status", "is_so"),
    [
        ("Invalid content type. image_url is only supported by certain models.", 400, True),
        ("messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.", 400, True),
        ("A maximum of 100 PDF pages may be provided.", 400, True),
        ("Unsupported MIME type: audio/flac", 400, True),
        ("audio input is not supported - hint: if this is unexpected, you may need to provide the mmproj", 500, True),
        ("", 413, True),
        ("temperature: Extra inputs are not permitted", 400, False),
        ("profile is missing", 400, False),
    ],
)
def test_a_refusal_for_what_was_attached_is_known_by_its_words(said: str, status: int, is_so: bool) -> None:
    assert is_about_attachments(RequestRefused("refused", said=said, status=status)) == is_so


def test_a_request_that_is_too_large_says_what_to_do_and_a_context_is_another_thing() -> None:
    error = ContextTooLong("too long", status=413)
    assert is_about_attachments(error) and not is_about_attachments(
        ContextTooLong("too long", said="image", status=400)
    )
    assert "make it smaller" in refused_attachments(error, (CAT,))
    assert "takes no images" in refused_attachments(RequestRefused("no", status=400), (CAT,))
    assert "takes no such files" in refused_attachments(RequestRefused("no", status=400), (CAT, REPORT))
