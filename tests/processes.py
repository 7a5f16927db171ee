"""What runs on this machine, where /proc tells it (Linux)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOON_S = 20.0  # on a busy machine
PROC = Path("/proc")
TOLD = (PROC / "self/stat").exists()


def python(code: str, *words: str, **how: Any) -> str:
    """What the code says in a Python of its own, which is to end well and without a word on standard error."""
    command = [sys.executable, "-c", code, *words]
    done: subprocess.CompletedProcess[str] = subprocess.run(command, capture_output=True, text=True, check=False, **how)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def feel_signals() -> None:
    """A job started with `&`, or under nohup, ignores signals, and so would each program that a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT", "SIGTERM", "SIGTSTP", "SIGTTIN", "SIGTTOU"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def runs(*words: str) -> bool:
    """Whether a process has exactly these words."""
    wanted = "".join(f"{word}\0" for word in words).encode()
    return any(_read(path) == wanted for path in PROC.glob("[0-9]*/cmdline"))


def is_running(pid: int) -> bool:
    """Whether there is such a process. One that has ended, and that nobody has waited for, does not run."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if not TOLD:
        return True
    state = _read(PROC / f"{pid}/stat").rpartition(b")")[2].split()[:1]
    return state not in ([], [b"Z"])  # it may have gone just now


def is_soon(what: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + SOON_S
    while not what():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or soon does."""
    return is_soon(lambda: not is_running(pid))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""
