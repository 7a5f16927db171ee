"""The floor plan holds: an upper floor sees the lower ones, neighbours do not see each other, nothing looks up."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.fork_server import FOR_FEW
from tests.processes import python
from tests.reused import TOUCH_THE_WORLD
from tests.tables import cases, each

ROOT = Path(__file__).parents[1]
FILES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted((ROOT / "chatbot").rglob("*.py"))}

# Modules that compute, and neither touch the world nor tell the time.
PURE = frozenset(
    "__future__ abc array base64 binascii bisect calendar codecs collections contextlib copy dataclasses decimal "
    "difflib email.utils enum functools hashlib heapq html ipaddress itertools json math operator re shlex string "
    "struct textwrap tomllib types typing unicodedata urllib.parse warnings".split()
)
STDLIB = frozenset(sys.stdlib_module_names)


class Floor(NamedTuple):
    """What the files of a floor may import: of ours, and of others."""

    ours: frozenset[str]
    others: frozenset[str]


def floor(ours: str, others: frozenset[str], more: str = "") -> Floor:
    return Floor(frozenset(ours.split()) | {"records"}, others | set(more.split()))


FLOORS = {
    "records": floor("", PURE, "_collections sys"),
    "core": floor("", PURE, "fastjsonschema"),  # which computes: what it could fetch is refused
    "options": floor("core", PURE | {"pathlib"}),
    "providers": floor("core", PURE),
    "outside": floor(
        "core options",
        STDLIB,
        "requests urllib3 certifi truststore dotenv PIL platformdirs keyring tomlkit shellingham pypdf "
        "mcp mcp_types anyio httpx2",
    ),
    "lab": floor("core outside", STDLIB),  # the grader runs programs
    "session": floor("core providers", PURE),
    "layers": floor("core options providers session", PURE),
    "library": floor("core options providers outside session layers", STDLIB, "requests urllib3"),
    "terminal": floor("core options session", PURE, "sys rich prompt_toolkit markdown_it pygments wcwidth"),
    "cli": floor("core options providers outside lab session layers terminal", STDLIB, "typer platformdirs"),
}


def floor_of(module: str) -> str:
    """The floor of a module of ours: `chatbot.core.sse.decoder` is on `core`."""
    name = module.split(".")[1] if "." in module else ""
    return "cli" if name == "__main__" else name


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Told(NamedTuple):
    """What the syntax of a file tells, in no order that matters. The rest of it is let go: it would fill the memory."""

    docstring: str | None
    imports: list[ast.Import | ast.ImportFrom]
    functions: list[tuple[str, int]]
    """With the number of parameters, `self` not counted."""
    dangers: list[str]
    """What must stand nowhere in the program, whatever the floor."""


@cache
def told(source: str) -> Told:
    syntax = ast.parse(source)
    found = Told(ast.get_docstring(syntax), [], [], [])
    for node in ast.walk(syntax):
        match node:
            case ast.Name() | ast.Constant() | ast.expr_context():  # which most of them are
                pass
            case ast.Import() | ast.ImportFrom():
                found.imports.append(node)
            case ast.FunctionDef(args=given) | ast.AsyncFunctionDef(args=given):
                names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
                found.functions.append((node.name, len([name for name in names if name not in ("self", "cls")])))
            case ast.keyword(arg="verify" | "check_hostname", value=ast.Constant(value=False)):
                found.dangers.append("TLS is not verified")
            case ast.Attribute(attr="CERT_NONE" | "_create_unverified_context"):
                found.dangers.append("TLS is not verified")
            case ast.Assign(targets=[ast.Attribute(attr="verify" | "check_hostname")], value=ast.Constant(value=False)):
                found.dangers.append("TLS is not verified")
            case ast.Call(func=ast.Name(id="print")):
                found.dangers.append("print()")
            case ast.Attribute(attr="debuglevel" | "set_debuglevel"):
                found.dangers.append("http.client prints keys")
    return found


def imports(path: str, source: str) -> Iterator[str]:
    """Every module that is imported anywhere in a file, also inside functions."""
    package = module_of(path) if path.endswith("__init__.py") else module_of(path).rpartition(".")[0]
    for node in told(source).imports:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            above = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            module = (above + (node.module or "")).rstrip(".")
            if module == "chatbot":
                yield from (f"chatbot.{alias.name}" for alias in node.names)
            else:
                yield module


def faults(path: str, source: str) -> list[str]:
    """What a file imports although its floor does not allow it."""
    here = floor_of(module_of(path))
    if not here:
        # The library is for the type checker; that nothing of it is loaded is a test of its own.
        hands_on = ("library", "core")
        return [f"{path}: imports {module}" for module in imports(path, source) if floor_of(module) not in hands_on]
    if here not in FLOORS:
        return [f"{path}: the floor plan knows no floor {here}"]
    allowed = FLOORS[here]
    return [
        f"{path}: floor {here} may not import {module}"
        for module in imports(path, source)
        if not (_ours_allowed(module, here) if module.split(".")[0] == "chatbot" else _is_in(module, allowed.others))
    ]


def _ours_allowed(module: str, here: str) -> bool:
    return floor_of(module) == here or floor_of(module) in FLOORS[here].ours


def _is_in(module: str, names: frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:size]) in names for size in range(1, len(parts) + 1))


def test_every_file_keeps_to_its_floor() -> None:
    assert len(FILES) > 40
    assert [fault for path, source in FILES.items() for fault in faults(path, source)] == []


def test_results_are_forgotten_between_runs_of_one_process_where_a_floor_may_touch_the_world() -> None:
    assert {f"chatbot.{name}." for name, floor in FLOORS.items() if floor.others >= STDLIB} == set(TOUCH_THE_WORLD)


def test_every_floor_of_the_plan_is_in_the_package_and_in_its_docstring() -> None:
    plan = told(FILES["chatbot/__init__.py"]).docstring or ""
    assert {floor_of(module_of(path)) for path in FILES} - {""} == set(FLOORS)
    assert [line.split()[0] for line in plan.splitlines() if line.startswith("    ")] == list(reversed(FLOORS))


@each(
    ("path", "source", "named"),
    [
        *cases(r"""
            chatbot/core/sse/decoder.py | import chatbot.session | floor core may not import chatbot.session
            chatbot/core/sse/decoder.py | from chatbot import session | floor core may not import chatbot.session
            chatbot/core/errors.py | from ..session import Session | floor core may not import chatbot.session
            chatbot/core/errors.py | from .. import outside | floor core may not import chatbot.outside
            chatbot/core/sse/decoder.py | import requests | floor core may not import requests
            chatbot/core/retry.py | def f():\n    import time | floor core may not import time
            chatbot/core/retry.py | from random import random | floor core may not import random
            chatbot/core/text.py | import os.path | floor core may not import os.path
            chatbot/core/text.py | import urllib.request | floor core may not import urllib.request
            chatbot/providers/wires/openai.py | from pathlib import Path | floor providers may not import pathlib
            chatbot/outside/files/reading.py | import rich | floor outside may not import rich
            chatbot/lab/server/http.py | import requests | floor lab may not import requests
            chatbot/session.py | from chatbot.outside.http.transport import LiveTransport | session may not import
            chatbot/session.py | import socket | floor session may not import socket
            chatbot/terminal/answer/live.py | if TYPE_CHECKING:\n    import chatbot.cli.main | import chatbot.cli.main
            chatbot/cli/main.py | import httpx | floor cli may not import httpx
            chatbot/attic/old.py | import json | the floor plan knows no floor attic
            chatbot/__init__.py | import json | imports json
        """),
        (
            "chatbot/providers/wires/openai.py",
            "import chatbot.outside.files.reading",
            "providers may not import chatbot.outside",
        ),
        (
            "chatbot/outside/files/reading.py",
            "import chatbot.lab.server.http",
            "floor outside may not import chatbot.lab.server.http",
        ),
        (
            "chatbot/outside/files/reading.py",
            "import chatbot.providers.wires.base",
            "outside may not import chatbot.providers",
        ),
        (
            "chatbot/session.py",
            "import chatbot.terminal.answer.live",
            "floor session may not import chatbot.terminal.answer.live",
        ),
        (
            "chatbot/terminal/answer/live.py",
            "import chatbot.outside.files.reading",
            "terminal may not import chatbot.outside.files.reading",
        ),
    ],
)
def test_a_planted_violation_is_caught_and_named(path: str, source: str, named: str) -> None:
    [fault] = faults(path, source)
    assert fault.startswith(f"{path}: ")
    assert named in fault


@each(
    ("path", "source"),
    [
        ("chatbot/core/sse/decoder.py", "from chatbot.core.errors import ChatError\nimport json"),
        ("chatbot/providers/wires/openai.py", "from chatbot.core import errors\nfrom . import base"),
        ("chatbot/outside/http/transport.py", "import requests\nfrom chatbot.core.version import __version__"),
        (
            "chatbot/session.py",
            "from chatbot.providers.wires.base import Provider\nfrom collections.abc import Callable",
        ),
        (
            "chatbot/cli/ask/answer.py",
            "import chatbot.lab.server.http, chatbot.session, chatbot.terminal.answer.live, time",
        ),
        ("chatbot/__main__.py", "import gc\nfrom chatbot.cli.main import main"),
    ],
)
def test_what_the_plan_allows_is_no_fault(path: str, source: str) -> None:
    assert faults(path, source) == []


def forbidden(path: str, source: str) -> list[str]:
    return [f"{path}: {what}" for what in told(source).dangers]


def test_tls_is_verified_but_in_one_function_for_this_machine_and_nothing_prints() -> None:
    found = [fault for path, source in FILES.items() for fault in forbidden(path, source)]
    assert found == ["chatbot/outside/http/authorities.py: TLS is not verified"] * 2


@each(
    "planted",
    [
        "session.post(url, verify=False)",
        "session.verify = False",
        "context.check_hostname = False",
        "context.verify_mode = ssl.CERT_NONE",
        "context = ssl._create_unverified_context()",
        "print('hello')",
        "http.client.HTTPConnection.debuglevel = 1",
    ],
)
def test_a_planted_danger_is_caught(planted: str) -> None:
    assert len(forbidden("chatbot/outside/http/transport.py", planted)) == 1


IMPORT_EVERYTHING = """
import gc, importlib, json, os, signal, sys, threading
done = []
LOUD = ("socket.connect", "subprocess.Popen", "os.mkdir", "os.remove", "os.rename", "os.putenv",
        "sqlite3.connect", "_thread.start_new_thread", "os.fork")
