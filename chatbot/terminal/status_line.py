"""The line under the prompt: the model, the tokens used so far, and what the keys do, as far as it fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chatbot.core.events import Usage

_GAP = "   "
_KEYS = ("/help", "Alt-Enter new line", "Ctrl-R search", "Ctrl-X Ctrl-E editor", "Ctrl-D leaves")
_VI_KEYS = ("/help", "Ctrl-J new line", "Ctrl-R search", "v editor", "Ctrl-D leaves")
_IN_BLOCK = ('""" ends the text',)


class Status(NamedTuple):
    """What is shown of the talk: the model, the tokens used so far, and how much goes with the next question."""

    model: str = ""
    used: Usage = Usage()
    attached: int = 0


def status_line(status: Status, columns: int, width: Callable[[str], int], *, in_block: bool, vi_mode: str = "") -> str:
    """The parts that fit into `columns` side by side, the most important first. `width` is that of a text on screen.

    `in_block`: a text in triple quotes is being typed. `vi_mode`: the name of vi's mode, where vi's keys hold.
    """
    attached = f"{status.attached} attached" if status.attached else ""
    keys = _IN_BLOCK if in_block else _VI_KEYS if vi_mode else _KEYS
    line = ""
    for part in (vi_mode, status.model, attached, _tokens(status.used), *keys):
        longer = f"{line}{_GAP}{part}" if line and part else line or part
        if width(longer) < columns:
            line = longer
    return line


def _tokens(used: Usage) -> str:
    if used.input_tokens is None and used.output_tokens is None:
        return ""
    return f"{_short(used.input_tokens or 0)} in, {_short(used.output_tokens or 0)} out"


def _short(count: int) -> str:
    """A number in four characters or so: 950, 1.2k, 34k, 5.6M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}" if count < 10 * size else f"{count // size}{letter}"
    return str(count)
