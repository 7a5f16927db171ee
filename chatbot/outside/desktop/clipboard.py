"""Text into the clipboard: through the desktop's own tool, else through the terminal."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence

from chatbot.core.errors import UsageError
from chatbot.outside.desktop.pager import without_secrets

# Each with the variable without which it cannot work.
_TOOLS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
    ("", ("clip.exe",)),
)
_MAX_OSC52_BYTES = 74_994  # what xterm and tmux take
_TOOL_PATIENCE_S = 3.0


def copy(text: str, environ: Mapping[str, str], write_terminal: Callable[[bytes], None] | None) -> None:
    """Puts `text` into the clipboard. `write_terminal` writes to a terminal that may know OSC 52, or is None.

    Raises UsageError when there is no way.
    """
    data = text.encode("utf-8", "replace")
    for command in tools(environ):
        if _piped(command, data, environ):
            return
    if write_terminal is None:
        raise UsageError("there is no clipboard here", advice="Install wl-copy, xclip or xsel; or /save the answer.")
    if len(data) > _MAX_OSC52_BYTES:
        raise UsageError("the text is too long for the terminal's clipboard", advice="/save writes it to a file.")
    # The sequence is ours alone: a model's own never gets through to the terminal.
    write_terminal(b"\x1b]52;c;" + base64.b64encode(data) + b"\x07")


def tools(environ: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The commands of this desktop that put text into the clipboard, the best first; none on a bare terminal."""
    found = [
        (shutil.which(command[0], path=environ.get("PATH")), command)
        for variable, command in _TOOLS
        if not variable or environ.get(variable)
    ]
    return [(tool, *command[1:]) for tool, command in found if tool]


def _piped(command: Sequence[str], data: bytes, environ: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(command, input=data, env=without_secrets(environ), timeout=_TOOL_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
