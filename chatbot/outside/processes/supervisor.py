"""Runs a command and ends it with all that it started; a program of its own, which imports nothing of ours.

    python -c "... import supervisor; supervisor.run()" LINE GRACE_S WORD...

LINE is the number of a stream socket. On it come the numbers of signals, one byte each: they go to the command's group,
and SIGKILL ends everything at once. When the other end is closed, because the program that started this one is gone,
or the command is over, in whatever way, what is left has GRACE_S to leave and is killed. Where there is prctl(2)
(Linux), an orphan becomes a child of this process, also one in a session of its own; elsewhere what is in the
command's process group is killed.

Back come three lines: the error number of the start (0: it runs), the word `over` when the command is, and how many
processes were left of it. Then this program ends as the command did, by the same signal where it was one.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # what signal adds takes longer to load than all the rest
import os
import select
import sys
import time

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36  # linux/prctl.h
_ROUNDS = 500
_PAUSE_S = 0.01
_NOT_FOUND = 127  # as a shell says it
_DEAF_TO = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)  # a command may kill its parent


def main(words: list[str]) -> int:
    """The exit status of the command, negative where a signal ended it."""
    line, grace_s = int(words[0]), float(words[1])
    os.set_inheritable(line, False)
    _process_control(_PR_SET_CHILD_SUBREAPER, 1)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    for number in _DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    child, fault = _started(words[2:])
    for descriptor in (0, 1, 2):  # who reads these waits for the command alone
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    _say(line, fault)
    if fault:
        return _NOT_FOUND
    status = _followed(child, line, woken, grace_s)
    _say(line, _end_all(child))
    return status


def descendants(ancestor: int) -> list[int]:
    """The processes that run and whose parents lead to this one, where /proc tells it. Source: proc_pid_stat(5)."""
    rows: dict[int, tuple[bytes, int]] = {}
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    except OSError:
        return []
    for name in names:
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  (pathlib takes longer than the rest)
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            rows[int(name)] = (state, int(parent))
        except (OSError, ValueError):
            pass  # it has just ended
    found: list[int] = []
    level = {ancestor}
    while level:
        level = {pid for pid, (_, parent) in rows.items() if parent in level}
        found += (pid for pid in level if rows[pid][0] != b"Z")
    return found


def _started(words: list[str]) -> tuple[int, int]:
    """The process of the command, and the error number where there is none."""
    reading, writing = os.pipe()  # closed by exec
    try:
        child = os.fork()
    except OSError as error:
        return 0, error.errno or 1
    if not child:
        _become(words, writing)
    os.close(writing)
    return child, int(os.read(reading, 16) or b"0")


def _become(words: list[str], writing: int) -> None:
    for number in (*_DEAF_TO, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    _process_control(_PR_SET_PDEATHSIG, signal.SIGKILL)  # should somebody kill the supervisor
    try:
        os.setsid()
        os.execvp(words[0], words)
    except OSError as error:
        os.write(writing, str(error.errno).encode())
    finally:
        os._exit(_NOT_FOUND)


def _process_control(option: int, value: int) -> None:
    try:
        import _ctypes  # as ctypes does it, which takes half as long to load as a Python takes to start

        ourselves = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]
        _ctypes.call_function(_ctypes.dlsym(ourselves, "prctl"), (option, value, 0, 0, 0))
    except (ImportError, OSError, AttributeError):
        pass  # no Linux


def _say(line: int, what: object) -> None:
    try:
        os.write(line, f"{what}\n".encode())
    except OSError:
        pass  # nobody listens


def _followed(child: int, line: int, woken: int, grace_s: float) -> int:
    """Until nothing is left of it, or what is left is to be killed; the exit status of the command."""
    status: int | None = None
    until_s: float | None = None
    watched = [line, woken]
    while until_s is None or time.monotonic() < until_s:
        ready = select.select(watched, [], [], None if until_s is None else max(0, until_s - time.monotonic()))[0]
        if line in ready:
            orders = _read(line)
            if signal.SIGKILL in orders:
                break
            for number in orders:
                _kill(-child, number)
            if not orders:
                watched.remove(line)
                until_s = until_s or time.monotonic() + grace_s
        if woken in ready:
            _read(woken)
            is_alone, ended = _reaped(child)
            if ended is not None:
                status = ended
                _say(line, "over")
                until_s = until_s or time.monotonic() + grace_s
            if is_alone:
                break
    return -signal.SIGKILL if status is None else status


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 512)
    except OSError:  # who was at the other end is gone
        return b""


def _reaped(child: int) -> tuple[bool, int | None]:
    """Whether none is left, and the exit status of `child` if it has ended now."""
    status = None
    try:
        while True:
            pid, how = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return False, status
            if pid == child:
                status = os.waitstatus_to_exitcode(how)
    except ChildProcessError:
        return True, status


def _end_all(child: int) -> int:
    """In rounds, because what is being killed may start something. How many there were beside the child."""
    found: set[int] = set()
    for _ in range(_ROUNDS):
        is_alone, _ = _reaped(child)
        running = [] if is_alone else descendants(os.getpid())  # before the kill, so that all are counted
        for pid in (-child, *running):
            _kill(pid)
        if is_alone:
            break
        found.update(running)
        time.sleep(_PAUSE_S)
    return len(found - {child})


def _kill(pid: int, number: int = signal.SIGKILL) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        pass  # gone, or another user's


def _end(status: int) -> None:
    if status < 0:
        _process_control(_PR_SET_DUMPABLE, 0)  # the command has left its core, if there is one
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)  # nothing of ours is to be written or taken apart


def run() -> None:
    """With the words of the command line; it does not return."""
    _end(main(sys.argv[1:]))
