"""How far each of several answers is, and the rows that say so."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chatbot.core.amounts import duration_words, token_words
from chatbot.core.cost.answer import Cost
from chatbot.core.events import Event, Finished, ReasoningDelta, Retrying, TextDelta, Verdict
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.markdown.look import DIM
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.markdown.wrap import fold
from chatbot.terminal.sanitise import sanitise
from chatbot.terminal.screen import Screen

_CHARACTERS_PER_TOKEN = 4  # about, in most languages
_SHARE_OF_SCREEN = 3  # the rows take one part of so many


class Progress:
    """One answer: what came of it, and how long after the question. `began_s` is a time of the clock."""

    def __init__(self, name: str, began_s: float) -> None:
        self.name = " ".join(sanitise(name).split())
        self.began_s = began_s
        self.first_text_s: float | None = None
        self.total_s: float | None = None
        self.finished: Finished | None = None
        self.cost: Cost | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._characters = 0
        self._again_s = -math.inf  # when it is tried again

    def saw(self, event: Event, after_s: float) -> None:
        """Something has come, so many seconds after the question; what it is, is taken later."""
        if self.finished is None:
            self.total_s = after_s
            if self.first_text_s is None and type(event) is TextDelta:
                self.first_text_s = after_s

    def take(self, events: Sequence[Event], now_s: float) -> None:
        """What came."""
        for event in events:
            match event:
                case TextDelta(text):
                    self._text.append(text)
                    self._characters += len(text)
                case ReasoningDelta(text):
                    self._reasoning.append(text)
                    self._characters += len(text)
                case Retrying():
                    self._again_s = now_s + event.delay_s
                case Finished():
                    self.finished = event
                    if event.verdict is Verdict.CANCELLED or self.total_s is None:
                        self.total_s = now_s - self.began_s

    @property
    def result(self) -> AnswerResult:
        """What came of it, once it has ended."""
        assert self.finished is not None
        return AnswerResult("".join(self._text), "".join(self._reasoning), self.finished, self.cost)

    @property
    def tokens(self) -> int:
        """About how many have come."""
        return -(-self._characters // _CHARACTERS_PER_TOKEN)

    def words(self, now_s: float) -> str:
        """How far it is: `waiting 3 s`, `receiving, about 120 tokens`, `done, 2.1 s`."""
        if self.finished is not None:
            verdict = self.finished.verdict
            return f"{'done' if verdict is Verdict.COMPLETE else verdict}, {duration_words(self.total_s or 0.0)}"
        if self._characters:
            return f"{'receiving' if self._text else 'thinking'}, about {token_words(self.tokens)}"
        if now_s < self._again_s:
            return f"retrying in {duration_words(math.ceil(self._again_s - now_s))}"
        waited_s = int(now_s - self.began_s)
        return f"waiting {duration_words(waited_s)}" if waited_s else "waiting"


class StatusRows:
    """A row for each of the answers that have not had their turn, to stand under the one that has; fewer words where
    the screen is too low for so many.
    """

    def __init__(self, progresses: Sequence[Progress]) -> None:
        self.progresses = list(progresses)

    def rows(self, now_s: float, screen: Screen) -> list[Row]:
        """As they are now, below an empty row; none where there is nothing to tell."""
        if not self.progresses:
            return []
        widest = max(len(each.name) for each in self.progresses)
        lines = [f"{each.name:{widest}}  {each.words(now_s)}" for each in self.progresses]
        if len(lines) > max(1, screen.height // _SHARE_OF_SCREEN):
            lines = [self.summary(now_s)]
        return [Row(), *(fold(Row(((line, DIM),)), screen.width - 1)[0] for line in lines)]

    def summary(self, now_s: float) -> str:
        """All of them in one line: `2 waiting, 3 receiving, 1 done`."""
        words = [each.words(now_s).split(",")[0].split(" ")[0] for each in self.progresses]
        return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
