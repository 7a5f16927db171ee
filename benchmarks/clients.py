"""Who is measured: a bare `requests` script, and `chat` with some words, both asking one server."""

from __future__ import annotations

import argparse
import http.server
import multiprocessing
import random
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

Figure = TypeVar("Figure")


def numbers(**usual: float) -> argparse.Namespace:
    """`--name N` for each of these: a number of its type, and this one where none is said."""
    parser = argparse.ArgumentParser()
    for name, value in usual.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    return parser.parse_args()


def turns(measure: Callable[[str], Figure], names: Sequence[str], usual_runs: int) -> dict[str, list[Figure]]:
    """What each of them took, once in each of `--runs` turns, in random order; a turn before that warms the caches."""
    figures: dict[str, list[Figure]] = {name: [] for name in names}
    for _ in range(numbers(runs=usual_runs).runs + 1):
        for name in random.sample(names, len(names)):
            figures[name].append(measure(name))
    return {name: values[1:] for name, values in figures.items()}


def served(server: http.server.HTTPServer) -> str:
    """The base URL of a server that answers from now on."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"


def served_apart(serve: Callable[[Connection], None]) -> str:
    """The base URL of a server in a process of its own, which sends its port."""
    mine, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=serve, args=(theirs,), daemon=True).start()
    return f"http://127.0.0.1:{mine.recv()}/v1"


def clients(home: str, url: str, bare: tuple[str, str], chats: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The commands by name: `bare` is a name and a script that gets the URL, `chats` are names and words of chat."""
    name, code = bare
    script = Path(home) / "bare.py"
    script.write_text(code)
    chat = [str(Path(sys.executable).with_name("chat")), "--provider", "openai", "--base-url", url]
    return {name: [sys.executable, str(script), url], **{name: [*chat, *words] for name, words in chats.items()}}