def hook(event, args):
    if event in LOUD or (event == "open" and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        done.append(f"{event} {args[0]}")
handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
before = (dict(os.environ), sys.stdout, sys.stderr, gc.isenabled(), sys.excepthook, os.getcwd())
sys.addaudithook(hook)
gc.set_threshold(100_000)  # there is no garbage to speak of
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:  # an extra that is not installed
        assert error.name in sys.argv[2:], error
assert (dict(os.environ), sys.stdout, sys.stderr, gc.isenabled(), sys.excepthook, os.getcwd()) == before
assert {number: signal.getsignal(number) for number in handlers} == handlers
assert threading.active_count() == 1, threading.enumerate()
assert done == [], done
"""


def test_importing_any_module_does_nothing(tmp_path: Path) -> None:
    modules = [module_of(path) for path in FILES]
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    assert python(IMPORT_EVERYTHING, json.dumps(modules), *FOR_FEW, cwd=tmp_path, env=environ) == ""
    assert list(tmp_path.iterdir()) == []


MOST_PARAMETERS = 7
MOST_FILES_IN_A_ROOM = 15


def test_no_function_takes_more_than_seven_parameters() -> None:
    found = [
        (path, name, count)
        for path, source in FILES.items()
        for name, count in told(source).functions
        if count > MOST_PARAMETERS
    ]
    assert found == []


def test_no_room_is_too_full_and_each_says_what_may_live_there() -> None:
    rooms: dict[str, list[str]] = {}
    for path in FILES:
        rooms.setdefault(path.rpartition("/")[0], []).append(path)
    assert [room for room, files in rooms.items() if len(files) - 1 > MOST_FILES_IN_A_ROOM] == []
    assert [room for room in rooms if not told(FILES[f"{room}/__init__.py"]).docstring] == []


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of files that can each be reached from each other (Tarjan, 1972)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(file: str) -> None:
        number[file] = lowest[file] = len(number)
        stack.append(file)
        for other in graph[file]:
            if other not in number:
                visit(other)
            if other in stack:
                lowest[file] = min(lowest[file], lowest[other])
        if lowest[file] == number[file]:
            at = stack.index(file)
            if len(stack) - at > 1 or file in graph[file]:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for file in graph:
        if file not in number:
            visit(file)
    return found


def imported_files(files: dict[str, str]) -> dict[str, set[str]]:
    """Which files import which, also inside functions, and for the type checker alone."""
    modules = {module_of(path) for path in files}
    graph: dict[str, set[str]] = {}
    for path, source in files.items():
        names = {*imports(path, source), *names_imported(source)}
        graph[module_of(path)] = {name for name in names if name in modules}
    return graph


@cache
def imported_files_of_ours() -> dict[str, set[str]]:
    return imported_files(FILES)


def names_imported(source: str) -> Iterator[str]:
    """Each name that is imported from a module, as it may be a module too."""
    for node in told(source).imports:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = imported_files_of_ours()
    assert sum(map(len, graph.values())) > 400
    assert circles(graph) == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    rooms: dict[str, set[str]] = {}
    for module, others in imported_files_of_ours().items():
        rooms.setdefault(room_of(module), set()).update(map(room_of, others))
    assert circles({room: others - {room} for room, others in rooms.items()}) == []


def room_of(module: str) -> str:
    """The folder a module is in; a package is its own, and so is a floor of one file."""
    if module.count(".") == 1:
        return module
    return module if f"{module.replace('.', '/')}/__init__.py" in FILES else module.rpartition(".")[0]


def test_a_planted_circle_is_found() -> None:
    files = {
        "chatbot/core/a.py": "from chatbot.core import b",
        "chatbot/core/b.py": "def f():\n    from chatbot.core.c import x",
        "chatbot/core/c.py": "if TYPE_CHECKING:\n    import chatbot.core.a",
        "chatbot/core/d.py": "import chatbot.core.a",
    }
    assert circles(imported_files(files)) == [["chatbot.core.a", "chatbot.core.b", "chatbot.core.c"]]
