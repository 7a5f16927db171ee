"""Markdown that comes in pieces: the rows that are final, and those that the rest of the text may still change."""

import re

from chatbot.terminal.markdown.blocks import Blocks
from chatbot.terminal.markdown.look import UNICODE, Signs
from chatbot.terminal.markdown.paragraph import HEAD_PIPE_WITHIN
from chatbot.terminal.markdown.row import Row

# A line that is only this much may become anything: showing it would make it flash.
_LONGEST_PREVIEW = 2_000  # characters of a line that has not ended
_UNDECIDED = re.compile(r"[\s>]*(?:[-+*#=:|`~_]+\s*)*$")


class MarkdownStream:
    """Feed it sanitised text. Each row comes out once; what has become rows is not kept.

    Which rows are final does not depend on how the text was cut nor on how often `pump` was called.
    """

    def __init__(self, width: int, signs: Signs = UNICODE) -> None:
        self._blocks = Blocks(width, signs)
        self._partial = ""  # the line that has not ended, if it is not `_long`
        self._long = False  # the line that has not ended goes on inside a paragraph

    def feed(self, text: str) -> None:
        first, *others = text.split("\n")
        self._add(first)
        for part in others:
            self._end_line()
            self._add(part)

    def pump(self, final: bool = False) -> tuple[list[Row], list[Row]]:
        """Rows to write for good, and rows to show until the next call. With `final` the text has ended."""
        if final:
            if self._partial:
                self._end_line()
            self._blocks.finish()
            rows, self._blocks.rows = self._blocks.rows, []
            return rows, []
        rows, self._blocks.rows = self._blocks.rows, []
        ahead = self._blocks.clone()
        if not self._long and not _UNDECIDED.match(self._partial):
            ahead.line(self._partial[:_LONGEST_PREVIEW])
        ahead.finish(preview=True)
        return rows, ahead.rows

    def resized(self, width: int) -> None:
        """Blocks that begin after this have the new width; one that is open keeps its own."""
        self._blocks.width = width

    def _add(self, text: str) -> None:
        if self._long:
            self._blocks.more(text)
        else:
            self._partial += text
            if len(self._partial) > HEAD_PIPE_WITHIN and self._blocks.begin_long_line(self._partial):
                self._partial, self._long = "", True

    def _end_line(self) -> None:
        if not self._long:
            self._blocks.line(self._partial)
        self._partial, self._long = "", False


def one_piece(text: str, width: int, signs: Signs = UNICODE) -> list[Row]:
    """All rows of a whole, sanitised text."""
    stream = MarkdownStream(width, signs)
    stream.feed(text)
    return stream.pump(final=True)[0]
