"""What real servers put into an event stream beyond the standard, made standard again.

A filter on lines, so that the parser below it stays the standard's own. It mends three things, each seen in recorded
traffic, because each one would otherwise make an error or an end vanish:

- gpustack and older llama.cpp report a failure as a line `error: {...}`, which is an unknown field to the standard;
- Gemini reports a failure in mid-stream as bare JSON over several lines, without `data:`;
- Gemini, and servers that die politely, end the body without the blank line that would dispatch the last event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator


def repaired(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The same lines, with errors outside of events made events and a whole last event dispatched.

    A last event whose JSON is cut off stays undispatched: the stream is then cut, not malformed.
    """
    pending: list[bytes] = []  # data lines of an event that has not been dispatched yet
    document: list[bytes] = []
    for line in lines:
        if document:
            document.append(line)
            if line[:1] in (b"}", b"]"):
                yield from _event(b"\n".join(document))
                document = []
            continue
        if not line:
            pending = []
        elif line.startswith(b"data:"):
            pending.append(line)
        elif line.startswith(b"error:"):
            yield from _event(line[6:])
            continue
        elif line.startswith((b"{", b"[")):
            if _is_whole(line):
                yield from _event(line)
            else:
                document.append(line)
            continue
        yield line
    if pending and _is_whole(b"\n".join(line[5:] for line in pending)):
        yield b""


def _event(document: bytes) -> Iterator[bytes]:
    yield b""
    for line in document.split(b"\n"):
        yield b"data: " + line
    yield b""


def _is_whole(text: bytes) -> bool:
    if text.strip() == b"[DONE]":
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
