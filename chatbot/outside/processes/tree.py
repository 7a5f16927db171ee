"""All processes that a child started, also those that left its group or lost their parent; told by /proc, on Linux.

A child is given a variable of its own, which its children inherit: so they are found whoever their parent is now.
Elsewhere there is only the group.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MARK_VARIABLE = "CHAT_STARTED_BY"
_PROC = Path("/proc")
_ROUNDS, _PAUSE_S = 40, 0.05


def end_tree(leader: int, mark: str) -> int:
    """Kills the group of `leader`, its descendants and all that carry the mark, until none is left. Returns how many
    there were beside the leader.
    """
    found: set[int] = set()
    for _ in range(_ROUNDS):
        running = set(members(leader, mark))
        found |= running
        try:
            os.killpg(leader, signal.SIGKILL)
        except OSError:  # the group is gone
            pass
        for pid in running:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        if not running:
            break
        time.sleep(_PAUSE_S)
    return len(found - {leader})


def members(leader: int, mark: str) -> Iterator[int]:
    """Those that run: in the group of `leader`, below it, or with the mark. One that ended is none."""
    rows = {pid: row for pid in _numbers() if (row := _row(pid)) is not None}
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    below = {leader}
    for pid in sorted(rows):  # a parent has mostly the smaller number; the mark finds the others
        state, parent, group = rows[pid]
        if state == "Z" or pid == os.getpid():
            continue
        if parent in below or group == leader or pid == leader or wanted in _read(pid, "environ").split(b"\0"):
            below.add(pid)
            yield pid


def command_lines(leader: int, mark: str) -> list[bytes]:
    """What anybody on the machine can read of them: their words, separated by zero bytes."""
    return [_read(pid, "cmdline") for pid in members(leader, mark)]


def _numbers() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdecimal()]  # noqa: PTH208  (hundreds of names)
    except OSError:
        return []


def _row(pid: int) -> tuple[str, int, int] | None:
    """State, parent and group. Source: proc(5), /proc/pid/stat; the name may have blanks and brackets."""
    fields = _read(pid, "stat").rpartition(b") ")[2].split()
    return (fields[0].decode(), int(fields[1]), int(fields[2])) if len(fields) > 2 else None


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:  # it ended, or is somebody else's
        return b""
