"""A Python program that a shell starts by its name, forked from one that has loaded it: most of a short run is loading.

It stays the installed program, with its own interpreter and its own script, and gets its words as the shell split them.
What is first on PATH is a script for bash: it tells its process id to the process that has loaded the program, and ends
with the exit code that it is told (see `tests.journeys.ready_server`).
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.forked import STARTED_WITH

SERVER = Path(__file__).with_name("ready_server.py")
CLIENT = """#!{bash}
exec 3<>/dev/tcp/127.0.0.1/{port} 4>&1 && echo $$ >&3 && read -r -u 3 code && exit "$code"
"""


@functools.cache
def first_on_path(name: str, python: str, script: str, *modules: str, anew: str = "") -> str:
    """The beginning of a PATH on which `name` starts as `python script` does; nothing where that cannot be.

    The modules are loaded before, but for the package `anew`, which looks at its environment when it is loaded.
    """
    bash = shutil.which("bash")
    if not (bash and Path("/proc/self/environ").exists()):
        return ""
    place = tempfile.mkdtemp()
    server = subprocess.Popen(
        [python, SERVER, script, anew, *modules],
        env={"HOME": place, **STARTED_WITH},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin and server.stdout
    for leave in (server.wait, server.stdin.close, functools.partial(shutil.rmtree, place)):
        atexit.register(leave)  # the last one comes first
    client = Path(place, name)
    client.write_text(CLIENT.format(bash=bash, port=int(server.stdout.readline())))
    client.chmod(0o755)
    return f"{place}:"


def interpreter(script: str) -> str | None:
    """The Python that its first line names; None if it names another program, or by more than its path."""
    named = Path(script).read_bytes().partition(b"\n")[0].removeprefix(b"#!").decode(errors="replace").strip()
    return named if Path(named).name.startswith("python") and os.access(named, os.X_OK) else None
