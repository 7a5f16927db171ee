"""What a settings file costs before the request leaves, against none and against a bare `requests` script.

    python benchmarks/settings.py [--runs 41]

As `startup.py`: CPU milliseconds of the client at the first byte of its request, and ratios of one turn, in random
order; lower quartiles. The file has 20 lines, `plain` ones as most have; in `any TOML` one of them needs the whole
grammar, for which `tomllib` is loaded.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from clients import clients, numbers, served
from startup import BARE, Handler, Server, lower_quartile

PLAIN = """\
# my settings
model = "openai/gpt-4o-mini"
temperature = 0.2
max-tokens = 1000
color = "auto"
usage = false

[aliases]
fast = "groq/llama-3.3-70b"
good = "openai/gpt-4o"

[providers.openai]
timeout = 60
max-retries = 3

[providers.groq]
timeout = 20

[models."openai/gpt-4o-mini"]
seed = 7
# the end
"""
ANY_TOML = PLAIN.replace("# the end", "stop = ['end']")
NO_FILE, PLAIN_FILE, ANY_FILE, BARE_NAME = "no file", "a plain file", "any TOML", "bare requests"


def measure(server: Server, command: Sequence[str], home: str) -> float:
    """CPU milliseconds at the first request byte."""
    env = {"PATH": "/usr/bin:/bin", "HOME": home, "OPENAI_API_KEY": "k" * 20}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=env, cwd=home, **pipes) as child:  # type: ignore[call-overload]
        server.child = child.pid
        out, error = child.communicate(timeout=60)
    if out.decode().strip() != "one two three.":
        raise SystemExit(f"{command[0]} printed {out!r} {error!r}")
    return server.first_byte_ms


def home_with(folder: Path, name: str, text: str | None) -> str:
    home = folder / name.replace(" ", "-")
    home.mkdir()
    if text is not None:
        file = home / ".config" / "chat" / "config.toml"
        file.parent.mkdir(parents=True)
        file.write_text(text)
        file.chmod(0o600)
    return str(home)


def main() -> None:
    runs = numbers(runs=41).runs
    server = Server(("127.0.0.1", 0), Handler)
    url = served(server)
    with tempfile.TemporaryDirectory() as folder:
        files = {NO_FILE: None, PLAIN_FILE: PLAIN, ANY_FILE: ANY_TOML, BARE_NAME: None}
        homes = {name: home_with(Path(folder), name, text) for name, text in files.items()}
        words = ["-m", "m", "-n", "hello"]
        commands = clients(folder, url, (BARE_NAME, BARE), dict.fromkeys((NO_FILE, PLAIN_FILE, ANY_FILE), words))
        figures: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs + 1):
            for name, command in random.sample(list(commands.items()), len(commands)):
                figures[name].append(measure(server, command, homes[name]))
    for name, values in figures.items():
        ratios = [mine / bare for mine, bare in zip(values[1:], figures[BARE_NAME][1:], strict=True)]
        more = [mine - none for mine, none in zip(values[1:], figures[NO_FILE][1:], strict=True)]
        print(
            f"{name:14} first request byte {lower_quartile(values[1:]):6.1f} ms, to bare requests "
            f"{lower_quartile(ratios):.2f}, more than without a file {sorted(more)[len(more) // 2]:+.1f} ms"
        )


if __name__ == "__main__":
    main()
