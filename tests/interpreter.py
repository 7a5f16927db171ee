"""A process that takes the place of a new interpreter, with what it has loaded already."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import io
import os
import runpy
import sys
import termios
import threading
import time
from pathlib import Path

NUMBER_BYTES = 8
"""Of a number in what is said to such a process, and by it."""


def become(streams: list[int], env: dict[str, str], cwd: str, *, terminal: bool = False) -> None:
    """Takes the place in the world of a new process."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if terminal:
        with contextlib.suppress(PermissionError):  # it leads a session already
            os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.stdin, sys.stdout, sys.stderr = (_text_stream(number) for number in range(3))
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


def exit_code(words: list[str]) -> int:
    """Does what a new interpreter with these words would do, also where that ends with a traceback, or with a text."""
    sys.path[0] = {"-m": str(Path.cwd()), "-c": ""}.get(words[0], str(Path(words[0]).parent))
    try:
        if words[0] == "-c":
            sys.argv = ["-c", *words[2:]]
            exec(compile(words[1], "<string>", "exec", dont_inherit=True), {"__name__": "__main__"})
        elif words[0] == "-m":
            sys.argv = words[1:]
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except Exception:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def end(code: int) -> None:
    """What an interpreter does at its end, but for taking apart what is loaded: that costs half of a short run."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _text_stream(number: int) -> io.TextIOWrapper:
    """Standard stream 0, 1 or 2 as an interpreter opens it."""
    was = (sys.stdin, sys.stdout, sys.stderr)[number]
    binary = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115
    line_buffering = number == 2 or (number == 1 and binary.isatty())
    return io.TextIOWrapper(binary, was.encoding, was.errors, line_buffering=line_buffering)
