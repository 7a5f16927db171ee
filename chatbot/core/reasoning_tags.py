"""Reasoning that comes inside the text, as a leading `<think>...</think>`, told apart from the answer.

Perplexity sends it so, and local servers whose reasoning parser is off. Only at the very start of an answer: a later
`<think>` is something the model says.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.core.events import ReasoningDelta, TextDelta

_OPEN, _CLOSE = "<think>", "</think>"
_MAX_BLANKS = 64  # before the tag; some models begin an answer with blanks and never stop


class ThinkTags:
    """A filter on the text deltas of one answer; the same result however the text is cut.

    `passing` is true once nothing can be reasoning any more: the caller may then leave the filter out.
    """

    def __init__(self) -> None:
        self.passing = False
        self._thinking = False
        self._after = False
        self._held = ""

    def feed(self, text: str) -> Iterator[TextDelta | ReasoningDelta]:
        """What is certain after one more piece of text."""
        self._held += text
        if not (self.passing or self._thinking or self._after):
            self._begin()
        if self._thinking:
            thought, closed, rest = self._held.partition(_CLOSE)
            certain = len(thought) - (0 if closed else _overlap(thought, _CLOSE))
            self._held = rest if closed else thought[certain:]
            self._thinking, self._after = not closed, bool(closed)
            if certain:
                yield ReasoningDelta(thought[:certain])
        if self._after and not self.passing:
            self._held = self._held.lstrip("\n")
            self.passing = bool(self._held)
        if self.passing:
            yield from self.flush()

    def flush(self) -> Iterator[TextDelta | ReasoningDelta]:
        """What is still held, at the end of the answer."""
        held, self._held = self._held, ""
        if held:
            yield ReasoningDelta(held) if self._thinking else TextDelta(held)

    def _begin(self) -> None:
        """Decides how the answer begins, unless it may still turn out either way."""
        start = self._held.lstrip()
        if len(self._held) - len(start) > _MAX_BLANKS:
            self.passing = True
        elif start.startswith(_OPEN):
            self._thinking = True
            self._held = start[len(_OPEN) :]
        else:
            self.passing = not _OPEN.startswith(start)


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    return next((size for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size])), 0)
