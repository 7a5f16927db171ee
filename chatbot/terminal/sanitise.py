"""Text from a model, a server or a file, made harmless for a terminal.

Nothing is parsed: an escape sequence loses its power because its first character becomes visible (`␛`), and the
rest of it is then ordinary text. Only newline and tab are left of the control characters.
"""

import re

# C1 controls work like an escape sequence; bidi controls show text in another order than it is copied. What has
# no look and no use in an answer is dropped, or it would be copied unseen: zero width spaces, invisible operators, byte
# order marks, and tag characters, which are a copy of ASCII.
_DROPPED = "\u061c\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff{_DROPPED}]")
_SURROGATE_PAIR = "[\ud800-\udbff][\udc00-\udfff]"


def sanitise(text: str) -> str:
    """`text` with controls made visible, invisible signs dropped; line ends become a newline; lone surrogates U+FFFD.

    Kept: newline, tab, joiners, variation selectors, LRM and RLM.
    """
    if text.replace("\n", "").replace("\t", "").isprintable() or not _UNSAFE.search(text):
        return text  # what is printable by Unicode has nothing unsafe, and is told from the rest far sooner
    text = re.sub(_SURROGATE_PAIR, _joined, text.replace("\r\n", "\n"))
    return _UNSAFE.sub(_visible, text)


def _visible(unsafe: re.Match[str]) -> str:
    code = ord(unsafe[0])
    if code in (0x0D, 0x2028, 0x2029):
        return "\n"
    if code < 0x20:
        return chr(0x2400 + code)  # its picture
    if code == 0x7F:
        return "\u2421"
    return "" if re.match(f"[{_DROPPED}]", unsafe[0]) else "\ufffd"


def _joined(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16", "surrogatepass").decode("utf-16")


class Sanitiser:
    """`sanitise` for a text that comes in pieces: the cutting makes no difference."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The safe text of `piece`; a high surrogate at its end waits for the next piece."""
        if not piece:
            return ""
        # A CR has become a newline already.
        piece = piece.removeprefix("\n") if self._held == "\r" else self._held + piece
        self._held = ""
        if piece and "\ud800" <= piece[-1] <= "\udbff":
            piece, self._held = piece[:-1], piece[-1]
        elif piece.endswith("\r"):
            self._held = "\r"
        return sanitise(piece)

    def finish(self) -> str:
        """What was still held at the end of the text."""
        held, self._held = self._held, ""
        return "\ufffd" if held and held != "\r" else ""
