"""The clipboard as the terminal itself tells it: OSC 52, which many terminals do not answer, for good reasons.

Source: xterm, "Control Sequences": Manipulate Selection Data, and Primary Device Attributes.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import select
import time
from collections.abc import Callable

MAX_REPLY_BYTES = 1_400_000  # a megabyte of text
ANSWER_WITHIN_S = 1.0
# Every terminal answers the second question, so that nobody waits for an answer to the first that does not come.
QUESTION = b"\x1b]52;c;?\x07\x1b[c"
_ANSWER = re.compile(rb"\x1b\]52;[cps0-7]*;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
_NO_ANSWER = re.compile(rb"\x1b\[\?[0-9;]*c")


def terminal_text() -> bytes | None:
    """The text that the terminal tells; None where there is no terminal, or it tells none."""
    try:
        import termios
        import tty

        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except (ImportError, OSError):
        return None
    try:
        before = termios.tcgetattr(terminal)
        try:
            tty.setraw(terminal, termios.TCSADRAIN)
            os.write(terminal, QUESTION)
            return text_in(lambda left_s: _read(terminal, left_s), time.monotonic)
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)  # what comes late is no key that was pressed
    except (OSError, termios.error):
        return None
    finally:
        os.close(terminal)


def text_in(read: Callable[[float], bytes], clock: Callable[[], float]) -> bytes | None:
    """The text in the answer to QUESTION. `read` waits so many seconds for the next bytes; none came then."""
    until_s = clock() + ANSWER_WITHIN_S
    came = b""
    while len(came) < MAX_REPLY_BYTES and (left_s := until_s - clock()) > 0:
        piece = read(left_s)
        came += piece
        if answer := _ANSWER.search(came):
            return _decoded(answer[1])
        if _NO_ANSWER.search(came) or not piece or came.endswith(b"\x03"):  # Ctrl-C
            return None
    return None


def _read(terminal: int, left_s: float) -> bytes:
    readable, _, _ = select.select([terminal], [], [], left_s)
    return os.read(terminal, 65_536) if readable else b""


def _decoded(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except binascii.Error:
        return None
