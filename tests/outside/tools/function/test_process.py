"""A function runs in a process of its own, which it cannot leave and whose end is not ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.tools.calling import ToolOutput
from chatbot.outside.tools.calls import definition, function, never
from chatbot.outside.tools.process import Surroundings
from tests.outside.wire import PATIENCE_S

TOOLS = '''
import asyncio, os, subprocess, sys, time
import beside

def add(a: int, b: int = 2) -> int:
    """Adds."""
    return a + b

def loud():
    print("first")
    print("second", file=sys.stderr)
    subprocess.run(["echo", "third"])

def both():
    print("on the way")
    return "result"

def wrong():
    return {}["nothing"]

def leaves(): os._exit(7)
def exits(): sys.exit("enough")
def hangs(): time.sleep(60)
def floods():
    while True: print("x" * 1000)
def large(): return "x" * 500_000
def answers_for_me(): os.write(1, b"rforged"); os._exit(0)
def forks():
    if not os.fork(): time.sleep(60)
    return "parent"
def threads():
    import threading
    threading.Thread(target=time.sleep, args=(60,)).start()
    return "done"
def asks(): return input("yes? ")
async def later(): await asyncio.sleep(0); return beside.WORD
def where(): return [os.getcwd(), sys.argv[0], os.environ.get("SECRET_KEY"), __name__]
class Kind: pass
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "beside.py").write_text("WORD = 'from beside'")
    path = tmp_path / "code" / "tools.py"
    path.write_text(TOOLS)
    return path


def around(file: Path, within_s: float = PATIENCE_S * 4) -> Surroundings:
    return Surroundings(file.parents[1], {"PATH": os.environ["PATH"]}, within_s)


def output(file: Path, name: str, within_s: float = PATIENCE_S * 4, **arguments: object) -> ToolOutput:
    return function(file, name, arguments, around(file, within_s), never)


def test_a_function_is_described_and_called(file: Path) -> None:
    assert definition(file, "add", around(file))["description"] == "Adds."
    assert output(file, "add", a=1) == ToolOutput("3")
    assert output(file, "later") == ToolOutput("from beside")
    assert output(file, "where").text == f'["{file.parents[1]}", "{file}", null, "tools"]'
    assert not (file.parent / "__pycache__" / f"tools.{sys.implementation.cache_tag}.pyc").exists()


def test_what_it_prints_is_the_result_where_it_returns_nothing_and_stands_below_it_otherwise(file: Path) -> None:
    assert output(file, "loud") == ToolOutput("first\nsecond\nthird")
    assert output(file, "both") == ToolOutput("result\n\nPrinted:\non the way")


def test_what_goes_wrong_in_it_is_an_output(file: Path) -> None:
    assert output(file, "wrong") == ToolOutput("KeyError: 'nothing' (line 19)", is_error=True)
    assert output(file, "exits") == ToolOutput("SystemExit: enough (line 22)", is_error=True)
    assert output(file, "add", a="one").text.startswith("TypeError: ")
    assert output(file, "asks").text.startswith("EOFError")
    left = output(file, "leaves")
    assert (left.is_error, "exit code 7" in left.text) == (True, True)
    forged = output(file, "answers_for_me")
    assert forged.is_error
    assert "forged" in forged.text  # as what it printed


def test_what_hangs_floods_or_forks_is_ended(file: Path) -> None:
    assert output(file, "hangs", within_s=0.5) == ToolOutput("it took too long and was ended", is_error=True)
    flooded = output(file, "floods")
    assert flooded.is_error
    assert flooded.text.startswith("it wrote without end and was ended")
    assert len(flooded.text) < 70_000
    assert "left out here" in output(file, "large").text
    assert output(file, "forks") == ToolOutput("parent")
    assert output(file, "threads") == ToolOutput("done")


def test_a_function_that_is_not_there_and_a_file_that_fails_are_told(file: Path) -> None:
    for name in ("nothing", "Kind", "beside"):
        with pytest.raises(UsageError, match=f"no function {name} in it; there is add, loud"):
            definition(file, name, around(file))
    for text, within_s, why in (
        ("import nosuch", 20, "ModuleNotFoundError: No module named 'nosuch' (line 1)"),
        ("def f(:", 20, "SyntaxError"),
        ("import os; os._exit(3)", 20, "exit code 3"),
        ("import time; time.sleep(60)", 0.3, "it took too long"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigurationError) as caught:
            definition(file, "f", around(file, within_s))
        assert why in str(caught.value)
        assert "\n" not in str(caught.value)


def test_the_python_of_the_active_environment_runs_it(file: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexport HERE=yes\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    file.write_text("import os\ndef f(): return os.environ.get('HERE', 'no')")
    inside = around(file)._replace(environ={"PATH": os.environ["PATH"], "VIRTUAL_ENV": str(tmp_path / "venv")})
    assert function(file, "f", {}, inside, never) == ToolOutput("yes")
    assert output(file, "f") == ToolOutput("no")
