"""What is asked: the words, files, piped text and attachments of one question."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from chatbot.cli.ask.arguments import Arguments
from chatbot.core.errors import UsageError
from chatbot.core.messages import Attachment, Conversation, Image, ImageLimits
from chatbot.core.text import DecodedText, clean, decode
from chatbot.core.text import question as joined_question
from chatbot.options.chat import Asked, How
from chatbot.outside.desktop.stdin import NAME, read_piped_bytes
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.reading import display_name, read_text_file
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.cli.ask.attached.preparing import Prepared
    from chatbot.options.templates.template import Filled
    from chatbot.outside.attachments.finding import FoundFile
    from chatbot.providers.choice import ModelTarget

_SILENT = "waiting for the end of standard input (nothing has come yet); --no-stdin asks without it"


class Attachments(NamedTuple):
    """Files that go beside the question, and texts (name and text) within it."""

    files: tuple[Attachment, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()

    def within(self, text: str) -> str:
        """The question with the texts."""
        return joined_question(text, self.texts, None) if self.texts else text


def question(
    arguments: Arguments,
    notices: Notices,
    template: Filled | None = None,
    heard: Callable[[bytes], object] = lambda data: None,
) -> str | None:
    """The whole question, within the template's prompt; None when there is none and a person sits at the terminal.
    `heard` is told what was piped in.

    Piped input is the question, or follows the instruction. It is not read when `--image -` or `--attach -` takes it.
    Everything that is attached is read here, and what is text is a part of the question.
    """
    asked = arguments.asked
    files = [(display_name(name), _text_of(name, notices)) for name in asked.file]
    files += [_as_text(found, notices) for found in _attached(asked, notices) if found.is_text]
    piped = None
    if not asked.no_stdin and "-" not in (*asked.image, *asked.attach):
        data = read_piped_bytes(0, lambda: notices.warn(_SILENT))
        if data is not None:
            heard(data)
            piped = _told(decode(data, NAME), notices)
    has_attachments = bool(asked.image or asked.attach or asked.paste)
    if arguments.question is None and not files and piped is None and not has_attachments and is_terminal(0):
        return template.asking(None) if template else None
    text = joined_question(arguments.question, files, piped)
    if template:
        text = template.asking(text) or ""
    if not text.strip() and not has_attachments:
        raise UsageError(
            "there is no question", advice='Ask one: chat "why is the sky blue?"   (all words: chat --help)'
        )
    return text


def system(how: How, notices: Notices) -> str | None:
    """The system prompt: the text itself, or a file of it."""
    if how.system and how.system.startswith("@"):
        return _text_of(how.system[1:], notices)
    return clean(how.system) if how.system else None


def attachments(asked: Asked, target: ModelTarget, notices: Notices) -> Attachments:
    """What goes with the question, each as the target takes it; of a PDF that it does not take, the text."""
    found = tuple(_image(path, target.service.images, notices) for path in asked.image)
    others = [_prepared(file, target, notices) for file in _attached(asked, notices) if not file.is_text]
    return Attachments(
        (*found, *(each for one in others for each in one.attachments)),
        tuple(text for one in others for text in one.texts),
    )


def _prepared(file: FoundFile, target: ModelTarget, notices: Notices) -> Prepared:
    from chatbot.cli.ask.attached.preparing import prepared

    ready = prepared(file, target, notices.warn)
    for remark in ready.remarks:
        notices.warn(remark)
    return ready


def _attached(asked: Asked, notices: Notices) -> list[FoundFile]:
    """The files of --attach, and what was pasted."""
    if not asked.attach and not asked.paste:
        return []
    return [*(_found(path, notices) for path in asked.attach), *([_pasted()] if asked.paste else [])]


@cache
def _found(path: str, notices: Notices) -> FoundFile:
    """Read once, however many models get it."""
    from chatbot.outside.attachments.finding import MAX_FILE_BYTES, find_file, found

    if path == "-":
        return found("standard input", _piped_bytes(notices, MAX_FILE_BYTES))
    return find_file(path)


@cache
def _pasted() -> FoundFile:
    from chatbot.cli.ask.attached.preparing import from_clipboard

    return from_clipboard()


def _as_text(found: FoundFile, notices: Notices) -> tuple[str, str]:
    from chatbot.cli.ask.attached.preparing import text_of

    return found.name, _told(text_of(found), notices)


def _image(path: str, limits: ImageLimits, notices: Notices) -> Image:
    from chatbot.outside.files.images import MAX_FILE_BYTES, load_image, load_image_bytes  # Pillow is for images only

    if path == "-":
        image, remarks = load_image_bytes(_piped_bytes(notices, MAX_FILE_BYTES), "standard input", limits)
    else:
        image, remarks = load_image(path, limits)
    for notice in remarks:
        notices.warn(notice)
    return image


@cache
def _piped_bytes(notices: Notices, max_bytes: int) -> bytes:
    """Read once, however many models get it."""
    return read_piped_bytes(0, lambda: notices.warn(_SILENT), max_bytes=max_bytes) or b""


def _text_of(path: str, notices: Notices) -> str:
    return _told(read_text_file(path), notices)


def _told(found: DecodedText, notices: Notices) -> str:
    if found.warning:
        notices.warn(found.warning)
    return found.text


def continued(
    conversation: Conversation, text: str, attached: Attachments, max_tokens: int | None, notices: Notices
) -> Conversation:
    """The next question; without the oldest turns of a stored conversation, where the person asked for that."""
    asked = conversation.asking(attached.within(text), attached.files)
    if max_tokens is None or not conversation.messages:
        return asked
    from chatbot.core.conversations.resume import truncated

    kept, dropped = truncated(asked, max_tokens)
    if dropped:
        notices.warn(f"the oldest {dropped} messages are left out of what is sent; the history keeps them")
    return kept
