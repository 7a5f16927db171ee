"""Rows to bytes: what has to be written so that the terminal shows the next frame.

Committed rows are written once and never addressed again. Live rows are below them, the cursor after the last one;
with no live row the cursor is at the start of an empty row. Each frame is one piece of bytes and leaves the terminal
in its normal state, so whatever ends the program between two frames leaves a usable terminal.
"""

import re
import sys
from collections.abc import Sequence

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from chatbot.terminal.markdown.row import Row, Run
from chatbot.terminal.markdown.wrap import fold
from chatbot.terminal.screen import ERASE_FROM_ROW, Screen

_RESET = "\x1b[m"
_SYNCHRONIZED = ("\x1b[?2026h", "\x1b[?2026l")  # terminals that do not know it ignore it
_NO_AUTOWRAP = ("\x1b[?7l", "\x1b[?7h")
_ERASE_RIGHT = "\x1b[K"
_ERASE_AFTER = "\x1b[J"

# Characters whose width terminals agree on: Latin, Greek, Cyrillic, common punctuation, boxes, CJK, Hangul.
_DOUBTFUL = re.compile(
    "[^ -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u203b\u20a0-\u20bf"
    "\u2400-\u2426\u2500-\u259f\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60\ufffd]"
)
_NOT_ASCII = re.compile("[^ -~]")


