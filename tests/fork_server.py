"""A process that has loaded all of `chat` and forks itself for each command: a start costs a tenth of the CPU.

It serves at a socket that listens, whose number it is told, until its standard input ends. A connection is for one
child. It begins with eight bytes of length, with the three standard streams beside them, and JSON: `words` (behind
`python`, as ["-m", MODULE, WORD...], ["-c", CODE, WORD...] or [SCRIPT, WORD...]), `env`, `cwd` and `terminal` (whether
the streams are the terminal that shall control the process). The answers are the process id, and when it has ended the
exit code as subprocess has it, in eight bytes each.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import socket
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any

import chatbot
from chatbot.cli.command_line.declared import Command
from chatbot.cli.command_line.parsing import parse
from chatbot.outside.http import lean_requests
from tests.processes import feel_signals

NUMBER_BYTES = 8
LOADED_WHERE_USED = """_strptime ctypes curses dotenv encodings.ascii encodings.cp437 encodings.unicode_escape
    encodings.utf_16_le encodings.utf_8_sig fastjsonschema netrc PIL.Image PIL.BmpImagePlugin PIL.GifImagePlugin
    PIL.JpegImagePlugin PIL.PngImagePlugin PIL.PpmImagePlugin platformdirs.unix prompt_toolkit.input.vt100
    prompt_toolkit.key_binding.bindings.search prompt_toolkit.patch_stdout prompt_toolkit.shortcuts pygments.lexers
    pygments.lexers.javascript pygments.lexers.python pygments.unistring tomlkit""".split()
FOR_FEW = ["anyio", "httpx2", "mcp", "mcp_types", "pypdf", "uvicorn"]
"""What few commands use, and takes longer to load than all of the rest; what imports it is loaded where it is used."""


def main() -> None:
    feel_signals()
    listener = socket.socket(fileno=int(sys.argv[1]))
    if sys.stdin in select.select([listener, sys.stdin], [], [])[0]:
        return  # nobody has asked for anything
    _load()
    request = _next_child(listener)
    if request:
        become(request["streams"], request["env"], request["cwd"], terminal=request["terminal"])
        end(exit_code(request["words"]))


def _load() -> None:
    lean_requests.load()
    found = [module.name for module in pkgutil.walk_packages(chatbot.__path__, "chatbot.")]
    sys.modules.update(dict.fromkeys(FOR_FEW))  # type: ignore[arg-type]  # they seem not to be installed
    for name in [*found, *LOADED_WHERE_USED]:
        if not name.endswith("__main__"):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                if error.name not in FOR_FEW:
                    raise
    for name in FOR_FEW:
        del sys.modules[name]
    parse(Command("chat", "", print), [], "chat")  # what reads the words of a command line is loaded in its own way
    gc.freeze()


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
    """Does what a new interpreter with these words would do. Raises what would end it with a traceback."""
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
        if not isinstance(ended.code, int):
            raise
        return ended.code
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


if __name__ == "__main__":
    main()
