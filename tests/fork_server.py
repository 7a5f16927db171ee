"""A process that has loaded all of `chat` and forks itself for each command: a start costs a tenth of the CPU.

It serves at a socket that listens, whose number it is told, until its standard input ends. A connection is for one
child. It begins with eight bytes of length, with the three standard streams beside them, and JSON: `words` (behind
`python`, as ["-m", MODULE, WORD...], ["-c", CODE, WORD...] or [SCRIPT, WORD...]), `env`, `cwd` and `terminal` (whether
the streams are the terminal that shall control the process). The answers are the process id, and when it has ended the
exit code as subprocess has it, in eight bytes each.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.cells import cell_len

import chatbot
from chatbot.cli.command_line.declared import Command
from chatbot.cli.command_line.parsing import parse
from chatbot.outside.http import lean_requests
from tests.interpreter import NUMBER_BYTES, become, end, exit_code
from tests.processes import feel_signals
from tests.reused import Reused

LOADED_WHERE_USED = """_strptime ctypes curses dotenv encodings.ascii encodings.cp437 encodings.unicode_escape
    encodings.utf_16_le encodings.utf_8_sig fastjsonschema idna.core netrc PIL.Image PIL.BmpImagePlugin
    PIL.GifImagePlugin PIL.JpegImagePlugin PIL.PngImagePlugin PIL.PpmImagePlugin platformdirs.unix
    prompt_toolkit.input.vt100 prompt_toolkit.key_binding.bindings.search prompt_toolkit.patch_stdout
    prompt_toolkit.shortcuts pygments.lexers pygments.lexers.data pygments.lexers.javascript pygments.lexers.python
    pygments.lexers.shell pygments.unistring rich.console rich.live rich.table shellingham.posix tomlkit truststore
    zoneinfo""".split()
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
    cell_len("世")  # so is the table of widths
    _run_once()
    gc.freeze()


def _run_once() -> None:
    """What a first run makes in a process is made here, not by each child: a sixth of its CPU."""
    outside = [os.dup(number) for number in range(3)], dict(os.environ), str(Path.cwd())
    home = tempfile.mkdtemp()
    become([os.open(os.devnull, os.O_RDWR) for _ in range(3)], {**os.environ, "HOME": home}, home)
    Reused().run(["-m", "chatbot", "-m", "lab/markdown", "hello"])
    become(*outside)
    shutil.rmtree(home)
    gc.collect()


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


if __name__ == "__main__":
    main()
