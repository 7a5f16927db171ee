"""A command line as it is typed, up to the cursor: its words, and what is to be put behind a word that is begun.

Source: POSIX.1-2024, Shell Command Language, 2.2 Quoting. fish and PowerShell quote as far alike as is read here.
"""

from __future__ import annotations

import re

from chatbot.records import NamedTuple

_BLANKS, _REDIRECTIONS = " \t\n", "<>"
_ESCAPED_IN_DOUBLE = '$`"\\'
_PLAIN = re.compile(r"[^\w./:=@%+,-]", re.ASCII)


class Word(NamedTuple):
    """A word: as it is typed, what it means, and the quote that is open at its end. `is_target`: of a redirection."""

    raw: str = ""
    value: str = ""
    quote: str = ""
    is_target: bool = False

    def become(self, value: str) -> str:
        """The word, typed further, so that it means `value`, which begins as it does. An open quote stays open."""
        rest, raw = value[len(self.value) :], self.raw
        if self.quote == "'":
            return raw + rest.replace("'", "'\\''")
        if self.quote:
            return raw + "".join(f"\\{sign}" if sign in _ESCAPED_IN_DOUBLE else sign for sign in rest)
        is_escaping = len(raw) - len(raw.rstrip("\\")) & 1  # its last sign escapes what is not there yet
        escaped = _PLAIN.sub(lambda sign: sign[0] if ord(sign[0]) > 127 else f"\\{sign[0]}", rest)
        return (raw[:-1] if is_escaping else raw) + escaped


def read_words(line: str) -> list[Word]:
    """The words of a line without the targets of redirections; the last is the one at the cursor, and may be empty."""
    words, at, is_target = [], 0, False
    while True:
        while line[at : at + 1] and line[at] in _BLANKS + _REDIRECTIONS:
            is_target = line[at] in _REDIRECTIONS or is_target
            at += 1
        word, at = _word(line, at, is_target)
        is_last = at >= len(line)
        is_descriptor = line[at : at + 1] in tuple(_REDIRECTIONS) and word.raw.isdigit()
        if is_last or not (is_target or is_descriptor):
            words.append(word)
        if is_last:
            return words
        is_target = False


def _word(line: str, start: int, is_target: bool) -> tuple[Word, int]:
    """The word that begins there, and where it ends."""
    value, quote, at = "", "", start
    while at < len(line):
        sign, after = line[at], line[at + 1 : at + 2]
        if not quote and sign in _BLANKS + _REDIRECTIONS:
            break
        if sign == quote or (not quote and sign in "'\""):
            quote = "" if quote else sign
        elif sign == "\\" and (not quote or (quote == '"' and after and after in _ESCAPED_IN_DOUBLE)):
            value += after
            at += 1
        else:
            value += sign
        at += 1
    return Word(line[start:at], value, quote, is_target), min(at, len(line))
