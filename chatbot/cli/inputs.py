"""What is asked: the words, files, piped text and images of one question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot.cli.ask import Words
from chatbot.core.errors import UsageError
from chatbot.core.messages import Image, ImageLimits
from chatbot.core.text import DecodedText, clean
from chatbot.core.text import question as joined_question
from chatbot.outside.files import display_name, read_text_file
from chatbot.outside.stdin import read_piped_bytes, read_piped_text
from chatbot.outside.streams import is_terminal
from chatbot.terminal.voice import Voice

if TYPE_CHECKING:
    from chatbot.core.templates import Filled

_SILENT = "waiting for the end of standard input (nothing has come yet); --no-stdin asks without it"


def question(words: Words, voice: Voice, template: Filled | None = None) -> str | None:
    """The whole question, within the template's prompt; None when there is none and a person sits at the terminal.

    Piped input is the question, or follows the instruction. It is not read when `--image -` takes it.
    """
    files = [(display_name(name), _text_of(name, voice)) for name in words.files]
    piped = None
    if words.read_stdin and "-" not in words.images:
        decoded = read_piped_text(0, lambda: voice.notice(_SILENT))
        piped = _told(decoded, voice) if decoded else None
    if words.question is None and not files and piped is None and not words.images and is_terminal(0):
        return template.asking(None) if template else None
    text = joined_question(words.question, files, piped)
    if template:
        text = template.asking(text) or ""
    if not text.strip() and not words.images:
        raise UsageError(
            "there is no question", advice='Ask one: chat "why is the sky blue?"   (all words: chat --help)'
        )
    return text


def system(words: Words, voice: Voice) -> str | None:
    """The system prompt: the text itself, or a file of it."""
    if words.system and words.system.startswith("@"):
        return _text_of(words.system[1:], voice)
    return clean(words.system) if words.system else None


def images(words: Words, limits: ImageLimits, voice: Voice) -> tuple[Image, ...]:
    """The images, each as `limits` wants it."""
    return tuple(_image(path, limits, voice) for path in words.images)


def _image(path: str, limits: ImageLimits, voice: Voice) -> Image:
    from chatbot.outside.images import MAX_FILE_BYTES, load_image, load_image_bytes  # Pillow is for images only

    if path == "-":
        data = read_piped_bytes(0, lambda: voice.notice(_SILENT), max_bytes=MAX_FILE_BYTES) or b""
        image, notices = load_image_bytes(data, "standard input", limits)
    else:
        image, notices = load_image(path, limits)
    for notice in notices:
        voice.notice(notice)
    return image


def _text_of(path: str, voice: Voice) -> str:
    return _told(read_text_file(path), voice)


def _told(found: DecodedText, voice: Voice) -> str:
    if found.warning:
        voice.notice(found.warning)
    return found.text
