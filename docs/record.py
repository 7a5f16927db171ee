"""Draws the pictures of the README again: python docs/record.py

Each picture is a session in a pseudo-terminal: keys are typed into it, an emulator makes a screen of what it writes,
and Rich exports that as SVG.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pexpect
import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
COLUMNS, LINES = 84, 60
_WAIT_S = 20.0
COUNTDOWN = "trying again in"
THEME = TerminalTheme(
    (29, 31, 33),
    (220, 222, 220),
    [
        (60, 62, 66),
        (224, 108, 117),
        (152, 195, 121),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (220, 222, 220),
    ],
    [(120, 124, 130)] * 8,
)


class Picture(NamedTuple):
    """A run of `chat` with these words. With steps it is a session: each is what is typed, and the words that must be
    seen after it. Without, it is one command, and all that it writes, below `file`: a name and the text in it.
    """

    name: str
    words: tuple[str, ...]
    steps: tuple[tuple[str, str], ...] = ()
    file: tuple[str, str] | None = None


CLIENT = """\
import os, sys, requests

answer = requests.post(
    os.environ["OPENAI_BASE_URL"] + "/chat/completions",
    headers={"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]},
    json={"model": "any", "messages": [{"role": "user", "content": sys.argv[1]}]},
)
print(answer.json()["choices"][0]["message"]["content"])
"""


PICTURES = (
    Picture(
        "session",
        ("-m", "lab/guide"),
        (
            ("how do I use a local server?\r", "Ollama"),
            ("/model lab/echo\r", "the model is now"),
            ("shorter, please\r", "lab/echo   "),
        ),
    ),
    Picture("markdown", ("-m", "lab/markdown"), (("show me a table and some code\r", "```python"),)),
    Picture(
        "trouble",
        ("-m", "lab/quota"),
        (
            ("hello\r", "/retry asks it again"),
            ("/model lab/overloaded\r", "the model is now"),
            ("hello\r", COUNTDOWN),
        ),
    ),
    Picture("http", ("-m", "lab/rate-limited", "-v", "What is SSE?")),
    Picture(
        "grade",
        (
            *("lab", "grade", "--case", "answer", "--case", "key-stays", "--case", "status-401"),
            *("--case", "retry-after", "--case", "cut", "--", "python", "client.py", "{question}"),
        ),
        file=("client.py", CLIENT),
    ),
)


Start = Callable[..., "pexpect.spawn[bytes]"]
"""`python WORDS...` in a terminal: words, variables, folder, and `dimensions`, its lines and columns."""


class _Screen(pyte.Screen):
    """pyte knows no faint text: here it is kept where blinking would be, which nothing here does."""

    answer: Callable[[str], object] = staticmethod(lambda data: None)

    def select_graphic_rendition(self, *attrs: int, **kwargs: Any) -> None:
        super().select_graphic_rendition(*(5 if code == 2 else code for code in attrs), **kwargs)

    def write_process_input(self, data: str) -> None:
        self.answer(data)


def _start(words: list[str], env: dict[str, str], cwd: Path, *, dimensions: tuple[int, int]) -> pexpect.spawn[bytes]:
    return pexpect.spawn(sys.executable, words, env=env, cwd=str(cwd), dimensions=dimensions)


def screen_of(picture: Picture, start: Start = _start) -> pyte.Screen:
    """The screen of a terminal when the last words of the picture have been seen. `start` gives it a Python."""
    screen = _Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    with tempfile.TemporaryDirectory() as home:
        if picture.file:
            name, text = picture.file
            (Path(home) / name).write_text(text)
            stream.feed(_at_a_shell("cat", name) + text.replace("\n", "\r\n").encode())
        child = start(["-m", "chatbot", *picture.words], _environment(home), Path(home), dimensions=(LINES, COLUMNS))
        screen.answer = child.send
        if not picture.steps:
            stream.feed(_at_a_shell("chat", *picture.words))
            _look(lambda: child.eof(), child, screen, stream)
            return screen
        _look(lambda: _prompts(screen) == 1, child, screen, stream)
        for number, (typed, seen) in enumerate(picture.steps, start=1):
            child.send(typed)
            _look(lambda: _prompts(screen) > number or seen == COUNTDOWN, child, screen, stream)  # noqa: B023
            _look(lambda: seen in _text(screen), child, screen, stream)  # noqa: B023
        child.close(force=True)
    return screen


def _look(seen: Callable[[], bool], child: Any, screen: pyte.Screen, stream: pyte.ByteStream) -> None:
    """Reads what the session writes until that is seen."""
    deadline_s = time.monotonic() + _WAIT_S
    while not seen():
        if time.monotonic() > deadline_s:
            raise TimeoutError(_text(screen))
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            stream.feed(bytes(child.read_nonblocking(65536, 0.1)))


def _environment(home: str) -> dict[str, str]:
    """With this Python as `python`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {"PATH": path, "HOME": home, "PYTHONPATH": str(ROOT), "CHAT_NO_LOG": "1"}
    return {**ours, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def _at_a_shell(*words: str) -> bytes:
    """A prompt, and these words typed at it."""
    return f"\x1b[36m$\x1b[0m \x1b[1m{' '.join(map(_quoted, words))}\x1b[0m\r\n".encode()


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _prompts(screen: pyte.Screen) -> int:
    """How many times the prompt has stood, the line under it drawn."""
    rows = [row for row in _text(screen).splitlines() if row]
    return sum(row.startswith(">") for row in rows) if len(rows) > 1 and rows[-2] == ">" else 0


def _text(screen: pyte.Screen) -> str:
    return "\n".join(row.rstrip() for row in screen.display)


def rich_rows(screen: pyte.Screen) -> list[Text]:
    """The rows of a screen with their styles, without the empty ones at both ends."""
    rows = []
    for y in range(screen.lines):
        row = Text(no_wrap=True, end="")
        cells = (screen.buffer[y][x] for x in range(screen.columns))
        for style, run in itertools.groupby(cells, _style):
            row.append("".join(cell.data for cell in run), style)
        row.rstrip()
        rows.append(row)
    return list(_from_text(reversed(list(_from_text(reversed(rows))))))


def _from_text(rows: Iterator[Text]) -> Iterator[Text]:
    return itertools.dropwhile(lambda row: not row.plain, rows)


def _style(cell: Any) -> Style:
    color = None if cell.fg == "default" else _named(cell.fg)
    return Style(
        color=color,
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        strike=cell.strikethrough,
        dim=cell.blink,
    )


def _named(name: str) -> str:
    """Rich's name for one of pyte's colours, which are names or six hexadecimal digits."""
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name):
        return f"#{name}"
    return {"brown": "yellow"}.get(name, name.replace("bright", "bright_"))


def main() -> None:
    for picture in PICTURES:
        console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
        for row in rich_rows(screen_of(picture)):
            console.print(row)
        svg = console.export_svg(title="chat", theme=THEME, unique_id=picture.name)
        (FOLDER / f"{picture.name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
