"""In processes of their own: what is loaded once cannot be unloaded."""

import subprocess
import sys


def printed(script: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


LOAD = "import sys\nfrom chatbot.outside.http import lean_requests\nlean_requests.load()\n"


def test_requests_is_loaded_without_the_character_detector() -> None:
    script = "print('requests' in sys.modules, [n for n in sys.modules if n.startswith(('chardet', 'charset_norm'))])"
    assert printed(LOAD + script) == "True []\n"


def test_the_detector_can_still_be_imported_afterwards() -> None:
    assert printed(LOAD + "import charset_normalizer\nprint(charset_normalizer.__name__)") == "charset_normalizer\n"


def test_a_detector_that_is_already_there_stays() -> None:
    script = (
        "import sys, charset_normalizer\n" + LOAD + "print(sys.modules['charset_normalizer'] is charset_normalizer)"
    )
    assert printed(script) == "True\n"


def test_urllib3_gets_the_metadata_of_packages_when_it_asks_for_them() -> None:
    script = """
print("importlib.metadata" in sys.modules)
import urllib3.http2
from importlib.metadata import version
print(urllib3.http2.version("urllib3") == version("urllib3"))
"""
    assert printed(LOAD + script) == "False\nTrue\n"


def test_requests_that_is_already_there_is_left_alone() -> None:
    assert printed("import sys, requests\n" + LOAD + "print(sys.modules['requests'] is requests)") == "True\n"


def test_an_answer_is_read_without_it() -> None:
    script = """
from chatbot.core.request import HttpRequest
from chatbot.lab.server.http import LabServer
from chatbot.outside.http.transport import LiveTransport
with LabServer() as lab:
    response = LiveTransport({})(HttpRequest("GET", lab.url + "/v1/models", {}))
    body = b"".join(response.chunks)
print(response.status, b'"guide"' in body)
"""
    assert printed(LOAD + script) == "200 True\n"


def test_what_was_left_out_is_there_for_whoever_wants_it() -> None:
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
    assert printed(LOAD + script).splitlines() == [
        "86400 b'xn--bcher-kva.de' False",
        "=?utf-8?b?w7w=?= 60.0",
        "http://xn--bcher-kva.example/%C3%A4?%C3%B6",
        "ZeroDivisionError: division by zero",
    ]


def test_no_library_hands_a_late_pattern_to_the_module_of_patterns() -> None:
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
    assert printed(LOAD + script) == "True set()\n"
