"""The program's own voice: what it tells a person on standard error, harmless and without keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chatbot.core.errors import Hung
from chatbot.core.redaction.redactor import Redactor

UNCHECKED = "(left out: it could not be searched for keys)"
_INDENT = "      "
_SESSION_INDENT = "  "
_BOLD, _DIM, _RED, _YELLOW, _CYAN = "1", "2", "1;31", "33", "1;36"
_SIGN = "> "
_QUESTION_LINES = 5
_MIN_COLUMNS = 20
_NO_TERMINAL_COLUMNS = 80


class Notices:
    """Writes lines for a person. `write` takes text; `redact` takes keys out of it. `columns` is the width of the
    terminal they are written to, 0 if it is none: lines are then not wrapped.

    `quiet` leaves out notices; errors are always told. `in_session`: nobody else writes here, so that messages go
    without the program's name, and errors are called so. `apart`: the next message stands a blank row below the answer.
    """

    quiet = in_session = apart = False
    _redacts = True

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
        self.columns = columns

    @property
    def reply_cells(self) -> int:
        """How wide a line under the first one of a reply may be to stay one row."""
        return (self.columns() or _NO_TERMINAL_COLUMNS) - len(self._indent) - 1

    def hide(self, keys: Sequence[str]) -> None:
        """More keys that are never shown."""
        known = self.redact
        if keys and isinstance(known, Redactor):
            self.redact = known.also(keys)
        elif keys:
            also = Redactor(keys)
            self.redact = lambda text: also(known(text))

    def redacted(self, text: str) -> str:
        """`text` without keys; nothing of it where that cannot be told, nor of any other once it took too long."""
        if not self._redacts:
            return UNCHECKED
        try:
            return self.redact(text)
        except Exception:
            return UNCHECKED
        except Hung:
            self._redacts = False
            return UNCHECKED

    def warn(self, *lines: str) -> None:
        """What may be left out, usually one line."""
        if not self.quiet:
            self._tell(lines, _YELLOW, _YELLOW)

    def tell(self, lines: Iterable[str]) -> None:
        """A reply: its first line after the program's name, the others under it."""
        style = _DIM if self.in_session else ""
        self._tell(lines, style, style)

    def page(self, rows: Iterable[str]) -> None:
        """A reply that is laid out already."""
        for row in rows:
            self._row("", row, _DIM)

    def listed(self, sign: str, text: str) -> None:
        """One of several things to choose from, behind its sign."""
        first, *rest = self._wrapped(text, len(sign) + 4)
        self.write(f"  {self._styled(sign, _CYAN)}  {first}\n")
        for row in rest:
            self.write(f"  {' ' * len(sign)}  {row}\n")

    def question(self, text: str) -> None:
        """A question that was not typed just now, as it would stand at the prompt; of a long one the beginning."""
        lines = text.splitlines()
        self.write("\n")
        for number, line in enumerate(lines[:_QUESTION_LINES]):
            self._row(self._styled(_SIGN, _CYAN) if not number else _SESSION_INDENT, line, _BOLD)
        if len(lines) > _QUESTION_LINES:
            self._row(_SESSION_INDENT, f"… and {len(lines) - _QUESTION_LINES} more", _DIM)

    def error(self, lines: Iterable[str]) -> None:
        """What went wrong as the first line, what to do about it under it."""
        self._tell(lines, _BOLD if self.in_session else _RED, "", name="error:" if self.in_session else "")

    def _tell(self, lines: Iterable[str], first_style: str, style: str, *, name: str = "") -> None:
        from chatbot.terminal.sanitise import sanitise  # most runs have nothing to tell

        indent = self._indent
        head = f"{self._styled(name, _RED)} " if name else "" if self.in_session else f"{self._styled('chat:', _BOLD)} "
        if self.apart:
            self.write("\n")
            self.apart = False
        for number, line in enumerate(lines):
            text = self.redacted(sanitise(line)).replace("\n", " ")
            first, *rest = self._wrapped(text, max(len(indent), 0 if number or not name else len(name) + 1))
            chosen = style if number else first_style
            self.write(f"{indent if number else head}{self._styled(first, chosen)}\n")
            for row in rest:
                self.write(f"{indent}  {self._styled(row, chosen)}\n")

    def _row(self, before: str, text: str, style: str) -> None:
        from chatbot.terminal.sanitise import sanitise

        harmless = self.redacted(sanitise(text.expandtabs(4))).replace("\n", " ")
        self.write(f"{before}{self._styled(harmless, style)}\n")

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and style and text else text

    @property
    def _indent(self) -> str:
        return _SESSION_INDENT if self.in_session else _INDENT

    def _wrapped(self, text: str, taken: int) -> list[str]:
        """The rows of a text; `taken` cells of the first one are not for it."""
        columns = self.columns() - taken
        if columns < _MIN_COLUMNS or len(text) < columns:
            return [text]
        import textwrap

        # Long words stay whole, so that an address can be copied.
        rows = textwrap.wrap(text, columns - 3, break_long_words=False, break_on_hyphens=False)
        return rows or [text]
