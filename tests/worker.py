"""`python worker.py ADDRESS -c CODE`: a process that is forked at the address (see `tests.forking`) runs the code, with
the streams of this one, which lasts as long, and loads next to nothing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is forked decides
address, code = sys.argv[1], sys.argv[-1]
asked = {"words": ["-c", code], "env": dict(os.environ), "cwd": os.getcwd(), "terminal": False}  # noqa: PTH109  # lean
request = json.dumps(asked).encode()
with socket.socket(socket.AF_UNIX) as line:
    line.connect(address)
    socket.send_fds(line, [len(request).to_bytes(8)], [0, 1, 2])
    line.sendall(request)
    os.close(0)
    os.close(1)  # so that the end of the other is seen at its streams
    line.recv(8, socket.MSG_WAITALL)
    ended = line.recv(8, socket.MSG_WAITALL)
os._exit(int.from_bytes(ended, signed=True) & 0xFF if ended else 1)
