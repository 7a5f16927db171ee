"""Somebody at a pseudo-terminal, in front of the session that tests.terminal.driver runs."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from tests.forked import STARTED_WITH, start_on_terminal
from tests.terminal.watched import Watched

ENTER, ALT_ENTER, CTRL_J = "\r", "\x1b\r", "\n"
CTRL_C, CTRL_D, CTRL_R, CTRL_X_CTRL_E, UP, TAB, RIGHT = "\x03", "\x04", "\x12", "\x18\x05", "\x1b[A", "\t", "\x1b[C"


def pasted(text: str) -> str:
    """The text as a terminal gives it to a program that asked for bracketed paste: its lines end with CR."""
    return f"\x1b[200~{text.replace(chr(10), chr(13))}\x1b[201~"


class Typist(Watched):
    """Types, looks, and knows what was asked. `columns` and `lines` are the size of the screen."""

    def __init__(self, folder: Path, *words: str, columns: int = 80, lines: int = 24, **variables: str) -> None:
        self.folder = folder
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), **STARTED_WITH, "TERM": "xterm-256color", **variables}
        driver = ["-m", "tests.terminal.driver", str(folder), *words]
        child = start_on_terminal(driver, env, folder, dimensions=(lines, columns), timeout=10)
        super().__init__(child, columns, lines)

    def leaves(self, number: int) -> None:
        """Ctrl-D at the prompt, when it stands for that time, ends the session well."""
        self.at_the_prompt(number)
        self.type(CTRL_D)
        assert self.leave() == 0

    def completes(self, offered: str, typed: str) -> None:
        """The Tab key takes what the menu offers, which is then behind the prompt."""
        self.sees(offered)
        self.type(TAB)
        self.at_the_prompt(1, typed)

    def sees(self, text: str) -> None:
        self.wait_for(lambda: text in self.text)

    def at_the_prompt(self, number: int = 1, typed: str = "") -> None:
        """Waits until the prompt stands for that time, with this behind it."""
        self.wait_for(lambda: len(self.prompts) >= number and self.prompts[-1] == f"> {typed}".rstrip())

    def is_listened_to(self) -> None:
        """Waits until the program sleeps in its read: `input` feels a signal before that only with the next key."""
        state = Path(f"/proc/{self.child.pid}/stat")
        self.wait_for(lambda: not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "S")

    def type(self, *keys: str) -> None:
        """Each piece at once, but one after the other."""
        for piece in keys:
            self.child.send(piece)
            self.look()

    @property
    def text(self) -> str:
        return "\n".join(self.screen.rows)

    @property
    def prompts(self) -> list[str]:
        return [row for row in self.screen.rows if re.match("> |>$", row)]

    @property
    def asked(self) -> list[str]:
        """The questions so far."""
        path = self.folder / "asked"
        return [json.loads(line)[-1] for line in path.read_text().splitlines()] if path.exists() else []

    def has_asked(self, *questions: str) -> None:
        self.wait_for(lambda: len(self.asked) >= len(questions))
        assert self.asked == list(questions)
