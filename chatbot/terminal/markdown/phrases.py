"""The text of a paragraph, settled from the left.

A paragraph is read as a row of phrases, each by itself. A phrase ends where nothing is open: outside of emphasis,
code, links. So what was settled cannot be changed by what follows, and only the open phrase is kept. A phrase ends
between two plain characters, so that the marks on both sides still see what surrounds them. Where phrases end is
decided by the text before alone, never by how it was cut into pieces.
"""

import re
from copy import copy

from chatbot.terminal.markdown import inline
from chatbot.terminal.markdown.look import PLAIN
from chatbot.terminal.markdown.row import Run

_LONGEST_PHRASE = 1_000  # an opening mark without a closing one within so many characters is a plain character
_MOST_HEALED = 8  # marks that are closed in a preview
_OPENING = re.compile(r"[`*_~\[<&$\\]")
_PAIR = r"[^`*_~\[\]<>&$\\;)!]{2}"
_PLAIN_PAIR = re.compile(_PAIR)
_MAY_END = re.compile(r"[`*_~\[\]<>&$\\;)\n]" + _PAIR)

_UNFINISHED_LINK = re.compile(r"!?\[([^\[\]]*)(?:\](?:\([^()]*)?)?$")
_MARKS_AT_END = re.compile(r"[*_~\\!\[]+$")
_TICKS = re.compile(r"`+")


class Phrases:
    """Give it text, take the runs that are settled."""

    __slots__ = ("_marked", "_next_try", "_overdue", "_pending", "_scanned")

    def __init__(self) -> None:
        self._pending = ""
        self._marked = False
        self._scanned = 0
        self._next_try = 0
        self._overdue = False  # the phrase may have ended, but it was too soon to try again

    def clone(self) -> "Phrases":
        return copy(self)

    def feed(self, text: str) -> list[Run]:
        """The runs that `text` settles."""
        self._pending += text
        runs: list[Run] = []
        while self._step(runs):
            pass
        return runs

    def finish(self) -> tuple[Run, ...]:
        """The rest; the paragraph ends here."""
        return inline.parse(self._pending).runs if self._marked else ((self._pending, PLAIN),)

    def preview(self) -> tuple[Run, ...]:
        """The rest as it will look once the marks that are open are closed, so that they do not flash."""
        return _healed(self._pending) if self._marked else ((self._pending, PLAIN),)

    def _step(self, runs: list[Run]) -> bool:
        return self._marked_step(runs) if self._marked else self._plain_step(runs)

    def _plain_step(self, runs: list[Run]) -> bool:
        opening = _OPENING.search(self._pending)
        # The character before a mark decides what the mark means.
        end = (opening.start() if opening else len(self._pending)) - 1
        if end > 0:
            runs.append((self._pending[:end], PLAIN))
            self._pending = self._pending[end:]
        self._marked = opening is not None
        self._scanned = self._next_try = 0
        self._overdue = False
        return self._marked

    def _marked_step(self, runs: list[Run]) -> bool:
        place = (_PLAIN_PAIR if self._overdue else _MAY_END).search(self._pending, self._scanned)
        end = place.end() - 1 if place else len(self._pending)
        if end > _LONGEST_PHRASE + 2:
            cut = self._pending.rfind(" ", 1, _LONGEST_PHRASE)
            self._settle(runs, cut if cut > 0 else _LONGEST_PHRASE)
            return True
        if not place:
            self._scanned = max(self._scanned, len(self._pending) - 2)
            return False
        self._overdue = end < self._next_try
        self._scanned = max(end, self._next_try - 1)
        if not self._overdue and not self._settle(runs, end, even_open=False):
            self._next_try = end + max(4, end // 4)  # keeps the work linear while a mark stays open
        return True

    def _settle(self, runs: list[Run], end: int, even_open: bool = True) -> bool:
        phrase = inline.parse(self._pending[:end])
        if phrase.open and not even_open:
            return False
        runs += phrase.runs
        self._pending = self._pending[end:]
        self._marked = False
        return True


def settled(text: str) -> list[Run]:
    """All of a text that is complete."""
    phrases = Phrases()
    return [*phrases.feed(text), *phrases.finish()]


def _healed(source: str) -> tuple[Run, ...]:
    source = _UNFINISHED_LINK.sub(r"\1", source)
    ticks = _TICKS.findall(source)
    if ticks and ticks.count(ticks[-1]) % 2:
        bare = source.rstrip("`")
        return inline.parse(source + ticks[-1] if bare == source else bare).runs
    source = _MARKS_AT_END.sub("", source)
    as_it_is = inline.parse(source)
    openers = as_it_is.openers[-_MOST_HEALED:]
    return inline.parse(source.rstrip() + openers[::-1]).runs if openers else as_it_is.runs
