"""A program that is forked from one that has loaded it does what it does when it starts by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys import ready
from tests.journeys.chat import environment

TELLS = """#!/usr/bin/python3
import json, os, sys
print(json.dumps([sys.argv, dict(os.environ), os.getcwd(), sys.path, "decimal" in sys.modules, sys.stdin.read()]))
sys.stderr.write("told")
sys.exit({"text": "why", "none": None}.get(sys.argv[1], int(sys.argv[1]) if sys.argv[1].isdigit() else 0))
"""
LINES = ("tell 7 'a  b' \"$NAME\" '' ä </dev/null", "echo in | tell 0 *", "tell text", "tell none >out; cat out")


@pytest.mark.skipif(not (shutil.which("bash") and Path("/proc/self/environ").exists()), reason="each start is its own")
def test_words_environment_folder_streams_and_exit_code_are_those_of_a_start_by_itself(tmp_path: Path) -> None:
    script = tmp_path / "tell"
    script.write_text(TELLS.replace("/usr/bin/python3", sys.executable))
    script.chmod(0o755)
    forked = ready.first_on_path("tell", sys.executable, str(script), "decimal", anew="decimal")
    assert forked and ready.interpreter(str(script)) == sys.executable

    def told(first: str, line: str) -> list[object]:
        env = environment(tmp_path, NAME="a 'b'\n") | {"PATH": "", "OLDPWD": "/"}
        shell = ["/bin/sh", "-c", f"PATH={first}{tmp_path}:{os.environ['PATH']}; {line}"]
        done = subprocess.run(shell, env=env, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True)
        where = first.encode()
        return [done.returncode, done.stdout.replace(where, b""), done.stderr]

    for line in LINES:
        assert told(forked, line) == told("", line)


def test_the_interpreter_of_what_is_no_script_for_python_is_not_told(tmp_path: Path) -> None:
    script = tmp_path / "script"
    for first in ("#!/bin/sh", "#!/usr/bin/env python3", "#!/nowhere/python3", "\x7fELF", ""):
        script.write_text(first + "\n")
        assert ready.interpreter(str(script)) is None
