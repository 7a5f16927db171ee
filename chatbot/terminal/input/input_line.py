"""What a typed line means: a command, a question, or a command that does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from chatbot.records import NamedTuple

MARKS = "/.!:"  # aichat's commands begin with a dot, llm's with an exclamation mark, gpt-cli's with a colon
_LEAVING = {"exit", "quit"}
_WORD = re.compile(r"[/.!:]([A-Za-z?][A-Za-z?-]*)(?:\s+(.*))?\Z")
_QUOTES = '"""'


class SlashCommand(NamedTuple):
    """A command by its name, and everything after it."""

    name: str
    argument: str


class Question(NamedTuple):
    """What is sent to the model."""

    text: str


class Unknown(NamedTuple):
    """A word that looks like a command and is none; nothing is sent. `nearest` is perhaps meant."""

    word: str
    nearest: str | None


Meaning = SlashCommand | Question | Unknown


class InputParser:
    """`names` are the commands' names by every word for them; `is_path` is whether a file has that name."""

    def __init__(self, names: Mapping[str, str], is_path: Callable[[str], bool]) -> None:
        self._names = names
        self._is_path = is_path

    def read(self, typed: str) -> Meaning:
        '''The meaning of what was typed.

        Text of several lines, or between """ and """, is always a question. A blank or a second slash in front makes a
        question of what would mean something else; it is then taken away.
        '''
        core = typed.lstrip()
        meaning = self._read_core(core)
        if meaning == Question(core) and not is_open_block(core):
            return Question(typed)
        return meaning if core == typed else Question(typed[1:])

    def as_text(self, pasted: str) -> str:
        """`pasted` so that `read` takes it for a question as it stands: what was pasted is never a command."""
        is_plain = self.read(pasted) == Question(pasted) and not is_open_block(pasted)
        return pasted if is_plain else " " + pasted

    def _read_core(self, core: str) -> Meaning:
        quoted = _unquoted(core)
        if quoted is not None:
            return Question(quoted)
        line = core.rstrip("\n")
        if "\n" in line:
            return Question(core)
        if line.startswith("//") and not isinstance(self._read_line(line[1:]), Question):
            return Question(core[1:])
        meaning = self._read_line(line)
        return Question(core) if isinstance(meaning, Question) else meaning

    def _read_line(self, line: str) -> Meaning:
        if line.strip().lower() in _LEAVING:
            return SlashCommand("exit", "")
        match = _WORD.match(line)
        if match is None:
            return Question(line)
        word, argument = match[1].lower(), (match[2] or "").strip()
        if word in self._names:
            return SlashCommand(self._names[word], argument)
        if line[0] == "/":
            is_path = self._is_path(line.split()[0])
            return Question(line) if is_path else Unknown(f"/{word}", self._nearest(word, 0.5))
        # "!important" and ":smile:" are ordinary text, ".modle" is not.
        nearest = None if argument else self._nearest(word, 0.75)
        return Unknown(line[0] + word, nearest) if nearest else Question(line)

    def _nearest(self, word: str, similarity: float) -> str | None:
        from difflib import get_close_matches  # loads slowly, and only a mistake needs it

        near = get_close_matches(word, self._names, 1, similarity)
        return self._names[near[0]] if near else None


def is_open_block(typed: str) -> bool:
    '''Whether it begins with """ and these are not closed yet.'''
    return typed.startswith(_QUOTES) and typed.count(_QUOTES) == 1


def _unquoted(typed: str) -> str | None:
    '''The text between """ and """, without the line ends next to them; None if it is not wholly quoted.'''
    text = typed.rstrip()
    if not (text.startswith(_QUOTES) and text.endswith(_QUOTES) and text.count(_QUOTES) == 2 and len(text) >= 6):
        return None
    return text[3:-3].removeprefix("\n").removesuffix("\n")
