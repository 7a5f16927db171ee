"""Sessions in tmux, which wraps its rows anew when its window gets another width, and keeps what is erased."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.chat import COMMAND, environment

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

QUESTION = "this question has about fifty characters in it, ok"


class Tmux:
    """A server of its own with one window, in which `chat` runs; `folder` must be empty."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._socket = folder / "tmux"
        self._folder = folder
        env = environment(folder, TERM="xterm-256color")
        # Several words are run without a shell, and an account may have none.
        command = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), *COMMAND, *words]
        self.do("-f", "/dev/null", "-u", "new-session", "-d", "-x", "80", "-y", "24", *command)

    def do(self, *words: str) -> str:
        command = ["tmux", "-S", str(self._socket), *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=self._folder, env=environment(self._folder)
        ).stdout

    def rows(self) -> list[str]:
        """Scrollback and screen, without empty rows."""
        return [row for row in self.do("capture-pane", "-p", "-S", "-").splitlines() if row]

    def wait_for(self, seen: Callable[[list[str]], bool]) -> None:
        deadline = time.monotonic() + 10
        while not seen(self.rows()):
            assert time.monotonic() < deadline, "\n".join(self.rows())
            time.sleep(0.02)

    def narrow(self, columns: int) -> None:
        """Waits until the prompt, behind which QUESTION stands, was drawn for that width, the line under it last."""
        first, rest = f"> {QUESTION}"[:columns].rstrip(), f"> {QUESTION}"[columns:]
        drawn = [first, f"  {rest}"] if rest else [first]
        self.do("resize-window", "-x", str(columns))
        self.wait_for(lambda rows: rows[-1 - len(drawn) : -1] == drawn)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    terminal = Tmux(tmp_path, "-n", "-m", "lab/echo")
    terminal.wait_for(lambda rows: bool(rows) and rows[-1].startswith("lab/echo"))
    yield terminal
    terminal.do("kill-server")


def prompts(rows: list[str]) -> list[str]:
    return [row for row in rows if row.startswith(">")]


def test_a_window_that_gets_narrower_at_the_prompt_shows_one_prompt(tmux: Tmux) -> None:
    tmux.do("send-keys", QUESTION)
    tmux.wait_for(lambda rows: prompts(rows) == [f"> {QUESTION}"])
    for columns in (70, 60, 50, 40, 30):
        tmux.narrow(columns)
    tmux.wait_for(lambda rows: prompts(rows) == ["> this question has about fift"])


def test_an_answer_and_a_narrower_window_leave_what_was_said_once(tmux: Tmux) -> None:
    for number in range(1, 8):
        tmux.do("send-keys", f"question {number}", "Enter")
        tmux.wait_for(lambda rows, number=number: rows.count(f"question {number}") == 1)  # type: ignore[misc]
        tmux.wait_for(lambda rows: prompts(rows)[-1] == ">")
    tmux.do("send-keys", QUESTION)
    tmux.wait_for(lambda rows: prompts(rows)[-1] == f"> {QUESTION}")
    for columns in (70, 45, 30):
        tmux.narrow(columns)
    asked = [f"> question {number}" for number in range(1, 8)]
    tmux.wait_for(lambda rows: prompts(rows) == [*asked, "> this question has about fift"])


def test_a_prompt_on_the_first_row_leaves_nothing_in_the_scrollback(tmux: Tmux) -> None:
    tmux.do("send-keys", "hello", "Enter")
    tmux.wait_for(lambda rows: "hello" in rows and prompts(rows)[-1] == ">")
    assert prompts(tmux.rows()) == ["> hello", ">"]
