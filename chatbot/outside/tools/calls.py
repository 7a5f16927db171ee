"""What a tool's process came to, as the output of the tool."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.tools.calling import MAX_RESULT_BYTES, ToolOutput
from chatbot.outside.desktop.programs import find_program
from chatbot.outside.files.reading import display_name
from chatbot.outside.tools.process import Ended, Surroundings, run

_FUNCTION = Path(__file__).parent / "function" / "process.py"
_APART = Path(__file__).with_name("apart.py")
_MAX_DEFINITION_BYTES = 1024 * 1024
Stopped = Callable[[], bool]


def never() -> bool:
    """Nobody stops it."""
    return False


def shell_name(environ: Mapping[str, str]) -> str:
    """The shell that commands are run with: bash, which most are written for, where it is there."""
    return "bash" if find_program("bash", environ.get("PATH", "")) else "sh"


def shell(command: str, around: Surroundings, stopped: Stopped) -> ToolOutput:
    """What a command writes, on both of its streams, and its exit code where it is not 0."""
    ended = run([shell_name(around.environ), "-c", command], around, stopped, merged=True)
    if not (ended.status or ended.ended_here):
        return ToolOutput(ended.out or "(it wrote nothing)")
    how = ended.ended_here or f"exit code {ended.status}"
    return ToolOutput(f"{ended.out.rstrip()}\n[{how}]".lstrip(), is_error=True)


def definition(file: Path, name: str, around: Surroundings) -> dict[str, Any]:
    """What a function of a file says of itself: `name`, `description` and `parameters`.

    Raises UsageError where there is no such function, ConfigurationError where the file cannot be run.
    """
    words = [_python(around.environ), str(_FUNCTION), str(file), name, "describe"]
    ended = run(words, around, never, max_bytes=_MAX_DEFINITION_BYTES)
    if ended.out[:1] == "u":
        raise UsageError(f"{display_name(file)} cannot be a tool: {ended.out[1:]}")
    if ended.out[:1] != "r" or ended.ended_here:
        raise ConfigurationError(
            f"{display_name(file)} cannot be a tool: {' '.join(_answer(ended, is_printed=False).text.split())}",
            advice=f"Run it by itself: python {display_name(file)}",
        )
    found: dict[str, Any] = json.loads(ended.out[1:])
    return found


def function(file: Path, name: str, arguments: Mapping[str, Any], around: Surroundings, stopped: Stopped) -> ToolOutput:
    """What a function of a file returns. What it prints is the result where it returns nothing, and stands below the
    result otherwise: it is what whoever wrote it wanted to be read, and the screen belongs to the answer.
    """
    words = [_python(around.environ), str(_FUNCTION), str(file), name, "call"]
    return _answer(run(words, around, stopped, data=json.dumps(dict(arguments)).encode()), is_printed=True)


def below_folder(
    work: str, arguments: Mapping[str, Any], closed: list[str], around: Surroundings, stopped: Stopped
) -> ToolOutput:
    """What `read`, `list` or `search` finds below the folder; what is `closed` is not looked into."""
    return _apart({"work": work, "arguments": dict(arguments), "closed": closed}, around, stopped)


def readable(html: str, url: str, around: Surroundings, stopped: Stopped) -> ToolOutput:
    """A page as text."""
    return _apart({"work": "readable", "arguments": {"html": html, "url": url}, "closed": []}, around, stopped)


def _apart(asked: Mapping[str, Any], around: Surroundings, stopped: Stopped) -> ToolOutput:
    words = [sys.executable, "-I", "-S", str(_APART)]
    data = json.dumps(asked).encode()
    return _answer(run(words, around, stopped, data=data, max_bytes=MAX_RESULT_BYTES), is_printed=False)


def _python(environ: Mapping[str, str]) -> str:
    """That of the virtual environment which is active: it need not be ours, and the file may import what is there."""
    own = Path(environ.get("VIRTUAL_ENV", "")) / "bin" / "python"
    return str(own) if own.is_absolute() and os.access(own, os.X_OK) else sys.executable


def _answer(ended: Ended, *, is_printed: bool) -> ToolOutput:
    kind, text, printed = ended.out[:1], ended.out[1:], ended.said.strip()
    if ended.ended_here:
        return ToolOutput(_with(ended.ended_here, printed), is_error=True)
    if kind in ("e", "u"):
        return ToolOutput(_with(text, printed), is_error=True)
    if kind != "r":
        what = f"the process ended by itself, with exit code {ended.status}, before there was a result"
        return ToolOutput(_with(what, printed), is_error=True)
    if not is_printed:
        return ToolOutput(text)
    return ToolOutput(_with(text, printed) if text else printed or "(it returned nothing)")


def _with(text: str, printed: str) -> str:
    return f"{text}\n\nPrinted:\n{printed}" if printed else text
