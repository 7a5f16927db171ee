"""CommonMark's block structure (appendix "A parsing strategy"), a line at a time; blocks become rows as they come.

Nothing here ever looks back: a line goes on with open blocks, closes some, opens others. That is why the dialect has no
setext headings, no link definitions, no HTML blocks; and why blank rows are where the source has blank lines.
"""

from copy import copy

from chatbot.records import NamedTuple
from chatbot.terminal.markdown import lines
from chatbot.terminal.markdown.code import FencedCode, IndentedCode
from chatbot.terminal.markdown.containers import Container, Item, Lead, Quote, lead
from chatbot.terminal.markdown.lines import TAB, Cursor, Fence
from chatbot.terminal.markdown.look import DIM, HEADINGS, Signs
from chatbot.terminal.markdown.paragraph import HEAD_PIPE_WITHIN, LONGEST_HEAD, Paragraph
from chatbot.terminal.markdown.phrases import settled
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.markdown.table import Table
from chatbot.terminal.markdown.wrap import Wrapper

_DEEPEST = 100  # containers; more markers are text
_LONGEST_RULE = 40  # columns

Leaf = Paragraph | FencedCode | IndentedCode | Table


class _Reading(NamedTuple):
    """What a line is: `kept` of the open containers go on, then `opened` ones, then the rest in `cursor`."""

    kept: int
    opened: list[Container]
    kind: str  # blank, empty, goes on, text, code, fence, heading, rule
    cursor: Cursor
    detail: Fence | tuple[int, str] | None = None


