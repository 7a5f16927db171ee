"""In processes of their own: what is loaded once cannot be unloaded."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

LOAD = "import sys\nfrom chatbot.outside.http import lean_requests\nlean_requests.load()\n"

# Each line is a script for a process that has loaded it and nothing else; behind what that prints comes how it ended.
FORKS = """
import json, os
for line in sys.stdin:
    if not os.fork():
        exec(json.loads(line))
        sys.exit()
    print(os.wait()[1], END, sep="", flush=True)
"""
END = " is how it ended"


def printed(script: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def loaded() -> Iterator[subprocess.Popen[str]]:
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-W", "error", "-c", f"{LOAD}END = {END!r}\n{FORKS}"]
    with subprocess.Popen(command, encoding="utf-8", bufsize=1, **pipes) as process:
        yield process
        assert process.communicate(timeout=20) == ("", "")


def printed_after(loaded: subprocess.Popen[str], script: str) -> str:
    """What the script prints where that is loaded, and nothing else."""
    assert loaded.stdin and loaded.stdout
    loaded.stdin.write(json.dumps(script) + "\n")
    said = ""
    while not said.endswith(f"{END}\n") and (line := loaded.stdout.readline()):
        said += line
    assert said.endswith(f"0{END}\n")
    return said.removesuffix(f"0{END}\n")


def test_requests_is_loaded_without_the_character_detector(loaded: subprocess.Popen[str]) -> None:
    script = "print('requests' in sys.modules, [n for n in sys.modules if n.startswith(('chardet', 'charset_norm'))])"
    assert printed_after(loaded, script) == "True []\n"


def test_the_detector_can_still_be_imported_afterwards(loaded: subprocess.Popen[str]) -> None:
    assert (
        printed_after(loaded, "import charset_normalizer\nprint(charset_normalizer.__name__)") == "charset_normalizer\n"
    )


def test_a_detector_that_is_already_there_stays() -> None:
    script = (
        "import sys, charset_normalizer\n" + LOAD + "print(sys.modules['charset_normalizer'] is charset_normalizer)"
    )
    assert printed(script) == "True\n"


def test_urllib3_gets_the_metadata_of_packages_when_it_asks_for_them(loaded: subprocess.Popen[str]) -> None:
    script = """
print("importlib.metadata" in sys.modules)
import urllib3.http2
from importlib.metadata import version
print(urllib3.http2.version("urllib3") == version("urllib3"))
"""
    assert printed_after(loaded, script) == "False\nTrue\n"


def test_requests_that_is_already_there_is_left_alone() -> None:
    assert printed("import sys, requests\n" + LOAD + "print(sys.modules['requests'] is requests)") == "True\n"


def test_an_answer_is_read_without_it(loaded: subprocess.Popen[str]) -> None:
    script = """
from chatbot.core.request import HttpRequest
from chatbot.lab.server.http import LabServer
from chatbot.outside.http.transport import LiveTransport
with LabServer() as lab:
    response = LiveTransport({})(HttpRequest("GET", lab.url + "/v1/models", {}))
    body = b"".join(response.chunks)
print(response.status, b'"guide"' in body)
"""
    assert printed_after(loaded, script) == "200 True\n"


def test_what_was_left_out_is_there_for_whoever_wants_it(loaded: subprocess.Popen[str]) -> None:
    script = """
import calendar, idna, traceback, zipfile, email.header, email.message, logging, http.cookiejar, requests
print(calendar.timegm((1970, 1, 2, 0, 0, 0)), idna.encode("bücher.de"), zipfile.is_zipfile("none"))
print(email.header.Header("ü", "utf-8").encode(), http.cookiejar.http2time("Thu, 01 Jan 1970 00:01:00 GMT"))
print(requests.Request("GET", "http://bücher.example/ä?ö").prepare().url)
try:
    1 / 0
except ZeroDivisionError:
    print(logging.Formatter().formatException(sys.exc_info()).splitlines()[-1])
"""
    assert printed_after(loaded, script).splitlines() == [
        "86400 b'xn--bcher-kva.de' False",
        "=?utf-8?b?w7w=?= 60.0",
        "http://xn--bcher-kva.example/%C3%A4?%C3%B6",
        "ZeroDivisionError: division by zero",
    ]


def test_no_library_hands_a_late_pattern_to_the_module_of_patterns(loaded: subprocess.Popen[str]) -> None:
    script = r"""
import ast, pathlib
loaded = [module for module in list(sys.modules.values()) if getattr(module, "re", None) is not None]
late = {(m.__name__, n) for m in loaded for n, v in vars(m).items() if type(v).__name__ == "LatePattern"}
uses = set()
for name in {name for name, _ in late}:
    for node in ast.walk(ast.parse(pathlib.Path(sys.modules[name].__file__).read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "re":
            first = node.args[0]
            if node.func.attr != "compile" and isinstance(first, ast.Name) and (name, first.id) in late:
                uses.add((name, first.id))
print(len(late) > 20, uses)
"""
    assert printed_after(loaded, script) == "True set()\n"
