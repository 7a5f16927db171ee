"""Code, fenced or indented: each line is a row at once, but blank lines wait until one with text follows."""

from copy import copy

from chatbot.terminal.markdown.containers import Lead
from chatbot.terminal.markdown.lines import TAB, Cursor, Fence
from chatbot.terminal.markdown.look import CODE, DIM
from chatbot.terminal.markdown.row import Row

LONGEST_ROW = 8_000  # characters: a longer line becomes several rows, so that it need not be kept


class FencedCode:
    """The two lines of the fence are shown dim: a copied block is Markdown again."""

    def __init__(self, lead: Lead, fence: Fence) -> None:
        # Pygments is not loaded for an answer without code.
        from chatbot.terminal.markdown.highlight import Highlighter

        self.fence = fence
        self._lead = lead
        words = fence.info.split()
        self._highlighter = Highlighter(words[0].strip("{}.") if words else "")
        self._blank = 0

    def clone(self) -> "FencedCode":
        new = copy(self)
        new._highlighter = self._highlighter.clone()
        return new

    def opening(self) -> Row:
        return self._lead.first_code([(self.fence.mark + self.fence.info.expandtabs(TAB), DIM)])

    def line(self, cursor: Cursor) -> list[Row]:
        cursor.skip_columns(self.fence.indent)
        text = cursor.rest.expandtabs(TAB).rstrip(" ")
        if not text:
            self._blank += 1
            return []
        rows = [self._lead.code(self._highlighter.line("")) for _ in range(self._blank)]
        self._blank = 0
        pieces = [text[at : at + LONGEST_ROW] for at in range(0, len(text), LONGEST_ROW)]
        return rows + [self._lead.code(self._highlighter.line(piece)) for piece in pieces]

    def finish(self, preview: bool = False) -> list[Row]:
        return [] if preview else [self._lead.code([(self.fence.mark, DIM)])]


class IndentedCode:
    """Kept with its four spaces: nothing else tells it from text where there are no colours."""

    def __init__(self, lead: Lead) -> None:
        self._lead = lead
        self._blank = 0
        self._first = True

    def clone(self) -> "IndentedCode":
        return copy(self)

    def line(self, cursor: Cursor) -> list[Row]:
        cursor.skip_columns(TAB)
        text = cursor.rest.expandtabs(TAB).rstrip(" ")
        if not text:
            self._blank += 1
            return []
        rows = [self._lead.code(()) for _ in range(self._blank)]
        runs = [(" " * TAB + text, CODE)]
        rows.append(self._lead.first_code(runs) if self._first else self._lead.code(runs))
        self._blank, self._first = 0, False
        return rows

    def finish(self, preview: bool = False) -> list[Row]:
        return []
