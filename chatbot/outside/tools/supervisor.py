"""Runs a command and ends it with all that it started; a program of its own, which imports nothing of ours.

    python supervisor.py LIFELINE WORD...

LIFELINE is the number of a descriptor. When its other end is closed, because the command shall end or because the
program that started this one is gone, the command is killed. When the command is over, in whatever way, nothing of it
is left: where there is prctl(2) (Linux), an orphan becomes a child of this process, also one in a session of its own;
elsewhere what is in the command's process group is killed.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_ROUNDS = 500
_PAUSE_S = 0.01
_NOT_FOUND = 127  # as a shell says it
_DEAF_TO = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)  # a command may kill its parent


def main(words: list[str]) -> int:
    """The exit status of the command, 128 and the signal where one ended it."""
    lifeline = int(words[0])
    _process_control(_PR_SET_CHILD_SUBREAPER, 1)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    for number in _DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    child = os.fork()
    if not child:
        _become(words[1:])
    for descriptor in (0, 1, 2):  # who reads these waits for the command alone
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    status = None
    while status is None:
        ready = select.select([lifeline, woken], [], [])[0]
        if lifeline in ready:
            break
        os.read(woken, 512)
        status = _reaped(child)
    _end_all(child)
    return 128 + signal.SIGKILL if status is None else status


def _become(words: list[str]) -> None:
    for number in (*_DEAF_TO, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    _process_control(_PR_SET_PDEATHSIG, signal.SIGKILL)  # should somebody kill the supervisor
    try:
        os.setsid()
        os.execvp(words[0], words)
    except OSError as error:
        os.write(2, f"{words[0]} cannot be started: {error.strerror}\n".encode())
    finally:
        os._exit(_NOT_FOUND)


def _process_control(option: int, value: int) -> None:
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # no Linux


def _reaped(child: int) -> int | None:
    """The exit status of `child` if it has ended; all that have ended are gone."""
    found = None
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return found
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                found = code if code >= 0 else 128 - code
    except ChildProcessError:
        return found


def _end_all(child: int) -> None:
    """In rounds, because what is being killed may start something."""
    for _ in range(_ROUNDS):
        _kill(-child)
        for pid in _descendants():
            _kill(pid)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(_PAUSE_S)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass  # gone, or another user's


def _descendants() -> list[int]:
    """The processes whose parents lead to this one; see proc_pid_stat(5)."""
    above: dict[int, int] = {}
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    except OSError:
        return []
    for name in names:
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  (pathlib takes longer than the rest)
                above[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            pass  # it has just ended
    found: list[int] = []
    level = {os.getpid()}
    while level:
        level = {pid for pid, parent in above.items() if parent in level}
        found += level
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
