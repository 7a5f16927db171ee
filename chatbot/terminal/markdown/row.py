"""A row of the screen: styled text without line ends, tabs or control characters."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.style import Style

from chatbot.records import NamedTuple

Run = tuple[str, Style]


class Row(NamedTuple):
    """Runs of text, left to right. A `raw` row is a line of code or a long address: the terminal wraps it, so it copies
    as one line.
    """

    runs: tuple[Run, ...] = ()
    raw: bool = False

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.runs)

    @property
    def cells(self) -> int:
        return runs_len(self.runs)


def runs_len(runs: Iterable[Run]) -> int:
    """Width in terminal cells."""
    return sum(cell_len(text) for text, _ in runs)


def joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The same text with neighbours of one style made one run: rows are equal however their text was cut."""
    out: list[Run] = []
    texts: list[str] = []
    last: Style | None = None
    for text, style in runs:
        if style is last or style == last:  # it mostly is, and Rich takes its time to compare
            texts.append(text)
        elif text:
            if last is not None:
                out.append(("".join(texts), last))
            texts, last = [text], style
    if last is not None:
        out.append(("".join(texts), last))
    return tuple(out)
