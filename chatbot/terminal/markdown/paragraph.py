"""A paragraph: its phrases settle from the left, its rows follow."""

from collections.abc import Iterable

from chatbot.terminal.markdown.containers import Lead
from chatbot.terminal.markdown.lines import TAB, Cursor
from chatbot.terminal.markdown.phrases import Phrases
from chatbot.terminal.markdown.row import Row, Run
from chatbot.terminal.markdown.wrap import Wrapper

HEAD_PIPE_WITHIN = 200  # characters: a line whose first `|` stands later is no head of a table
LONGEST_HEAD = 2_000  # characters: nor is a line that is longer before it ends


class Paragraph:
    """Line ends are kept. A line with `|` waits for the next one, as it may be the head of a table."""

    def __init__(self, lead: Lead) -> None:
        self.lead = lead
        self.held: str | None = None
        self._phrases = Phrases()
        self._wrapper = Wrapper(lead.rest_width, lead.first_width)
        self._empty = True

    def clone(self) -> "Paragraph":
        new = Paragraph.__new__(Paragraph)
        new.lead, new.held, new._empty = self.lead, self.held, self._empty
        new._phrases, new._wrapper = self._phrases.clone(), self._wrapper.clone()
        return new

    def line(self, cursor: Cursor) -> list[Row]:
        """A complete line."""
        text = cursor.rest.strip(" \t").expandtabs(TAB)
        rows = self._release()
        if "|" in text[:HEAD_PIPE_WITHIN] and cursor.indent() < TAB:
            self.held = text
            return rows
        return rows + self.begin_line(text)

    def begin_line(self, text: str) -> list[Row]:
        """A line that may go on with `more`; it can't become the head of a table."""
        if not self._empty:
            text = "\n" + text
        self._empty = False
        return self._rows(self._phrases.feed(text))

    def more(self, text: str) -> list[Row]:
        return self._rows(self._phrases.feed(text.replace("\t", " ")))

    def take_head(self) -> str:
        """The held line leaves the paragraph."""
        assert self.held is not None
        head, self.held = self.held, None
        return head

    def finish(self, preview: bool = False) -> list[Row]:
        rows = self._release()
        if not self._empty:
            rows += self._rows(self._phrases.preview() if preview else self._phrases.finish())
            rows += self._led(self._wrapper.finish())
        return rows

    def _release(self) -> list[Row]:
        return self.begin_line(self.take_head()) if self.held is not None else []

    def _rows(self, runs: Iterable[Run]) -> list[Row]:
        return self._led(self._wrapper.feed(runs))

    def _led(self, rows: list[Row]) -> list[Row]:
        led = self.lead.rows(rows)
        if rows:
            self.lead = self.lead.after_first()
        return led
