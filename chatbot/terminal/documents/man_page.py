"""A manual page in the language of `man`.

Source: man-pages(7) for the order of sections, man(7) for the macros, groff_char(7) for signs that are no others.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from chatbot.records import NamedTuple

_COLUMNS = 72
_SIGNS = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}


class Part(NamedTuple):
    """A piece of a section: paragraphs, then a list of terms with what they mean. A part with a `heading` begins a
    subsection; one that `is_code` is kept as it is.
    """

    heading: str = ""
    paragraphs: Sequence[str] = ()
    terms: Sequence[tuple[str, str]] = ()
    is_code: bool = False


def man_page(name: str, about: str, version: str, date: str, sections: Iterable[tuple[str, Sequence[Part]]]) -> str:
    """The page of the command `name` in section 1, ASCII alone. `about` is half a sentence, `date` is YYYY-MM-DD."""
    lines = [f'.TH {name.upper()} 1 "{date}" "{_text(f"{name} {version}")}" "User Commands"', ".nh", ".ad l"]
    lines += [".SH NAME", f"{_text(name)} \\- {_text(about)}"]
    for title, parts in sections:
        lines.append(f'.SH "{_text(title)}"')
        for number, part in enumerate(parts):
            lines += _part(part, is_first=number == 0)
    return "".join(f"{line}\n" for line in lines)


def _part(part: Part, *, is_first: bool) -> Iterator[str]:
    if part.heading:
        yield f'.SS "{_text(part.heading)}"'
    for number, paragraph in enumerate(part.paragraphs):
        if number or not (part.heading or is_first):
            yield ".PP"
        yield from (".nf", *_lines(paragraph), ".fi") if part.is_code else _lines(paragraph)
    for term, meaning in part.terms:
        yield from (".TP", f".B {_argument(term)}", *(_lines(meaning) if meaning else [r"\&"]))


def _text(text: str) -> str:
    """A text on one line, whatever its signs mean elsewhere."""
    return "".join(_SIGNS.get(sign, sign if sign.isascii() else f"\\[u{ord(sign):04X}]") for sign in _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> Iterator[str]:
    """A text on lines of a usual length. None is a request, though it may begin as one."""
    for line in textwrap.wrap(_one_line(text), _COLUMNS, break_long_words=False, break_on_hyphens=False):
        yield rf"\&{_text(line)}" if line.startswith((".", "'")) else _text(line)


def _argument(text: str) -> str:
    return '"' + _text(text).replace('"', r"\(dq") + '"'
