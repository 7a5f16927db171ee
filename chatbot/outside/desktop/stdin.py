"""Standard input: when what is piped is read, how long it may stay silent, how much of it is taken; a line typed there.

A wait for it ends now and then: a signal that comes when it is about to begin does not end it, and is handled once it
has ended.
"""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Callable
from contextlib import suppress

from chatbot.core.amounts import size_words
from chatbot.core.errors import FileUnreadable
from chatbot.core.text import DecodedText, decode

MAX_PIPED_BYTES = 10_000_000
HINT_AFTER_S = 1.0
NAME = "standard input"
_CHUNK_BYTES = 65_536
_LONGEST_WAIT_S = 0.25


def read_piped_text(
    descriptor: int, on_silence: Callable[[], None], *, hint_after_s: float = HINT_AFTER_S
) -> DecodedText | None:
    """The piped text, unaltered, with a warning when it was not all UTF-8; None when nothing is piped in.

    Raises FileUnreadable when it is binary, unreadable, or has more than MAX_PIPED_BYTES. See `read_piped_bytes`.
    """
    data = read_piped_bytes(descriptor, on_silence, hint_after_s=hint_after_s)
    return None if data is None else decode(data, NAME)


def read_piped_bytes(
    descriptor: int,
    on_silence: Callable[[], None],
    *,
    max_bytes: int = MAX_PIPED_BYTES,
    hint_after_s: float = HINT_AFTER_S,
) -> bytes | None:
    """Everything up to the end of a pipe, file or socket; None for a terminal, a device or a closed descriptor.

    When nothing comes for `hint_after_s` seconds, `on_silence` is called, once, and the wait goes on: a pipe that
    nobody closes is then a visible choice of the person, not a hang. Raises FileUnreadable at the first byte beyond
    `max_bytes`, without reading the rest.
    """
    if not is_piped(descriptor):
        return None
    received = bytearray()
    is_told = False
    while True:
        if not select.select([descriptor], [], [], _LONGEST_WAIT_S if is_told else hint_after_s)[0]:
            if not is_told:
                is_told = True
                on_silence()
            continue
        chunk = _read_chunk(descriptor)
        if not chunk:
            return bytes(received)
        received += chunk
        if len(received) > max_bytes:
            raise FileUnreadable(
                f"{NAME} is too large: at most {size_words(max_bytes)} can be sent",
                advice="Send only the part that matters, for example with head, tail or grep.",
            )


def read_typed_line() -> str:
    """The next line that is typed, with its end; empty at the end of the input (Ctrl-D). Raises KeyboardInterrupt."""
    with suppress(OSError, ValueError):  # nothing that can be waited for: Windows, or no descriptor
        while not select.select([sys.stdin], [], [], _LONGEST_WAIT_S)[0]:
            pass
    return sys.stdin.readline()


def is_piped(descriptor: int) -> bool:
    """Whether a descriptor is a pipe, file or socket, rather than a terminal, another device, or closed."""
    try:
        return not stat.S_ISCHR(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _read_chunk(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK_BYTES)
    except OSError as error:
        raise FileUnreadable(f"cannot read {NAME}: {error.strerror}", advice="Check what is piped in.") from error
