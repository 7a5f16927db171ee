"""What is asked: the words, files, piped text and images of one question."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from chatbot.cli.ask.arguments import Arguments
from chatbot.core.errors import UsageError
from chatbot.core.messages import Conversation, Image, ImageLimits
from chatbot.core.text import DecodedText, clean, decode
from chatbot.core.text import question as joined_question
from chatbot.options.chat import Asked, How
from chatbot.outside.desktop.stdin import NAME, read_piped_bytes
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.reading import display_name, read_text_file
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.options.templates.template import Filled

_SILENT = "waiting for the end of standard input (nothing has come yet); --no-stdin asks without it"


def question(
    arguments: Arguments,
    notices: Notices,
    template: Filled | None = None,
    heard: Callable[[bytes], object] = lambda data: None,
) -> str | None:
    """The whole question, within the template's prompt; None when there is none and a person sits at the terminal.
    `heard` is told what was piped in.

    Piped input is the question, or follows the instruction. It is not read when `--image -` takes it.
    """
    asked = arguments.asked
    files = [(display_name(name), _text_of(name, notices)) for name in asked.file]
    piped = None
    if not asked.no_stdin and "-" not in asked.image:
        data = read_piped_bytes(0, lambda: notices.warn(_SILENT))
        if data is not None:
            heard(data)
            piped = _told(decode(data, NAME), notices)
    if arguments.question is None and not files and piped is None and not asked.image and is_terminal(0):
        return template.asking(None) if template else None
    text = joined_question(arguments.question, files, piped)
    if template:
        text = template.asking(text) or ""
    if not text.strip() and not asked.image:
        raise UsageError(
            "there is no question", advice='Ask one: chat "why is the sky blue?"   (all words: chat --help)'
        )
    return text


def system(how: How, notices: Notices) -> str | None:
    """The system prompt: the text itself, or a file of it."""
    if how.system and how.system.startswith("@"):
        return _text_of(how.system[1:], notices)
    return clean(how.system) if how.system else None


def images(asked: Asked, limits: ImageLimits, notices: Notices) -> tuple[Image, ...]:
    """The images, each as `limits` wants it."""
    return tuple(_image(path, limits, notices) for path in asked.image)


def _image(path: str, limits: ImageLimits, notices: Notices) -> Image:
    from chatbot.outside.files.images import MAX_FILE_BYTES, load_image, load_image_bytes  # Pillow is for images only

    if path == "-":
        image, remarks = load_image_bytes(_piped_image(notices, MAX_FILE_BYTES), "standard input", limits)
    else:
        image, remarks = load_image(path, limits)
    for notice in remarks:
        notices.warn(notice)
    return image


@cache
def _piped_image(notices: Notices, max_bytes: int) -> bytes:
    """Read once, however many models get it."""
    return read_piped_bytes(0, lambda: notices.warn(_SILENT), max_bytes=max_bytes) or b""


def _text_of(path: str, notices: Notices) -> str:
    return _told(read_text_file(path), notices)


def _told(found: DecodedText, notices: Notices) -> str:
    if found.warning:
        notices.warn(found.warning)
    return found.text


def continued(
    conversation: Conversation, text: str, images: tuple[Image, ...], max_tokens: int | None, notices: Notices
) -> Conversation:
    """The next question; without the oldest turns of a stored conversation, where the person asked for that."""
    asked = conversation.asking(text, images)
    if max_tokens is None or not conversation.messages:
        return asked
    from chatbot.core.conversations.resume import truncated

    kept, dropped = truncated(asked, max_tokens)
    if dropped:
        notices.warn(f"the oldest {dropped} messages are left out of what is sent; the history keeps them")
    return kept
