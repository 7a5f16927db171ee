"""What the output can show, decided once from what the world says about it. Nothing is asked of the terminal."""

import sys
from collections.abc import Mapping
from typing import Literal

from chatbot.records import NamedTuple

# Not from the start of the row: in the top left corner of the screen, tmux keeps in its scrollback all that is erased.
ERASE_FROM_ROW = "\r\x1b[K\x1b[C\x1b[J\r"

# Bracketed paste off, autowrap on, cursor shown, no style: whatever a prompt may have left behind.
IN_ORDER = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[0m\r\n"

ColorChoice = Literal["auto", "always", "never"]


class Screen(NamedTuple):
    """`width` and `height` in cells.

    `rendered`: Markdown becomes rows; else the text goes out as it came. `live`: rows may be redrawn.
    `styles`: colours, bold, italic and underline may be used. `reflows`: the terminal wraps its rows anew
    when its width changes.
    """

    width: int = 80
    height: int = 24
    rendered: bool = True
    live: bool = True
    styles: bool = True
    encoding: str = "utf-8"
    reflows: bool = True

    @property
    def unicode(self) -> bool:
        return self.encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Whether the terminal does not say that it knows escape sequences, as git has it: TERM is not set, or dumb."""
    return environ.get("TERM", "") in ("", "dumb", "unknown") and sys.platform != "win32"


def reflows(environ: Mapping[str, str]) -> bool:
    """Whether the terminal wraps its rows anew when its width changes; xterm and the Linux console cut them."""
    return "XTERM_VERSION" not in environ and environ.get("TERM") != "linux"


def detect_screen(
    environ: Mapping[str, str],
    *,
    isatty: bool,
    size: tuple[int, int],
    encoding: str | None,
    color: ColorChoice = "auto",
    live: bool = True,
) -> Screen:
    """`size` is columns and lines, 0 if unknown; `live=False` is the wish for rows that are written once.

    NO_COLOR leaves no escape sequence at all, so that a screen reader or a log sees plain text; `--color never` only
    takes the styles. Sources: no-color.org, force-color.org (any value that is not empty), terminfo's `dumb`.
    """
    dumb = is_dumb(environ) or "INSIDE_EMACS" in environ
    plain = color != "always" and bool(environ.get("NO_COLOR"))
    forced = color == "always" or (bool(environ.get("FORCE_COLOR")) and not plain)
    styles = color != "never" and not plain and (forced or (isatty and not dumb))
    return Screen(
        width=size[0] or 80,
        height=size[1] or 24,
        rendered=isatty or forced,
        live=live and isatty and not dumb and not plain,
        styles=styles,
        encoding=encoding or "utf-8",
        reflows=reflows(environ),
    )
