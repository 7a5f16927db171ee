"""Forks this process for each who asks at a socket; the child takes the place in the world of who has asked.

A connection is for one child. It begins with eight bytes of length, with the three standard streams beside them, and
JSON: `words` (behind `python`, as ["-m", MODULE, WORD...], ["-c", CODE, WORD...] or [SCRIPT, WORD...]), `env`, `cwd`
and `terminal` (whether the streams are the terminal that shall control the process). The answers are the process id,
and when it has ended the exit code as subprocess has it, in eight bytes each.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
from typing import Any

from tests.interpreter import NUMBER_BYTES, become, end, exit_code
from tests.processes import feel_signals


def serve(listener: socket.socket) -> None:
    """Until its standard input ends. A child never returns."""
    request = _next_child(listener)
    if request:
        feel_signals()
        become(request["streams"], request["env"], request["cwd"], terminal=request["terminal"])
        end(exit_code(request["words"]))


def _next_child(listener: socket.socket) -> dict[str, Any] | None:
    """Serves until its standard input ends: None. In each child it returns at once, with what that shall become."""
    lines: dict[int, tuple[int, socket.socket]] = {}  # by what tells the end of a child (pidfd_open(2))
    while True:
        ready = select.select([0, listener.fileno(), *lines], [], [])[0]
        if 0 in ready:
            return None
        for ended in lines.keys() & set(ready):
            _tell_end(ended, *lines.pop(ended))
        if listener.fileno() in ready:
            line, _ = listener.accept()
            request = _asked(line)
            child = os.fork()
            if not child:
                listener.close()
                line.close()
                for other, (_, other_line) in lines.items():
                    os.close(other)
                    other_line.close()
                return request
            for stream in request["streams"]:
                os.close(stream)
            line.sendall(child.to_bytes(NUMBER_BYTES))
            lines[os.pidfd_open(child)] = (child, line)


def _asked(line: socket.socket) -> dict[str, Any]:
    number, streams, _, _ = socket.recv_fds(line, NUMBER_BYTES, 3)
    return {**json.loads(line.recv(int.from_bytes(number), socket.MSG_WAITALL)), "streams": streams}


def _tell_end(ended: int, child: int, line: socket.socket) -> None:
    os.close(ended)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):  # who has asked is gone
        line.sendall(code.to_bytes(NUMBER_BYTES, signed=True))
    line.close()