class Painter:
    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._live: list[Row] = []
        self._stale: list[Row] = []  # live rows drawn before the size changed
        self._scrolled: list[Row] = []  # live rows that a new size has pushed off the screen: they stand above for good
        self._codes: dict[Style, str] = {}
        self._doubtful = _DOUBTFUL if screen.unicode else _NOT_ASCII

    def frame(self, commit: Sequence[Row], live: Sequence[Row]) -> bytes:
        """Write `commit` for good, show the end of `live` below; empty if nothing changes."""
        if not self.screen.live:
            return "".join(self._styled(row.runs) + "\n" for row in commit).encode(self.screen.encoding, "replace")
        text = self._erase_stale()
        commit, live = self._below_scrolled(commit, live)
        shown = self._folded(live)
        text += self._change([*commit, *shown], len(commit))
        self._live, self._stale = shown, []
        return text.encode(self.screen.encoding, "replace")

    def resized(self, width: int, height: int) -> None:
        """The live rows are erased by the next frame, as many as they are on the screen now."""
        self._stale = self._stale or self._live
        self._live = []
        self.screen = self.screen._replace(width=width, height=height)

    def erased(self) -> bytes:
        """Take the live rows away, so that others may write."""
        return self.frame([], [])

    def forget(self) -> None:
        """Others have written: the cursor is at the start of an empty row."""
        self._live, self._stale = [], []

    def _erase_stale(self) -> str:
        if not self._stale:
            return ""
        width = self.screen.width if self.screen.reflows else sys.maxsize
        heights = [max(1, -(-row.cells // width)) for row in self._stale]
        first = 0
        while sum(heights[first:]) > self.screen.height and first < len(heights) - 1:
            first += 1
        self._scrolled += self._stale[:first]
        up = min(sum(heights[first:]), self.screen.height) - 1
        return (f"\x1b[{up}A" if up else "") + ERASE_FROM_ROW

    def _below_scrolled(self, commit: Sequence[Row], live: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
        """The rows that do not stand above already."""
        if not self._scrolled:
            return commit, live
        pairs = zip(self._scrolled, [*commit, *live], strict=False)
        same = next((at for at, (above, row) in enumerate(pairs) if above != row), None)
        if same is None:
            same = min(len(self._scrolled), len(commit) + len(live))
        else:
            del self._scrolled[same:]
        del self._scrolled[: len(commit)]
        return commit[same:], live[max(0, same - len(commit)) :]

    def _folded(self, live: Sequence[Row]) -> list[Row]:
        rows: list[Row] = []
        most = max(1, self.screen.height - 1)
        for row in reversed(live):
            rows[:0] = fold(row, self.screen.width)
            if len(rows) >= most:
                return rows[-most:]
        return rows

    def _change(self, new: list[Row], committed: int) -> str:
        old = self._live
        same = 0
        for before, after in zip(old, new, strict=False):
            if before != after or (same < committed and self._may_be_wide(after)):
                break
            same += 1
        ending = "\r\n" if new and committed == len(new) else ""
        if same == len(old):
            rows = self._rows(new, same, committed, self._styled(new[same].runs) if same < len(new) else "")
            return ("\r\n" if old and same < len(new) else "") + rows + ending
        return self._redrawn(old, new, same, committed) + ending

    def _redrawn(self, old: list[Row], new: list[Row], same: int, committed: int) -> str:
        """From the row that differs on; the cursor is at the end of the last old one."""
        if new:
            same = min(same, len(new) - 1)  # the cursor is to stand at the end of a row, also if rows only go
        up = len(old) - 1 - same
        first = new[same] if same < len(new) else Row()
        if not up and (text := self._appended(old[same], first)):
            return text + self._rows(new, same, committed, "", old)
        unsure = any(map(self._may_be_wide, [*old[same:], *new[same:]]))
        kept = 0 if unsure else _common(old[same].runs, first.runs)
        column = cell_len(first.text[:kept]) + 1
        if column > self.screen.width:  # there is no place behind a full row: write it again
            kept = 0
        erase = unsure or len(new) < len(old)
        go = f"\x1b[{up}A" if up else ""
        if kept:
            go += f"\x1b[{column}G" + (_ERASE_AFTER if erase else "")
        else:
            go += ERASE_FROM_ROW if erase else "\r"
        body = self._styled(_after(first.runs, kept))
        if not erase and first.cells < old[same].cells:
            body += _ERASE_RIGHT
        text = go + self._rows(new, same, committed, body, [] if erase else old)
        return text.join(_SYNCHRONIZED) if up else text

    def _appended(self, old: Row, new: Row) -> str:
        """What makes `new` of `old` if only text was added at its end, and it fits for sure."""
        kept = _common(old.runs, new.runs)
        if kept < len(old.text) or old.raw != new.raw or new.cells > self.screen.width:
            return ""
        if new.cells + 2 * len(self._doubtful.findall(new.text)) > self.screen.width and self._may_be_wide(new):
            return ""
        return self._styled(_after(new.runs, kept))

    def _rows(self, new: list[Row], start: int, committed: int, first: str, old: Sequence[Row] = ()) -> str:
        """The rows from `start` on; `first` is written for the first of them."""
        parts: list[str] = []
        plain = all(not self._may_be_wide(row) for row in new[max(start, committed) :])
        off, on = ("", "") if plain else _NO_AUTOWRAP
        for at in range(start, len(new)):
            text = first
            if at > start:
                text = self._styled(new[at].runs)
                # Only after a shorter row: with the cursor on the last column the erasing would take its character.
                if at < len(old) and new[at].cells < old[at].cells:
                    text += _ERASE_RIGHT
            parts.append((off if at == max(start, committed) else "") + text)
        return "\r\n".join(parts) + (on if start < len(new) and committed < len(new) else "")

    def _may_be_wide(self, row: Row) -> bool:
        """It may take another count of cells, or of rows, than we think."""
        return self._doubtful.search(row.text) is not None or row.cells > self.screen.width

    def _styled(self, runs: Sequence[Run]) -> str:
        parts = []
        for text, style in runs:
            code = self._code(style)
            parts.append(f"{code}{text}{_RESET}" if code else text)
        return "".join(parts)

    def _code(self, style: Style) -> str:
        code = self._codes.get(style)
        if code is None:
            code = ""
            if self.screen.styles:
                code = style.render("x", color_system=ColorSystem.STANDARD).partition("x")[0]
            self._codes[style] = code
        return code


def _common(old: Sequence[Run], new: Sequence[Run]) -> int:
    """Characters that both begin with, in the same styles."""
    count = 0
    for (old_text, old_style), (new_text, new_style) in zip(old, new, strict=False):
        if old_style != new_style:
            break
        if old_text != new_text:
            pairs = zip(old_text, new_text, strict=False)
            same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(old_text), len(new_text)))
            return count + same
        count += len(old_text)
    return count


def _after(runs: Sequence[Run], count: int) -> list[Run]:
    """What follows the first `count` characters."""
    rest: list[Run] = []
    for text, style in runs:
        if count < len(text):
            rest.append((text[count:], style))
        count = max(0, count - len(text))
    return rest
