"""Text from outside, made safe to send, and joined to one question.

Argument and environment strings are normalised (`clean`); files and piped input are decoded and otherwise left
exactly as they are (`decode`).
"""

import re
from collections.abc import Sequence

from chatbot.core.errors import FileUnreadable
from chatbot.records import NamedTuple

SNIFFED_BYTES = 8_192  # where a NUL means binary; git and grep look about as far
_UTF8_REPLACEMENT = "\ufffd".encode()


class DecodedText(NamedTuple):
    """What was read, and one sentence for the person when some of it had to be replaced."""

    text: str
    warning: str | None = None


def clean(text: str) -> str:
    """A string of argv or the environment that JSON, databases and providers accept: no lone surrogates, no NUL.

    Bytes that Python could not decode (PEP 383) are decoded as UTF-8 after all, where that is what they are; the rest
    becomes U+FFFD. Not for paths: those must keep their bytes to be opened.
    """
    if text.isascii() and "\0" not in text:
        return text
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join("\ufffd" if _is_stray_surrogate(character) else character for character in text)
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def _is_stray_surrogate(character: str) -> bool:
    """Whether it is a surrogate that stands for no byte (PEP 383 uses U+DC80 to U+DCFF)."""
    return "\ud800" <= character <= "\udfff" and not "\udc80" <= character <= "\udcff"


def decode(data: bytes, name: str) -> DecodedText:
    """The text of a file or of piped input, nothing stripped; bytes that are not UTF-8 become U+FFFD, with a warning.

    Raises FileUnreadable when there is a NUL in the first SNIFFED_BYTES: such data is not text.
    """
    if b"\0" in data[:SNIFFED_BYTES]:
        raise FileUnreadable(f"{name} looks binary: it has NUL bytes", advice=_advice_for_binary(data))
    try:
        return DecodedText(data.decode("utf-8"))
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    count = text.count("\ufffd") - data.count(_UTF8_REPLACEMENT)
    places = "1 place" if count == 1 else f"{count} places"
    return DecodedText(text, f"{name} is not UTF-8 in {places}; what could not be read was replaced by \ufffd")


def _advice_for_binary(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "It seems to be UTF-16: convert it first with iconv -f UTF-16 -t UTF-8."
    return "Only text can be sent this way; any other file is sent with --attach, or piped with --attach - ."


def question(instruction: str | None, files: Sequence[tuple[str, str]], piped: str | None) -> str:
    """One message: the instruction, then the files, then the piped text, each after a blank line and unaltered.

    `files` are (name, text). Each stands under its name in a Markdown fence longer than any inside it. What is
    missing or empty leaves no trace; the piped text alone is the message byte for byte.
    """
    parts = [instruction, *(_fenced(name, text) for name, text in files), piped]
    return "\n\n".join(part for part in parts if part)


def _fenced(name: str, text: str) -> str:
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    title = " ".join(clean(name).split())
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{title}:\n{fence}\n{text}{end}{fence}"
