"""The same rows by another way: markdown-it reads the blocks of the whole text, and each paragraph at once.

Rows are not wrapped and blank ones are left out. It disagrees with CommonMark in a few corners, see `DISPUTED`.
"""

import re
from inspect import cleandoc

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from chatbot.terminal.markdown import inline
from chatbot.terminal.markdown.containers import Container, Item, Lead, Quote, lead
from chatbot.terminal.markdown.look import PLAIN, UNICODE
from chatbot.terminal.markdown.row import Row, Run
from chatbot.terminal.markdown.stream import one_piece
from chatbot.terminal.markdown.wrap import Wrapper

WIDE = 10_000

DISPUTED = re.compile(
    r"^.*>.*\n(?:.+\n)*?(?: {3,}|\t)"  # markdown-it takes a deeply indented line after a quote as one more line of it
    r"|^ {1,3}(?:[-*+]|\d+[.)]) (?:.+\n)+?(?: {4,}|\t)\s*>"  # there it ends an indented item; CommonMark does not
    r"|[-*+.)]\s*(?:>\s*)+$|^\s*[-+*]\n\s*>"  # a quote without text: nothing there, a bar here
    r"|\d+[.)](?:\s+[-*+])*\s*\n\s*\n"  # the number after an item that has no text
    r"|[-*+.)>].*\|.*\n.*[|-]"  # a table's second line that is not in the list or quote of its first
    r"|^\S.*\|.*\n +[|:-].*\n(?: {4,}|\t)",  # a table whose first line hangs out of its item: no list begins in it
    re.MULTILINE,
)


def shown(text: str, width: int = 80) -> list[str]:
    """The rows as they are."""
    return [row.text for row in one_piece(text, width)]


def picture(text: str) -> list[str]:
    """Rows as they stand here, without the margin."""
    return cleandoc(text).split("\n")


class Reference:
    def __init__(self) -> None:
        self.rows: list[str] = []
        self._containers: list[Container] = []
        self._with_rows = 0

    def read(self, text: str) -> list[str]:
        parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable(["table", "strikethrough"])
        parser.disable(["reference", "html_block", "html_inline", "lheading"])
        self._blocks(SyntaxTreeNode(parser.parse(text)))
        return normal(self.rows)

    def _blocks(self, parent: SyntaxTreeNode) -> None:
        for node in parent.children:
            if node.type == "blockquote":
                self._inside(Quote(), node)
            elif node.type in ("bullet_list", "ordered_list"):
                for at, item in enumerate(node.children):
                    start = int(node.attrs.get("start", 1)) + at if node.type == "ordered_list" else None
                    self._inside(Item(item.markup, start, 0), item)
            else:
                self._leaf(node, self._lead())

    def _inside(self, container: Container, node: SyntaxTreeNode) -> None:
        self._containers.append(container)
        self._blocks(node)
        if isinstance(container, Item) and self._with_rows < len(self._containers):
            self._add(self._lead().row(()))
        self._containers.pop()
        self._with_rows = min(self._with_rows, len(self._containers))

    def _lead(self) -> Lead:
        rows, found = lead(self._containers, self._with_rows, WIDE, UNICODE)
        self._with_rows = len(self._containers)
        self._add(*rows)
        return found

    def _add(self, *rows: Row) -> None:
        self.rows += [row.text for row in rows]

    def _leaf(self, node: SyntaxTreeNode, at: Lead) -> None:
        match node.type:
            case "paragraph" | "heading":
                source = node.children[0].content if node.children else ""
                lines = "\n".join(line.strip(" \t") for line in source.split("\n"))
                wrapper = Wrapper(WIDE)
                rows = wrapper.feed(inline.parse(lines.expandtabs(4)).runs) + wrapper.finish()
                self._add(*at.rows(rows or [Row()]))
            case "hr":
                self._add(at.row([("─", PLAIN)]))
            case "fence":
                self._add(at.first_code([(node.markup + node.info.strip(" \t"), PLAIN)]))
                self._code(at, node.content, "")
                self._add(at.code([(node.markup, PLAIN)]))
            case "code_block":
                self._code(at, node.content, "    ")
            case "table":
                for row in (row for part in node.children for row in part.children):
                    cells = [cell.children[0].content if cell.children else "" for cell in row.children]
                    runs = [run for cell in cells for run in [*inline.parse(cell).runs, (" ", PLAIN)]]
                    self._add(at.row(runs))
            case other:
                raise AssertionError(other)

    def _code(self, at: Lead, content: str, indent: str) -> None:
        for number, line in enumerate(content.rstrip("\n").split("\n")):
            runs: list[Run] = [(indent + line.expandtabs(4), PLAIN)]
            self._add(at.first_code(runs) if indent and not number else at.code(runs))


def normal(rows: list[str]) -> list[str]:
    """Without blank rows, rules and what spaces tell."""
    return [" ".join(row.replace("─", "").split()) for row in rows if row.strip("▌─ ")]


def ours(text: str) -> list[str]:
    return normal([row.text for row in one_piece(text, WIDE)])
