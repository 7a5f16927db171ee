"""What is in the clipboard: text, else an image, by the desktop's own tool, else text through the terminal."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping

from chatbot.core.errors import FileUnreadable
from chatbot.outside.desktop.pager import without_secrets
from chatbot.outside.desktop.programs import find_program
from chatbot.records import NamedTuple

MAX_PASTED_BYTES = 50_000_000
_PATIENCE_S = 5.0  # a tool waits for the program that something was copied in
_TEXT_TYPES = ("text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "STRING")
_IMAGE_TYPES = tuple(f"image/{name}" for name in ("png", "jpeg", "webp", "gif", "bmp", "tiff", "avif"))


class _Tool(NamedTuple):
    """A program with the variable without which it cannot work; the words that list the types of what is there, or
    none where it knows text only; and those that write it, behind which a type stands.
    """

    variable: str
    program: str
    listing: tuple[str, ...]
    writing: tuple[str, ...]


_TOOLS = (
    _Tool("WAYLAND_DISPLAY", "wl-paste", ("--list-types",), ("--no-newline", "--type")),
    _Tool(
        "DISPLAY", "xclip", ("-o", "-selection", "clipboard", "-t", "TARGETS"), ("-o", "-selection", "clipboard", "-t")
    ),
    _Tool("DISPLAY", "xsel", (), ("--clipboard", "--output")),
    _Tool("", "pbpaste", (), ()),
    _Tool("", "powershell.exe", (), ("-NoProfile", "-Command", "Get-Clipboard -Raw")),
)


def pasted(environ: Mapping[str, str], ask_terminal: Callable[[], bytes | None] = lambda: None) -> bytes:
    """The bytes of a text or of an image file. What offers both, as an office program does, was copied as text.

    `ask_terminal` asks the terminal for a text, where no tool of a desktop is there. Raises FileUnreadable.
    """
    found = [(path, tool) for tool in _TOOLS if (path := _path(tool, environ))]
    for path, tool in found:
        if data := _taken(path, tool, environ):
            return data
    data = _grabbed() if sys.platform in ("darwin", "win32") else None if found else ask_terminal()
    if data:
        return data
    if found:
        raise FileUnreadable(
            "there is nothing in the clipboard that can be sent", advice="Copy a text or an image first."
        )
    raise FileUnreadable(
        "the clipboard cannot be read here",
        advice="Install wl-clipboard or xclip; or save it in a file, and attach that.",
    )


def _path(tool: _Tool, environ: Mapping[str, str]) -> str | None:
    is_there = not tool.variable or environ.get(tool.variable)
    return (
        find_program(
            tool.program.removesuffix(".exe") if sys.platform == "win32" else tool.program, environ.get("PATH", "")
        )
        if is_there
        else None
    )


def _taken(path: str, tool: _Tool, environ: Mapping[str, str]) -> bytes | None:
    """What the tool writes, of the type that is wanted most."""
    if not tool.listing:
        return _output([path, *tool.writing], environ)
    types = (_output([path, *tool.listing], environ) or b"").decode("ascii", "replace").split("\n")
    offered = {kind.strip() for kind in types}
    wanted = next((kind for kind in (*_TEXT_TYPES, *_IMAGE_TYPES) if kind in offered), None)
    return _output([path, *tool.writing, wanted], environ) if wanted else None


def _output(command: list[str], environ: Mapping[str, str]) -> bytes | None:
    """What a program writes, if it ends well and soon. Raises FileUnreadable for more than MAX_PASTED_BYTES."""
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=without_secrets(environ),
        )
    except OSError:
        return None
    late = threading.Timer(_PATIENCE_S, child.kill)
    late.daemon = True
    with child:
        late.start()
        try:
            assert child.stdout is not None
            data = child.stdout.read(MAX_PASTED_BYTES + 1)
        finally:
            late.cancel()
            if child.stdout:
                child.stdout.close()
            child.wait()
    if len(data) > MAX_PASTED_BYTES:
        raise FileUnreadable(
            "the clipboard holds too much", advice="Save it in a file, and send the part that matters."
        )
    return data if child.returncode == 0 else None


def _grabbed() -> bytes | None:
    """The image that macOS or Windows has, as a PNG file."""
    from PIL import Image, ImageGrab

    try:
        picture = ImageGrab.grabclipboard()
    except (OSError, NotImplementedError, ValueError):
        return None
    if not isinstance(picture, Image.Image):
        return None  # or a list of names of files
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
