"""What the files of code blocks are called: safe names, from what the block says of itself, else numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatbot.terminal.fences import CodeBlock

MAX_NAME_CHARS = 100
_FILE_NAME = re.compile(r"[^.\s].*\.[A-Za-z0-9]{1,10}")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)  # no files on Windows


def same_language(one: str, other: str) -> bool:
    """Whether two names mean the same language: py and python."""
    from chatbot.terminal.markdown.highlight import known_as

    return known_as(one) == known_as(other)


def file_names(block: CodeBlock, number: int) -> Iterator[str]:
    """Names for the file of a block, the best first: each next one is for when the one before it is taken."""
    named = _named_in(block.info)
    stem, dot, ending = (named or f"block-{number}{_ending_of(block.language)}").rpartition(".")
    stem = stem[: MAX_NAME_CHARS - len(ending)]
    yield f"{stem}{dot}{ending}"
    yield from (f"{stem}-{again}{dot}{ending}" for again in range(2, 1_000))


def _named_in(info: str) -> str:
    """The name of a file in an info string (`python app.py`, `js:src/app.js`, `title="app.py"`), without its folder."""
    for word in re.split(r"[\s{}=\"':,]+", info):
        name = re.sub(r"[^\w.+-]", "_", re.split(r"[/\\]", word)[-1]).lstrip(".-_")
        if _FILE_NAME.fullmatch(name) and not _DEVICES.match(name):
            return name
    return ""


def _ending_of(language: str) -> str:
    """How files in a language end: .py"""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        patterns = get_lexer_by_name(language).filenames if language else []
    except ClassNotFound:
        patterns = []
    return next((pattern[1:] for pattern in patterns if re.fullmatch(r"\*\.[a-z0-9]+", pattern)), ".txt")
