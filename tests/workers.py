"""Workers of pytest-xdist, forked from one process that has loaded the tests, which each would load anew."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import importlib.util
import os
import shlex
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import forked
from tests.forking import serve

CLIENT = Path(__file__).with_name("worker.py")


def begin(config: pytest.Config) -> str:
    """What begins a worker, in place of `python`. It can be used at once, until this process ends."""
    listener, address = forked.listening("workers")
    until_we_end, ours = os.pipe()
    if not os.fork():
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the workers, and for who has begun them
            os.close(ours)
            _load(_files(config))
            config._ensure_unconfigure()  # what it captures, and how it loads, each worker sees to itself
            atexit._clear()
            os.dup2(until_we_end, 0)
            gc.freeze()
            serve(listener)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(until_we_end)
    listener.close()
    return shlex.join([sys.executable, "-I", "-S", str(CLIENT), address])


def _files(config: pytest.Config) -> list[Path]:
    places = [config.invocation_params.dir / place.partition("::")[0] for place in config.args]
    return sorted({file for place in places for file in (place.rglob("test_*.py") if place.is_dir() else [place])})


def _load(files: list[Path]) -> None:
    """Where their assertions have not been rewritten before, which costs more than all else of the collection, a second
    process begins at the end.
    """
    gc.disable()
    with _written_bytecode():
        second = None if all(map(_is_rewritten, files[-1:])) else os.fork()
        for file in reversed(files[len(files) // 2 :]) if second == 0 else files:
            with contextlib.suppress(Exception, pytest.skip.Exception):  # which each worker tells when it collects
                importlib.import_module(".".join(file.relative_to(forked.ROOT).with_suffix("").parts))
        _read_constants()
        if second == 0:
            os._exit(0)
        if second:
            os.waitpid(second, 0)


def _read_constants() -> None:
    """What Hypothesis looks for in the modules of the program, which it else does in each worker."""
    with contextlib.suppress(ImportError), warnings.catch_warnings(action="ignore"):  # that this is early
        from hypothesis.internal.conjecture.providers import _get_local_constants

        _get_local_constants()


def _is_rewritten(file: Path) -> bool:
    return any(Path(importlib.util.cache_from_source(file)).parent.glob(f"{file.stem}.*-pytest-*"))


@contextlib.contextmanager
def _written_bytecode() -> Iterator[None]:
    """Who may not write beside the sources writes elsewhere, for the time."""
    if not sys.dont_write_bytecode:
        yield
        return
    sys.pycache_prefix, sys.dont_write_bytecode = tempfile.mkdtemp(prefix="chat-tests-"), False
    try:
        yield
    finally:
        shutil.rmtree(sys.pycache_prefix, ignore_errors=True)
        sys.pycache_prefix, sys.dont_write_bytecode = None, True