class Blocks:
    """Takes lines, appends finished rows to `rows`. `width` may change: it counts for blocks that begin later."""

    def __init__(self, width: int, signs: Signs) -> None:
        self.width = width
        self.rows: list[Row] = []
        self._signs = signs
        self._containers: list[Container] = []
        self._with_rows = 0  # so many of the containers have had a row
        self._leaf: Leaf | None = None
        self._gap: int | None = None  # after a blank line: how many of the containers have been open since
        self._begun = False

    def clone(self) -> "Blocks":
        new = copy(self)
        new.rows = []
        new._containers = self._containers.copy()
        new._leaf = self._leaf and self._leaf.clone()
        return new

    def line(self, text: str) -> None:
        """A complete line, without its newline."""
        reading = self._read(Cursor(text))
        if reading.kind == "blank":
            self._blank(reading)
        elif reading.kind == "goes on":
            self._go_on(reading.cursor, lazy=reading.kept < len(self._containers))
        else:
            self._open(reading)

    def begin_long_line(self, text: str) -> bool:
        """If this beginning of a line says that it is text whatever follows, take it; go on with `more`."""
        reading = self._read(Cursor(text))
        leaf = self._leaf
        goes_on = reading.kind == "goes on" and isinstance(leaf, Paragraph) and leaf.held is None
        if not (goes_on or reading.kind == "text"):
            return False
        if "|" in text[:HEAD_PIPE_WITHIN] and len(text) <= LONGEST_HEAD:
            return False
        if reading.kind == "text":
            self._enter(reading)
            self._leaf = leaf = Paragraph(self._lead())
        assert isinstance(leaf, Paragraph)
        self.rows += leaf.begin_line(reading.cursor.rest.lstrip(" \t").replace("\t", " "))
        return True

    def more(self, text: str) -> None:
        assert isinstance(self._leaf, Paragraph)
        self.rows += self._leaf.more(text)

    def finish(self, preview: bool = False) -> None:
        """The text ends here; in a preview it is only as far as it has come."""
        if self._leaf:
            self.rows += self._leaf.finish(preview)
            self._leaf = None
        self._close(0)

    # reading: nothing is changed

    def _read(self, cursor: Cursor) -> _Reading:
        kept = self._matching(cursor)
        goes_on = kept == len(self._containers)
        if goes_on and isinstance(self._leaf, FencedCode):
            return _Reading(kept, [], "goes on", cursor)
        if cursor.blank():
            return _Reading(kept, [], "blank", cursor)
        opened: list[Container] = []
        kind, detail = self._start(cursor, kept, opened)
        if kind == "code" and isinstance(self._leaf, Paragraph) and not opened:
            kind = "text"
        if kind == "text" and not opened and isinstance(self._leaf, Paragraph):
            kind = "goes on"  # also where its containers do not: a lazy line
        elif goes_on and not opened and (kind, type(self._leaf)) in (("code", IndentedCode), ("text", Table)):
            kind = "goes on"
        return _Reading(kept, opened, kind, cursor, detail)

    def _matching(self, cursor: Cursor) -> int:
        for at, container in enumerate(self._containers):
            if isinstance(container, Quote):
                if not _skip_quote_mark(cursor):
                    return at
            elif cursor.blank():
                if at >= self._with_rows:  # an item can begin with one blank line, not with two
                    return at
            elif cursor.indent() >= container.indent:
                cursor.skip_columns(container.indent)
            else:
                return at
        return len(self._containers)

    def _start(self, cursor: Cursor, kept: int, opened: list[Container]) -> tuple[str, Fence | tuple[int, str] | None]:
        """The kind of block that the rest of the line begins, after the containers that it opens."""
        while True:
            if cursor.blank():
                return "empty", None
            indent = cursor.indent()
            if indent >= TAB:
                return "code", None
            text = cursor.rest.lstrip(" \t")
            if lines.is_rule(text):
                return "rule", None
            if found := lines.heading(text):
                return "heading", found
            if fence := lines.fence(text, indent):
                return "fence", fence
            if kept + len(opened) >= _DEEPEST:
                return "text", None
            if _skip_quote_mark(cursor):
                opened.append(Quote())
            elif item := self._item(text, indent, cursor, kept, opened):
                opened.append(item)
            else:
                return "text", None

    def _item(self, text: str, indent: int, cursor: Cursor, kept: int, opened: list[Container]) -> Item | None:
        marker = lines.marker(text)
        if not marker:
            return None
        empty = not text[marker.width :].strip(" \t")
        in_paragraph = isinstance(self._leaf, Paragraph) and kept == len(self._containers) and not opened
        if in_paragraph and (empty or marker.number not in (None, 1)):
            return None
        cursor.skip_columns(indent)
        cursor.skip_text(marker.width)
        space = cursor.indent()
        if empty or space > TAB:
            space = 1
        cursor.skip_columns(space)
        number = marker.number
        before = self._containers[kept] if kept < len(self._containers) and not opened else None
        if isinstance(before, Item) and before.kind == marker.kind and before.number is not None:
            number = before.number + 1
        return Item(marker.kind, number, indent + marker.width + space)

    # changing

    def _blank(self, reading: _Reading) -> None:
        leaf = self._leaf
        if isinstance(leaf, IndentedCode) and reading.kept == len(self._containers):
            self.rows += leaf.line(reading.cursor)
        else:
            self._close(reading.kept)
        self._gap = reading.kept

    def _go_on(self, cursor: Cursor, lazy: bool) -> None:
        leaf = self._leaf
        match leaf:
            case FencedCode():
                if leaf.fence.closed_by(cursor.rest, cursor.indent()):
                    self._close(len(self._containers))
                else:
                    self.rows += leaf.line(cursor)
            case IndentedCode():
                self._gap = None
                self.rows += leaf.line(cursor)
            case Table():
                self.rows += leaf.line(cursor.rest)
            case Paragraph():
                if lazy or not self._turn_into_table(leaf, cursor):
                    self.rows += leaf.line(cursor)

    def _turn_into_table(self, paragraph: Paragraph, cursor: Cursor) -> bool:
        if paragraph.held is None or cursor.indent() >= TAB:
            return False
        alignments = lines.alignments(cursor.rest.strip(" \t"))
        if not alignments or len(lines.cells(paragraph.held)) != len(alignments):
            return False
        head = paragraph.take_head()
        self.rows += paragraph.finish()
        self._leaf = Table(paragraph.lead, head, alignments, self._signs)
        return True

    def _open(self, reading: _Reading) -> None:
        self._enter(reading)
        if reading.kind == "empty":
            return
        if reading.kind == "heading" and not self._containers:
            self._gap = 0
        block_lead = self._lead()
        match reading.kind, reading.detail:
            case "heading", (int(level), str(text)):
                wrapper = Wrapper(block_lead.rest_width, block_lead.first_width)
                style = HEADINGS[level - 1]
                runs = [(part, style + part_style) for part, part_style in settled(text.expandtabs(1))]
                self.rows += block_lead.rows([*wrapper.feed(runs), *wrapper.finish()] or [Row()])
            case "rule", _:
                self.rows.append(block_lead.row([(self._signs.line * min(_LONGEST_RULE, block_lead.first_width), DIM)]))
            case "fence", Fence() as fence:
                self._leaf = FencedCode(block_lead, fence)
                self.rows.append(self._leaf.opening())
            case "code", _:
                self._leaf = IndentedCode(block_lead)
                self.rows += self._leaf.line(reading.cursor)
            case _:
                self._leaf = Paragraph(block_lead)
                self.rows += self._leaf.line(reading.cursor)

    def _enter(self, reading: _Reading) -> None:
        self._close(reading.kept)
        self._containers += reading.opened

    def _close(self, kept: int) -> None:
        """End the open block and all containers but the first `kept`."""
        if self._leaf:
            self.rows += self._leaf.finish()
            if isinstance(self._leaf, FencedCode) and any(
                isinstance(container, Item) for container in self._containers
            ):
                self._gap = len(self._containers)  # code stands at the margin: what follows in the list stands apart
            self._leaf = None
        if any(isinstance(container, Item) for container in self._containers[max(kept, self._with_rows) :]):
            self.rows.append(self._lead().row(()))  # an item without text
        del self._containers[kept:]
        self._with_rows = min(self._with_rows, kept)
        if self._gap is not None:
            self._gap = min(self._gap, kept)

    def _lead(self) -> Lead:
        """For a block that begins here and has at least one row; the blank row before it is written."""
        if self._gap is not None and self._begun:
            kept = self._containers[: self._gap]
            self.rows.append(lead(kept, len(kept), self.width, self._signs)[1].row(()))
        rows, block_lead = lead(self._containers, self._with_rows, self.width, self._signs)
        self.rows += rows
        self._with_rows = len(self._containers)
        self._begun, self._gap = True, None
        return block_lead


def _skip_quote_mark(cursor: Cursor) -> bool:
    indent = cursor.indent()
    if indent >= TAB or not cursor.rest.lstrip(" \t").startswith(">"):
        return False
    cursor.skip_columns(indent)
    cursor.skip_text(1)
    cursor.skip_columns(1)
    return True
