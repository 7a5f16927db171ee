"""What is said: attachments, messages and the conversation they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from chatbot.records import NamedTuple

if TYPE_CHECKING:  # a question without tools does without
    from chatbot.core.tools.calling import ToolCall, ToolResult

Role = Literal["user", "assistant"]


# The media types of files that are no images, as IANA has them, or where it has none, as everybody writes them.
PDF = "application/pdf"
TEXT = "text/plain"
WAV = "audio/wav"
MP3 = "audio/mpeg"
AIFF = "audio/aiff"
AAC = "audio/aac"
OGG = "audio/ogg"
FLAC = "audio/flac"


class Image(NamedTuple):
    """A picture as it is sent: the bytes of one file and what they are.

    `media_type` is an IANA media type such as `image/png` and always matches the bytes.
    """

    media_type: str
    data: bytes
    width: int
    height: int
    name: str


class Document(NamedTuple):
    """A PDF or a recording as it is sent: the bytes of one file and what they are.

    `media_type` is an IANA media type such as `application/pdf` and always matches the bytes.
    """

    media_type: str
    data: bytes
    name: str


Attachment = Image | Document


class ImageLimits(NamedTuple):
    """What a service takes as an image, as data of its row in the table.

    `media_types` are sent as they are, everything else becomes JPEG. `max_image_bytes` is the raw size before Base64.
    `max_edge_px` is the long edge beyond which the service would scale the image down itself.
    """

    media_types: tuple[str, ...] = ("image/jpeg", "image/png")
    max_image_bytes: int = 3_750_000
    max_edge_px: int = 1568


class FileLimits(NamedTuple):
    """What a service takes beside text and images, as data of its row in the table.

    `media_types` are taken as they are. `max_file_bytes` is the raw size before Base64; `max_pages` those of a PDF,
    None where nobody says.
    """

    media_types: tuple[str, ...] = ()
    max_file_bytes: int = 20_000_000
    max_pages: int | None = None


class ProviderItems(NamedTuple):
    """What a provider wants back, unchanged and in its place, with the questions that follow an answer: the items of
    the answer, its reasoning encrypted, as a JSON array. Nobody else is sent them: only `model` of `service` (its
    title) in the same wire format.
    """

    wire: str
    service: str
    model: str
    json: str


class Message(NamedTuple):
    """One turn of one side. Only user messages carry attachments; `items` may stand for the text of an answer, and for
    the `calls` behind it. The message after one with calls is the user's and has the `results` of all of them, in their
    order; its text, if it has any, is the question that follows.
    """

    role: Role
    text: str
    attachments: tuple[Attachment, ...] = ()
    items: ProviderItems | None = None
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()

    @property
    def is_question(self) -> bool:
        """Whether a person asks something here."""
        return self.role == "user" and bool(self.text or self.attachments or not self.results)


class Conversation(NamedTuple):
    """The turns in order, oldest first, and the system prompt that stands above them."""

    messages: tuple[Message, ...] = ()
    system: str | None = None

    @property
    def has_documents(self) -> bool:
        """Whether anything is attached that is no image."""
        return any(type(each) is Document for message in self.messages for each in message.attachments)

    def asking(self, text: str, attachments: tuple[Attachment, ...] = ()) -> Conversation:
        """This conversation with one more question."""
        *before, last = self.messages or (None,)
        if last and last.results and not last.text:  # the answer to these never came
            return self._replace(messages=(*before, last._replace(text=text, attachments=attachments)))
        return self._replace(messages=(*self.messages, Message("user", text, attachments)))

    def answered(self, text: str, items: ProviderItems | None = None, calls: tuple[ToolCall, ...] = ()) -> Conversation:
        """This conversation with the answer to its last question, or to the last results."""
        return self._replace(messages=(*self.messages, Message("assistant", text, items=items, calls=calls)))

    @property
    def to_last_question(self) -> Conversation:
        """This conversation without what came after its last question."""
        last = max((at for at, message in enumerate(self.messages) if message.is_question), default=-1)
        return self._replace(messages=self.messages[: last + 1])

    @property
    def before_last_question(self) -> Conversation:
        """The same without the question; results of calls stay."""
        *before, last = self.to_last_question.messages or (Message("user", ""),)
        kept = [last._replace(text="", attachments=())] if last.results else []
        return self._replace(messages=(*before, *kept))

    def told(self, results: tuple[ToolResult, ...]) -> Conversation:
        """This conversation with what came of the calls that were made last."""
        return self._replace(messages=(*self.messages, Message("user", "", results=results)))
