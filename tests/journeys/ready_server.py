"""Loads a Python program and forks itself for each start of it: `python ready_server.py SCRIPT PACKAGE MODULES...`.

It tells its port, and ends when its standard input does. A request is the process id of a script for bash, and the
answer the exit code, as a line each. The child takes words, environment, folder and standard streams of that process,
as /proc shows them. It is run by the interpreter of the program, and imports nothing else.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import runpy
import select
import socket
import sys
import threading
from pathlib import Path

STREAMS = ((0, os.O_RDONLY), (4, os.O_WRONLY), (2, os.O_WRONLY))  # bash may still have what it sends us at its 1


def main() -> None:
    program, anew, *modules = sys.argv[1:]
    sys.path[0] = str(Path(program).parent)
    for module in modules:
        importlib.import_module(module)
    for name in [name for name in sys.modules if name.partition(".")[0] == anew]:
        del sys.modules[name]
    gc.freeze()
    asking = next_start()
    if asking:
        become(asking)
        sys.argv[0] = program
        run(program)


def next_start() -> str:
    """Serves until its input ends: an empty word. In each child it returns at once, with the number that asks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        while sys.stdin not in select.select([sys.stdin, server], [], [])[0]:
            asked, _ = server.accept()
            with asked:
                number = asked.recv(20).decode().strip()
                child = os.fork()
                if not child:
                    return number
                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                asked.sendall(b"%d\n" % (code if code >= 0 else 128 - code))
    return ""


def become(number: str) -> None:
    """Takes the place in the world of the process with this number, which runs a script with the words."""
    place = Path("/proc", number)
    for stream, (there, flags) in enumerate(STREAMS):
        opened = os.open(place / f"fd/{there}", flags | os.O_NOCTTY)
        os.dup2(opened, stream)
        os.close(opened)
    os.chdir(place / "cwd")
    os.environ.clear()
    for pair in words_in(place / "environ"):
        name, _, value = pair.partition("=")
        os.environ[name] = value
    sys.argv[1:] = words_in(place / "cmdline")[2:]


def run(program: str) -> None:
    """Ends as the program does, but for taking apart what is loaded: that costs as much as the run."""
    code = 0
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as ended:
        if not isinstance(ended.code, int):
            raise
        code = ended.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def words_in(file: Path) -> list[str]:
    return [os.fsdecode(word) for word in file.read_bytes().split(b"\0")[:-1]]


if __name__ == "__main__":
    main()
