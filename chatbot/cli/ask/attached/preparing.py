"""A file as a service takes it: an image, a document, or text within the question."""

from __future__ import annotations

import os
from collections.abc import Callable

from chatbot.core.amounts import size_words
from chatbot.core.errors import FileUnreadable
from chatbot.core.messages import PDF, Attachment, Document
from chatbot.core.text import DecodedText, decode
from chatbot.outside.attachments.finding import FoundFile, found
from chatbot.outside.files.reading import MAX_TEXT_BYTES
from chatbot.providers.attachments import limits, why_not_taken
from chatbot.providers.choice import ModelTarget
from chatbot.records import NamedTuple

CLIPBOARD = "the clipboard"


class Prepared(NamedTuple):
    """What goes with a question: files as they are sent, and texts (name and text) within it; and remarks on them."""

    attachments: tuple[Attachment, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def prepared(file: FoundFile, target: ModelTarget, warn: Callable[[str], None]) -> Prepared:
    """The file as the target takes it: a PDF that it does not take becomes text; `warn` is told where that takes a
    while. Raises FileUnreadable.
    """
    name, data, kind = file
    if kind.media_type == "image/*":
        from chatbot.outside.files.images import load_image_bytes  # Pillow is for images only

        image, remarks = load_image_bytes(data, name, target.service.images)
        return Prepared((image,), remarks=remarks)
    if file.is_text:
        text, warning = text_of(file)
        return Prepared(texts=((name, text),), remarks=(warning,) if warning else ())
    document = Document(kind.media_type, data, name.rpartition("/")[2])  # folders are nobody's business
    why = why_not_taken(document, limits(target.service, target.model), target.service.title)
    if why is None:
        return Prepared((document,))
    if kind.media_type != PDF:
        raise FileUnreadable(
            f"{name} cannot be sent: it is {kind.words}, and {why}",
            advice=_other_way(kind.media_type, target),
        )
    from chatbot.outside.attachments.pdf_text import pdf_text

    pages = pdf_text(data, name, warn)
    return Prepared(texts=((name, pages.text),), remarks=(f"the text of {name} is sent: {why}", *pages.remarks))


def text_of(file: FoundFile) -> DecodedText:
    """The text, unaltered. Raises FileUnreadable."""
    if len(file.data) > MAX_TEXT_BYTES:
        raise FileUnreadable(
            f"{file.name} is too large: {size_words(len(file.data))}, and of text at most {size_words(MAX_TEXT_BYTES)}",
            advice="Send only the part that matters.",
        )
    return decode(file.data, file.name)


def from_clipboard() -> FoundFile:
    """What is in the clipboard. Raises FileUnreadable."""
    from chatbot.outside.desktop.pasting import pasted
    from chatbot.outside.desktop.terminal_clipboard import terminal_text

    return found(CLIPBOARD, pasted(os.environ, terminal_text))


def _other_way(media_type: str, target: ModelTarget) -> str:
    """What a person with a recording can do."""
    taken = limits(target.service, target.model).media_types
    names = [name.removeprefix("audio/").replace("mpeg", "mp3") for name in taken if name.startswith("audio/")]
    if names and media_type not in taken:
        return (
            f"Convert it to {' or '.join(names[:2])} first: ffmpeg -i IN out.{names[-1 if 'mp3' in names[:2] else 0]} ."
        )
    if names:
        return "Send a part of it: ffmpeg -i IN -t 600 out.mp3 ."
    if target.service.wire == "responses":
        return "Ask with --api chat, or choose a model that listens with -m, such as one of gemini's."
    return "Choose a model that listens with -m, such as one of gemini's, or transcribe it first."
