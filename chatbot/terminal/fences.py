"""The code fences of a Markdown text (CommonMark, section 4.5), as markdown-it finds them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINE_END = re.compile("\r\n|\n|\r")


class CodeBlock(NamedTuple):
    """What stands between two fences, and the words behind the first (the info string)."""

    text: str
    info: str = ""

    @property
    def language(self) -> str:
        """What the info string names first, in lower case: also of `{.python}` and `python:app.py`; or nothing."""
        found = re.match(r"\{?\s*\.?([\w+#.-]*)", self.info)
        return found[1].lower() if found else ""


def code_blocks(markdown: str) -> list[CodeBlock]:
    """The fenced code blocks, also those in lists and quotes, and one that was cut, with their own line ends."""
    fences = [token for token in _tokens(markdown) if token.type == "fence"]
    ends = _LINE_END.findall(markdown) if "\r" in markdown else []
    return [CodeBlock(_as_it_came(fence, ends), fence.info.strip()) for fence in fences]


def _as_it_came(fence: Token, ends: list[str]) -> str:
    if not ends or fence.map is None:
        return fence.content
    own = ends[fence.map[0] + 1 :]
    lines = re.findall("[^\n]*\n|[^\n]+", fence.content)
    return "".join(
        line.removesuffix("\n") + (own[number] if number < len(own) else "\n") for number, line in enumerate(lines)
    )


def with_closed_fence(text: str) -> str:
    """Markdown whose last code fence is closed: an answer that was cut must not swallow what follows it.

    A fence in a list or a quote ends with it.
    """
    text = text.rstrip("\n")
    fence = _open_fence(text)
    return f"{text}\n{fence.markup}" if fence and not fence.level else text


def ends_in_code(text: str) -> bool:
    """Whether the text breaks off inside of a code fence."""
    return _open_fence(text.rstrip("\n")) is not None


def _open_fence(text: str) -> Token | None:
    last = next((token for token in reversed(_tokens(text + "\n")) if not token.nesting), None)
    if last is None or last.type != "fence" or last.map is None:
        return None
    start, end = last.map
    is_closed = end - start == last.content.count("\n") + 2
    return None if is_closed or end <= text.count("\n") else last


def _tokens(text: str) -> list[Token]:
    if "```" not in text and "~~~" not in text:
        return []
    from markdown_it import MarkdownIt  # loads slowly

    return MarkdownIt("commonmark", {"maxNesting": 100}).disable("inline").parse(text)
