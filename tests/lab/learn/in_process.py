"""Python programs run in this process as `run_bounded` runs them: many are tried, and most of a start is the start.

A program is given modules `os`, `sys` and `pathlib` of its own, which know its variables, words, streams and folder.
"""

from __future__ import annotations

import builtins
import importlib
import io
import os
import pathlib
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from chatbot.outside.processes.running import Limits, Piece, ProcessRun, Streams


def run_in_process(
    words: Sequence[str], environ: Mapping[str, str], folder: Path, streams: Streams, limits: Limits, watch: object
) -> ProcessRun:
    """The second word is the file of the program; it must end by itself."""
    _, file, *arguments = words
    out, err = io.StringIO(), io.StringIO()
    world = _World([file, *arguments], environ, folder, io.StringIO((streams.stdin or b"").decode()), out, err)
    began_s = time.monotonic()
    code = _outcome(Path(file).read_text(encoding="utf-8"), file, world.names(), err)
    took_s = time.monotonic() - began_s
    pieces = (Piece(took_s, False, out.getvalue().encode()), Piece(took_s, True, err.getvalue().encode()))
    return ProcessRun(began_s, code, "exited", tuple(piece for piece in pieces if piece.data), took_s)


def _outcome(text: str, file: str, names: dict[str, Any], err: io.StringIO) -> int:
    """The exit code, as an interpreter has it."""
    try:
        exec(compile(text, file, "exec"), names)
    except SystemExit as end:
        if isinstance(end.code, str):
            err.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        err.write(traceback.format_exc())
        return 1
    return 0


class _World(SimpleNamespace):
    def __init__(
        self, argv: list[str], environ: Mapping[str, str], folder: Path, stdin: io.StringIO, *streams: io.StringIO
    ) -> None:
        out, err = streams
        own_sys = _like(sys, argv=argv, stdin=stdin, stdout=out, stderr=err)
        own_os = _like(os, environ=dict(environ), getenv=dict(environ).get, getcwd=lambda: str(folder))
        own_pathlib = _like(pathlib, Path=lambda *parts: Path(folder, *parts))
        super().__init__(modules={"sys": own_sys, "os": own_os, "pathlib": own_pathlib}, out=out, stdin=stdin)

    def names(self) -> dict[str, Any]:
        """What a program finds in its main module."""
        changed = {"__import__": self._import, "print": self._print, "input": self._input}
        return {"__name__": "__main__", "__file__": "program.py", "__builtins__": {**vars(builtins), **changed}}

    def _import(self, name: str, names: Any = None, local: Any = None, listed: Any = (), level: int = 0) -> Any:
        return self.modules.get(name) or (importlib.import_module(name) if listed else builtins.__import__(name))

    def _print(self, *values: object, file: Any = None, **how: Any) -> None:
        print(*values, file=file or self.out, **how)

    def _input(self, prompt: str = "") -> str:
        self.out.write(prompt)
        line: str = self.stdin.readline()
        if not line:
            raise EOFError("EOF when reading a line")
        return line.removesuffix("\n")


def _like(module: ModuleType, **changed: Any) -> ModuleType:
    own = ModuleType(module.__name__)
    vars(own).update({**vars(module), **changed})
    return own
