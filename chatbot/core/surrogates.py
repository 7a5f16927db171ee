"""Halves of UTF-16 characters in JSON text, joined or replaced.

Some servers cut an emoji between two deltas and escape the halves (`\\ud83d` in one, `\\ude00` in the next); Python
keeps them as lone surrogates, which no encoding accepts.
"""

from __future__ import annotations

import re

_SURROGATE = "[\ud800-\udfff]"


class SurrogateJoiner:
    """A filter on the pieces of one text; the same result however it is cut. A lone half is U+FFFD."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """The valid text after one more piece; a first half at its end waits for the next piece."""
        if not self._held and (text.isascii() or not re.search(_SURROGATE, text)):
            return text
        text = self._held + text
        self._held = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return joined(text[: len(text) - len(self._held)])

    def flush(self) -> str:
        """What is still held at the end of the text."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


def joined(text: str) -> str:
    """`text` with pairs of halves joined and lone ones replaced by U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
