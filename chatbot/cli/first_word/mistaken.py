"""A question of one word that is nearly the name of a command: what was meant?"""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.core.errors import Cancelled
from chatbot.core.likeness import distance
from chatbot.outside.desktop.stdin import read_typed_line
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.notices import Notices

_LEAST_LETTERS = 4  # of three letters each has a dozen neighbours that are words


def meant_command(word: str, names: Iterable[str]) -> str | None:
    """The command from which a word is one letter away, if somebody is there to be asked about it."""
    if len(word) < _LEAST_LETTERS - 1 or not word.isalpha() or not (is_terminal(0) and is_terminal(2)):
        return None
    return nearly(word, names)


def nearly(word: str, names: Iterable[str]) -> str | None:
    """The first name that `word` is with one letter too few, too many or wrong, or two that changed places."""
    long = (name for name in names if len(name) >= _LEAST_LETTERS and abs(len(name) - len(word)) <= 1)
    return next((name for name in long if distance(word.lower(), name) == 1), None)


def is_command(word: str, name: str, notices: Notices) -> bool:
    """Whether the person says that the command was meant, not the question. Raises Cancelled at the end of input."""
    key = name[0]
    notices.tell(
        [
            f'"{word}" is close to the command {name}',
            f"Enter asks it as a question, {key} runs chat {name}, Ctrl-C leaves.",
        ]
    )
    while True:
        notices.write(f"[Enter/{key}] ")
        line = read_typed_line()
        if not line:
            notices.write("\n")
            raise Cancelled("nothing was asked")
        said = line.strip().lower()
        if not said or said in (key, name):
            return bool(said)
