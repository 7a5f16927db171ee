"""A process that has loaded all of `chat` and forks itself for each command: a start costs a tenth of the CPU.

It serves at a socket that listens, whose number it is told, as `tests.forking` says.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import select
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

from rich.cells import cell_len

import chatbot
from chatbot.cli.command_line.declared import Command
from chatbot.cli.command_line.parsing import parse
from chatbot.outside.http import lean_requests
from tests.forking import serve
from tests.interpreter import become
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the tests is for them; they end what they have begun
    listener = socket.socket(fileno=int(sys.argv[1]))
    if sys.stdin in select.select([listener, sys.stdin], [], [])[0]:
        return  # nobody has asked for anything
    _load()
    serve(listener)


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


if __name__ == "__main__":
    main()
