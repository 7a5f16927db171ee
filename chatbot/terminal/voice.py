"""The program's own voice: what it tells a person on standard error, harmless and without keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chatbot.core.errors import Hung
from chatbot.core.redaction import Redactor

UNCHECKED = "(left out: it could not be searched for keys)"
_INDENT = "      "
_MIN_COLUMNS = 20


class Voice:
    """Writes lines for a person. `write` takes text; `redact` takes keys out of it. `columns` is the width of the
    terminal they are written to, 0 if it is none: lines are then not wrapped.

    `quiet` leaves out notices; errors are always told.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        redact: Callable[[str], str],
        *,
        colour: bool,
        columns: Callable[[], int] = lambda: 0,
    ) -> None:
        self.write = write
        self.redact = redact
        self.colour = colour
        self._columns = columns
        self.quiet = False

    def hide(self, keys: Sequence[str]) -> None:
        """More keys that are never shown."""
        if keys:
            known, also = self.redact, Redactor(keys)
            self.redact = lambda text: also(known(text))

    def redacted(self, text: str) -> str:
        """`text` without keys; nothing of it where that cannot be told."""
        try:
            return self.redact(text)
        except (Exception, Hung):
            return UNCHECKED

    def notice(self, text: str) -> None:
        """One line that may be left out."""
        if not self.quiet:
            self.tell([text])

    def tell(self, lines: Iterable[str]) -> None:
        """A message: its first line after the program's name, the others under it."""
        from chatbot.terminal.sanitise import sanitise  # most runs have nothing to tell

        for number, line in enumerate(lines):
            text = self.redacted(sanitise(line)).replace("\n", " ")
            first, *rest = self._wrapped(text)
            name = "\x1b[1mchat:\x1b[0m" if self.colour else "chat:"
            self.write(f"{name} {first}\n" if number == 0 else f"{_INDENT}{first}\n")
            for row in rest:
                self.write(f"{_INDENT}  {row}\n")

    def _wrapped(self, text: str) -> list[str]:
        columns = self._columns() - len(_INDENT)
        if columns < _MIN_COLUMNS or len(text) < columns:
            return [text]
        import textwrap

        # Long words stay whole, so that an address can be copied.
        rows = textwrap.wrap(text, columns - 3, break_long_words=False, break_on_hyphens=False)
        return rows or [text]
