"""The exercises, read from their pages: one Markdown file each, with its hints, starter and solution."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from chatbot.records import NamedTuple

_PAGES = Path(__file__).with_name("pages")
_ENDINGS = {"python": "py", "javascript": "mjs"}
_CODE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


class Exercise(NamedTuple):
    """`page` is Markdown, with the title as its heading: why it matters, what to do, what to read. `about` is what the
    guide is asked for the last hint. `starter` and `solution` are whole programs in `language`.
    """

    number: int
    name: str
    title: str
    page: str
    hints: tuple[str, ...]
    about: str
    language: str
    starter: str
    solution: str

    @property
    def file_name(self) -> str:
        """Of the starter: `01_models.py`."""
        return f"{self.number:02}_{self.name}.{_ENDINGS[self.language]}"


@cache
def exercises() -> tuple[Exercise, ...]:
    """All of them, in their order."""
    return tuple(read_page(file.stem, file.read_text(encoding="utf-8")) for file in sorted(_PAGES.glob("*.md")))


def read_page(stem: str, text: str) -> Exercise:
    """The exercise of a file: its page, then the parts `## Hints`, `## Guide`, `## Starter` and `## Solution`."""
    number, _, name = stem.partition("-")
    page, *parts = re.split(r"^## (Hints|Guide|Starter|Solution)\n", text, flags=re.MULTILINE)
    part = dict(zip(parts[::2], parts[1::2], strict=True))
    codes = [_CODE.search(part[kind]) for kind in ("Starter", "Solution")]
    assert codes[0] and codes[1], f"{stem} has no starter or no solution"
    return Exercise(
        number=int(number),
        name=name,
        title=page.partition("\n")[0].removeprefix("# ").replace("`", ""),
        page=f"{page.strip()}\n",
        hints=tuple(re.findall(r"^- (.*)$", part["Hints"], flags=re.MULTILINE)),
        about=part["Guide"].strip(),
        language=codes[0][1],
        starter=codes[0][2],
        solution=codes[1][2],
    )
