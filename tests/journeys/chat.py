"""`chat` as a process: argv in, printed bytes and exit code out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests import forked
from tests.forked import ROOT, STARTED_WITH
from tests.journeys import ready
from tests.wires import service_named

CHAT = ["-m", "chatbot"]
COMMAND = [sys.executable, *CHAT]
WITH_MCP = """anyio._backends._asyncio chatbot.cli.ask.runner chatbot.cli.mcp.command chatbot.outside.history.store
    chatbot.outside.mcp.process chatbot.outside.mcp.remote chatbot.outside.mcp.sessions chatbot.providers.wires.openai
    fastjsonschema mcp typer.core""".split()
KEY = "sk-journey-0123456789abcdefghij"


class Result(NamedTuple):
    out: bytes
    err: str
    code: int

    @property
    def text(self) -> str:
        return self.out.decode()


def environment(home: Path, **variables: str) -> dict[str, str]:
    """A bare environment: no key, no proxy, an empty home."""
    names = ("PATH", "COVERAGE_PROCESS_START", "SYSTEMROOT")
    return {
        **{name: os.environ[name] for name in names if name in os.environ},
        "HOME": str(home),
        **STARTED_WITH,
        **variables,
    }


def run(
    *words: str | bytes,
    home: Path,
    stdin: bytes | None = None,
    timeout_s: float = 20.0,
    alone: bool = False,
    **variables: str,
) -> Result:
    """Runs `chat` to its end in an empty folder; standard input is the null device unless bytes are piped in."""
    env = environment(home, **variables)
    done = forked.run([*CHAT, *words], env, home, stdin=stdin, timeout_s=timeout_s, alone=alone)
    return Result(done.stdout, done.stderr.decode(), done.returncode)


def run_with_mcp(*words: str, home: Path, **variables: str) -> Result:
    """As `run`, where the package `mcp`, which takes longer to load than all of `chat`, is loaded but once."""
    script = str(ROOT / "chatbot/__main__.py")
    chat = shutil.which("chat", path=ready.first_on_path("chat", sys.executable, script, *WITH_MCP))
    done = subprocess.run(
        [chat, *words] if chat else [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(home, **variables),
        cwd=home,
        timeout=30,
    )
    return Result(done.stdout, done.stderr.decode(), done.returncode)


def run_code(code: str, *words: str, home: Path, check: bool = True, loaded: bool = False, **variables: str) -> Result:
    """Runs a program that does something to `chat`, with these words for it, in a Python of its own. With `loaded` that
    has loaded `chat` before, which is for what does not look at it.
    """
    env, words = environment(home, **variables), ("-c", code, *words)
    done = (
        forked.run(words, env, home, timeout_s=20, alone=True)
        if loaded
        else subprocess.run(
            [sys.executable, *words], stdin=subprocess.DEVNULL, capture_output=True, env=env, cwd=home, timeout=20
        )
    )
    if check:
        done.check_returncode()
    return Result(done.stdout, done.stderr.decode(), done.returncode)


def at(url: str, *, wire: str = "openai") -> list[str]:
    """The words that lead to a lab server at `url`, in one of the wire formats."""
    path = {"anthropic": "", "gemini": "/v1beta"}.get(wire, "/v1")
    service = service_named(wire)
    api = [] if service.name == wire else ["--api", wire]
    return ["--provider", service.name, *api, "--base-url", url + path]


KEYS: dict[str, Any] = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "GEMINI_API_KEY": KEY}
