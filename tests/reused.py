"""A process that does one `python WORDS...` after the other, as long as each leaves it as it was: a run in it costs a
quarter of the CPU of one in a process that is forked for it, which has to copy each page that it looks at.

It is forked itself (see `tests.fork_server`), with a socket as its standard input. A request is as those of the fork
server, and the answer the exit code in eight bytes. What handles signals is put back after each run. Where something
else is left of it, be it a thread, an open file, a child or a module, the process ends with that exit code instead, in
the way that Python ends.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import fcntl
import functools
import itertools
import json
import locale
import os
import signal
import socket
import sys
import tempfile
import termios
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from prompt_toolkit.application.current import create_app_session
from prompt_toolkit.input import typeahead

from tests.interpreter import NUMBER_BYTES, become, end, exit_code

MOST_RUNS = 200  # what a run leaves in a circle of references stays: the program takes it from the collector at its end
MOST_S_FOR_THREADS = 0.02
SIGNALS = tuple(signal.valid_signals())
TOUCH_THE_WORLD = ("chatbot.cli.", "chatbot.lab.", "chatbot.library.", "chatbot.outside.")


def main() -> None:
    line = socket.socket(fileno=os.dup(0))
    let_go()
    reused = Reused()
    before = left_behind()
    for runs in itertools.count(1):
        number, streams, _, _ = socket.recv_fds(line, NUMBER_BYTES, 3)
        if not number:
            return
        request = json.loads(line.recv(int.from_bytes(number), socket.MSG_WAITALL))
        become(streams, request["env"], request["cwd"], terminal=request["terminal"])
        code = reused.run(request["words"])
        if runs == MOST_RUNS or left_behind() != before:
            end(code)
        let_go()
        line.sendall((code & 0xFF).to_bytes(NUMBER_BYTES))


class Reused:
    """This process. What handles signals, and what the program keeps of the world, is after each run as it is now."""

    def __init__(self) -> None:
        weakref.finalize(self, print).detach()  # the first one is told to atexit
        self._finalizers = set(weakref.finalize._registry)  # type: ignore[attr-defined]
        self._caches = _caches_of_ours()
        self._handlers = _handlers()
        atexit._run_exitfuncs()
        weakref.finalize._shutdown = False  # type: ignore[attr-defined]  # what ran just now says that nothing follows

    def run(self, words: list[str]) -> int:
        """The exit code of `python WORDS...`."""
        code = contextvars.copy_context().run(_in_a_session_of_its_own, words)
        for left in set(weakref.finalize._registry) - self._finalizers:  # type: ignore[attr-defined]
            left()  # done at exit, as for connections that wait for another request
        _wait_for_threads()
        for caught, _ in _handlers().items() - self._handlers.items():
            signal.signal(caught, self._handlers[caught])
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        for forget in self._caches:
            forget()
        tempfile.tempdir = None
        return code


def _in_a_session_of_its_own(words: list[str]) -> int:
    with create_app_session():
        return exit_code(words)


def let_go() -> None:
    """The standard streams of the last run are closed: nobody else may hold them. A terminal is given up, as only a
    process that has none gets another one; who controlled it is told by a signal.
    """
    if os.isatty(0):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            fcntl.ioctl(0, termios.TIOCNOTTY)
        signal.signal(signal.SIGHUP, before)
    typeahead._buffer.clear()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.close(nothing)


def left_behind() -> dict[str, Any]:
    """What a run can change in its process, but for the place in the world that the next one is given anew."""
    return {
        "threads": threading.enumerate(),
        "modules": set(sys.modules),
        "files": {open_one.name for open_one in os.scandir("/proc/self/fd")},
        "children": _has_children(),
        "blocked": signal.pthread_sigmask(signal.SIG_BLOCK, []),
        "alarm": signal.getitimer(signal.ITIMER_REAL),
        "hooks": [sys.excepthook, sys.unraisablehook, threading.excepthook, sys.getprofile(), sys.gettrace()],
        "paths": [*sys.path[1:], *sys.meta_path, *sys.path_hooks],
        "warnings": list(warnings.filters),
        "limits": [sys.getrecursionlimit(), sys.get_int_max_str_digits(), socket.getdefaulttimeout()],
        "locale": locale.setlocale(locale.LC_ALL),
        "umask": _umask(),
    }


@functools.cache
def _caches_of_ours() -> list[Callable[[], None]]:
    """What empties each cache of results that come from the world, looked for once, before it forks. The other floors
    of the program only compute, as `tests.test_floors` sees to: their results are the same for every run.
    """
    modules = [module for name, module in sys.modules.items() if name.startswith(TOUCH_THE_WORLD)]
    return [forget for module in modules for forget in _caches_in(module)]


def _caches_in(module: ModuleType) -> Iterator[Callable[[], None]]:
    own = [thing for thing in vars(module).values() if getattr(thing, "__module__", "") == module.__name__]
    for thing in [*own, *(inner for kind in own if isinstance(kind, type) for inner in vars(kind).values())]:
        forget = getattr(thing, "cache_clear", None)
        if forget:
            yield forget


def _wait_for_threads() -> None:
    """A thread that has given all that it had is still there for a moment."""
    until_s = time.monotonic() + MOST_S_FOR_THREADS
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            with contextlib.suppress(RuntimeError):  # a signal has come while it was started
                thread.join(max(until_s - time.monotonic(), 0))


def _handlers() -> dict[signal.Signals | int, Any]:
    return {number: signal.getsignal(number) for number in SIGNALS}


def _has_children() -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
