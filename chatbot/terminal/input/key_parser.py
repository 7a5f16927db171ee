"""Escape sequences of the keyboard: those of keys that the prompt knows go on, all others are nothing, never text."""

from __future__ import annotations

import re

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100_parser import Vt100Parser

# ECMA-48, 5.4 and 5.6; X10 mouse reports; the function keys of the Linux console. A string begins as replies of
# terminals do, so that Alt-] and Alt-P stay keys.
_CSI = r"\[(?:M[^\x1b]{3}|\[[A-E]|(?![M\[])[0-?]*[ -/]*[@-~])"
_STRING = r"(?:\][0-9lLI]|P[0-9;>!|+$=?]|_G)[^\x00-\x1f]*"
_WHOLE = re.compile(rf"\x1b(?:{_CSI}|O[0-9;]*[@-~]|{_STRING}(?:\x07|\x1b\\))")
_BEGUN = re.compile(rf"\x1b(?:\[(?:M[^\x1b]{{0,2}}|\[|[0-?]*[ -/]*)|O[0-9;]*|{_STRING}\x1b?|\]|P|_)?")
_PASSES = re.compile(r"\x1b\[(?:\d+;\d+R|<?[\d;]+[mM]|M...)", re.DOTALL)  # the cursor's place, and the mouse
# CSI u (sw.kovidgoyal.net/kitty/keyboard-protocol) and xterm's modifyOtherKeys: a code and 1 + the modifiers.
_MODIFIED = re.compile(r"\x1b\[(?:27;(\d{1,3});(\d{1,7})~|(\d{1,7})(?:;(\d{1,3})(?::[12])?)?u)")
_SHIFT, _CONTROL, _MODIFIERS = 1, 4, 63  # above these are Caps Lock and Num Lock
_ESCAPE_AND_ONE = 2


class KeyParser(Vt100Parser):
    """A sequence may come in pieces; one that has not ended when `flush` is called never will."""

    _pending = ""

    def feed(self, data: str) -> None:
        self._pending += data
        while self._pending:
            if self._in_bracketed_paste:
                self._go_on_with(self._pending, "")
            elif not self._pending.startswith("\x1b"):
                text, escape, rest = self._pending.partition("\x1b")
                self._go_on_with(text, escape + rest)
            elif whole := _WHOLE.match(self._pending):
                self._go_on_with(_meant(whole[0]), self._pending[whole.end() :])
            else:
                begun = _BEGUN.match(self._pending)
                end = begun.end() if begun else 1
                if end == len(self._pending):
                    return
                self._go_on_with(self._pending[:end] if end <= _ESCAPE_AND_ONE else "", self._pending[end:])

    def flush(self) -> None:
        """A key with Alt is two characters; what is longer broke off."""
        pending, self._pending = self._pending, ""
        if len(pending) <= _ESCAPE_AND_ONE:
            super().feed(pending)
        super().flush()

    def _go_on_with(self, known: str, rest: str) -> None:
        self._pending = ""
        super().feed(known)
        self._pending += rest


def _meant(sequence: str) -> str:
    """The sequence as the prompt knows it; empty if it is none of a key."""
    match = _MODIFIED.fullmatch(sequence)
    if match is None:
        return sequence if sequence in ANSI_SEQUENCES or _PASSES.fullmatch(sequence) else ""
    code, modifiers = int(match[2] or match[3]), (int(match[1] or match[4] or 1) - 1) & _MODIFIERS
    if code == ord("\r"):
        return "\n" if modifiers else "\r"
    if modifiers == _CONTROL and ord("a") <= code <= ord("z"):
        return chr(code & 0x1F)
    if (not modifiers and code in (0x09, 0x1B, 0x7F)) or (modifiers == _SHIFT and code in (0x20, 0x7F)):
        return chr(code)
    return ""
