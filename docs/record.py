"""Draws the picture of the README again: python docs/record.py

Runs commands in a pseudo-terminal, lets an emulator make a screen of what they write, and has Rich export it as SVG.
"""

from __future__ import annotations

import io
import itertools
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pexpect
import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS, LINES = 84, 33
PICTURE = Path(__file__).with_name("terminal.svg")
COMMANDS = (
    'chat -m lab/guide "how do I attach an image?"',
    "chat -m lab/overloaded hello | wc -c",
    "chat -m lab/wrong-key hello; echo $?",
)
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
)


def screen_after(commands: tuple[str, ...]) -> pyte.Screen:
    """The screen of a terminal in which the commands were typed, one after the other."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    with tempfile.TemporaryDirectory() as home:
        bin_folder = str(Path(sys.executable).parent)
        env = {
            "PATH": bin_folder + os.pathsep + os.environ["PATH"],
            "HOME": home,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }
        for command in commands:
            stream.feed(f"\x1b[1;32m$\x1b[0m {command}\r\n".encode())
            child = pexpect.spawn("sh", ["-c", command], env=env, cwd=home, dimensions=(LINES, COLUMNS), timeout=30)
            stream.feed(bytes(child.read()))
            child.close()
    return screen


def rich_rows(screen: pyte.Screen) -> list[Text]:
    """The rows of a screen with their styles, without the empty ones at the end."""
    rows = []
    for y in range(screen.lines):
        row = Text(no_wrap=True, end="")
        cells = (screen.buffer[y][x] for x in range(screen.columns))
        for style, run in itertools.groupby(cells, _style):
            row.append("".join(cell.data for cell in run), style)
        row.rstrip()
        rows.append(row)
    while rows and not rows[-1].plain:
        rows.pop()
    return rows


def _style(cell: Any) -> Style:
    color = None if cell.fg == "default" else _named(cell.fg)
    return Style(color=color, bold=cell.bold, italic=cell.italics, underline=cell.underscore)


def _named(name: str) -> str:
    """Rich's name for one of pyte's colours, which are names or six hexadecimal digits."""
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name):
        return f"#{name}"
    return {"brown": "yellow"}.get(name, name.replace("bright", "bright_"))


def main() -> None:
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for row in rich_rows(screen_after(COMMANDS)):
        console.print(row)
    PICTURE.write_text(console.export_svg(title="chat", theme=THEME), encoding="utf-8")


if __name__ == "__main__":
    main()
