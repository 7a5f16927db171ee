"""The code fence that a Markdown text leaves open (CommonMark, section 4.5), as markdown-it finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token


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
    if "```" not in text and "~~~" not in text:
        return None
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 100}).disable("inline")
    last = next((token for token in reversed(parser.parse(text + "\n")) if not token.nesting), None)
    if last is None or last.type != "fence" or last.map is None:
        return None
    start, end = last.map
    is_closed = end - start == last.content.count("\n") + 2
    return None if is_closed or end <= text.count("\n") else last
