"""The program's own voice: what it tells a person on standard error, harmless and without keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Voice:
    """Writes lines for a person. `write` takes text; `redact` is replaced once keys are known.

    `quiet` leaves out notices; errors are always told.
    """

    def __init__(self, write: Callable[[str], None], redact: Callable[[str], str], *, colour: bool) -> None:
        self.write = write
        self.redact = redact
        self.colour = colour
        self.quiet = False

    def notice(self, text: str) -> None:
        """One line that may be left out."""
        if not self.quiet:
            self.tell([text])

    def tell(self, lines: Iterable[str]) -> None:
        """A message: its first line after the program's name, the others under it."""
        from chatbot.terminal.sanitise import sanitise  # most runs have nothing to tell

        for number, line in enumerate(lines):
            text = self.redact(sanitise(line)).replace("\n", " ")
            name = "\x1b[1mchat:\x1b[0m" if self.colour else "chat:"
            self.write(f"{name} {text}\n" if number == 0 else f"      {text}\n")
