"""The line under the prompt: model, tokens and cost so far, the time of the last answer, and at first what keys do."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.core.amounts import duration_words, token_words
from chatbot.core.cost.spent import Spent
from chatbot.core.events import Usage
from chatbot.records import NamedTuple

_GAP = "   "
_KEYS = ("/help", "Alt-Enter new line", "Ctrl-R search", "Ctrl-X Ctrl-E editor", "Ctrl-D leaves")
_VI_KEYS = ("/help", "Ctrl-J new line", "Ctrl-R search", "v editor", "Ctrl-D leaves")
_KEYS_UNTIL_QUESTION = 3
_IN_BLOCK = ('""" ends the text',)


class Status(NamedTuple):
    """What is shown of the talk: the model, the tokens used so far, the share of the model's context (0 to 1), how much
    goes with the next question, how many were asked, how long the last answer took, and what all of them cost.
    """

    model: str = ""
    used: Usage = Usage()
    context_share: float = 0.0
    attached: int = 0
    asked_count: int = 0
    last_took_s: float | None = None
    spent: Spent = Spent()


def status_line(status: Status, columns: int, width: Callable[[str], int], *, in_block: bool, vi_mode: str = "") -> str:
    """The parts that fit into `columns` side by side, the most important first. `width` is that of a text on screen.

    `in_block`: a text in triple quotes is being typed. `vi_mode`: the name of vi's mode, where vi's keys hold.
    """
    attached = f"{status.attached} attached" if status.attached else ""
    keys = (
        _IN_BLOCK if in_block else () if status.asked_count >= _KEYS_UNTIL_QUESTION else _VI_KEYS if vi_mode else _KEYS
    )
    line = ""
    took = "" if status.last_took_s is None else f"last answer {duration_words(status.last_took_s)}"
    talk = (_tokens(status.used), _cost(status.spent), _share(status.context_share), took)
    for part in (vi_mode, status.model, attached, *talk, *keys):
        longer = f"{line}{_GAP}{part}" if line and part else line or part
        if width(longer) < columns:
            line = longer
    return line


def _tokens(used: Usage) -> str:
    if used.input_tokens is None and used.output_tokens is None:
        return ""
    return token_words((used.input_tokens or 0) + (used.output_tokens or 0))


def _cost(spent: Spent) -> str:
    """Only what is known; `/usage` tells the rest."""
    return spent.words if spent.usd else ""


def _share(share: float) -> str:
    """Nothing where it is too little to think of."""
    return f"{share:.0%} of the context" if share >= 0.005 else ""
