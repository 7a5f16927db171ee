"""What this terminal shows, as far as it says so; nothing is asked of it."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator

from chatbot.cli.doctor.looking import Looking
from chatbot.cli.output import stdio
from chatbot.cli.output.screen import this_screen
from chatbot.core.checkup.finding import Finding, warning
from chatbot.outside.desktop import clipboard
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.screen import is_dumb

_NARROW = 40  # columns, below which tables and code are hard to read


def screen(looking: Looking) -> Iterator[Finding]:
    """Its size, and whether it has colours."""
    environ, shown = looking.environ, this_screen("auto")
    if not is_terminal(1):
        yield Finding("standard output is no terminal: answers are plain text here")
    elif shown.width < _NARROW:
        yield warning(f"{shown.width} columns: tables and code are hard to read", "Make the window wider.")
    else:
        yield Finding(f"{shown.width} columns, {shown.height} rows")
    if environ.get("NO_COLOR"):
        yield Finding("no colours: NO_COLOR is set")
    elif is_terminal(1):
        depth = "16 million" if environ.get("COLORTERM") in ("truecolor", "24bit") else "256 or fewer"
        yield Finding(f"colours: {depth if shown.styles else 'none'}")


def kind(looking: Looking) -> Iterator[Finding]:
    """What TERM says, and whether the system knows it."""
    term = looking.environ.get("TERM", "")
    if is_dumb(looking.environ):
        yield warning(
            f"TERM is {term}: answers are plain text" if term else "TERM is not set: answers are plain text",
            "In an ordinary window: export TERM=xterm-256color",
        )
        return
    if not _is_known(term):
        yield warning(f"TERM is {term!r}, which this system does not know", "Try: export TERM=xterm-256color")
        return
    program = looking.environ.get("TERM_PROGRAM", "")
    yield Finding(f"TERM is {term}" + (f", in {program}" if program else ""))


def _is_known(term: str) -> bool:
    try:
        import curses
    except ImportError:  # there is none on Windows
        return True
    try:
        with open(os.devnull, "wb") as nobody:  # noqa: PTH123
            curses.setupterm(term, nobody.fileno())
    except curses.error:
        return False
    return True


def encoding(looking: Looking) -> Iterator[Finding]:
    """The locale, and whether emoji can be written."""
    name = next((looking.environ[each] for each in ("LC_ALL", "LC_CTYPE", "LANG") if looking.environ.get(each)), "")
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        yield warning(f"the locale {name} is not installed here", "Take one of: locale -a, or: export LC_ALL=C.UTF-8")
    if this_screen("auto").unicode:
        can = "perhaps" if looking.environ.get("TERM") == "linux" else "yes"
        yield Finding(f"text is {stdio.encoding(sys.stdout)}, emoji: {can}")
    else:
        yield warning(
            f"text is {stdio.encoding(sys.stdout)}: other characters and emoji become ?", "Set: export LC_ALL=C.UTF-8"
        )


def copying(looking: Looking) -> Iterator[Finding]:
    """How /copy reaches the clipboard."""
    tools = clipboard.tools(looking.environ)
    if tools:
        yield Finding(f"/copy uses {tools[0][0]}")
    elif looking.environ.get("TMUX"):
        yield Finding("/copy uses OSC 52, which tmux passes on where its option set-clipboard is on")
    elif looking.environ.get("TERM") == "linux" or is_dumb(looking.environ):
        yield warning("/copy has no clipboard: this terminal does not know OSC 52", "/save writes a file instead.")
    else:
        yield Finding("/copy uses OSC 52; whether this terminal knows it, only a try tells")
