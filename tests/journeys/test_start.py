"""What is loaded, and when: the request leaves before anything slow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEYS, at, environment, run, run_code

SLOW = (
    "rich markdown_it pygments prompt_toolkit PIL asyncio sqlite3 dotenv pydantic tomllib tomlkit platformdirs".split()
)

# Prints, when the request is about to be sent, which of the slow modules are loaded; and again at the end.
WATCH = """
import sys
from chatbot.outside.http import lean_requests
lean_requests.load()
import requests
loaded = lambda: [name for name in {slow} if name in sys.modules]
send = requests.Session.send
def watched(self, *args, **kwargs):
    at_request.extend(loaded())
    return send(self, *args, **kwargs)
requests.Session.send = watched
at_request = []
from chatbot.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write(f"{{at_request}} {{loaded()}} {{code}}")
"""


def watch(home: Path, *words: str) -> str:
    return run_code(WATCH.format(slow=SLOW), *words, home=home, **KEYS).err


def test_a_piped_answer_that_is_not_kept_loads_nothing_slow_at_all(server: LabServer, tmp_path: Path) -> None:
    assert watch(tmp_path, *at(server.url), "-m", "echo", "-n", "hi") == "[] [] 0"


def test_the_history_is_opened_after_the_request_has_left(server: LabServer, tmp_path: Path) -> None:
    assert watch(tmp_path, *at(server.url), "-m", "echo", "hi") == "[] ['sqlite3'] 0"


def test_without_a_file_of_keys_one_stat_is_all_it_costs(server: LabServer, tmp_path: Path) -> None:
    code = """
import sys
from chatbot.cli.main import main
looked = []
sys.addaudithook(lambda event, args: looked.append(str(args[0])) if event in ("open", "os.listdir") else None)
stat = __import__("pathlib").Path.stat
__import__("pathlib").Path.stat = lambda self, **how: looked.append(f"stat {self}") or stat(self, **how)
code = main(sys.argv[1:])
keys = [path for path in looked if "keys.toml" in path]
sys.stderr.write(f"{keys} {[name for name in ('tomllib', 'tomlkit', 'platformdirs') if name in sys.modules]} {code}")
"""
    told = run_code(code, *at(server.url), "-m", "echo", "-n", "hi", home=tmp_path, **KEYS).err
    assert told == f"['stat {tmp_path}/.config/chat/keys.toml'] [] 0"


def test_a_dotenv_file_loads_its_reader_and_nothing_else(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHAT_MODEL=echo\n")
    assert watch(tmp_path, *at(server.url), "-m", "echo", "-n", "hi") == "['dotenv'] ['dotenv'] 0"


def test_a_settings_file_of_plain_lines_loads_no_parser_of_toml(server: LabServer, tmp_path: Path) -> None:
    file = tmp_path / ".config" / "chat" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('# mine\ntemperature = 0.2 # low\n[models."openai/echo"]\nstop = ["a", "b"]\n')
    file.chmod(0o600)
    assert watch(tmp_path, *at(server.url), "-m", "echo", "-n", "hi") == "[] [] 0"
    assert json.loads(server.requests[0].body)["stop"] == ["a", "b"]
    file.write_text("temperature = 2e-1\nstop = ['a']\n")
    assert watch(tmp_path, *at(server.url), "-m", "echo", "-n", "hi") == "['tomllib'] ['tomllib'] 0"


def _modules(home: Path, *words: str) -> list[str]:
    code = "import sys; from chatbot.cli.main import main; main(sys.argv[1:]); sys.stderr.write(' '.join(sys.modules))"
    return run_code(code, *words, home=home).err.split()


def test_help_and_version_load_neither_the_network_nor_the_screen(tmp_path: Path) -> None:
    for word in ("--help", "--version"):
        loaded = _modules(tmp_path, word)
        assert not {"requests", "urllib3", "rich", "importlib.metadata", *SLOW} & set(loaded), word


def test_the_package_itself_is_nearly_empty(tmp_path: Path) -> None:
    code = "import sys; before = set(sys.modules); import chatbot; print(sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(tmp_path), cwd=tmp_path, check=True
    )
    assert done.stdout.decode().strip() == "['chatbot']"


def test_help_is_plain_and_names_every_flag_once(tmp_path: Path) -> None:
    result = run("--help", home=tmp_path)
    assert result.code == 0
    assert not set("│╭─\x1b") & set(result.text)
    assert "--api-key" not in result.text
    for flag in "--model --provider --system --file --image --option --base-url --json --usage --no-log".split():
        assert flag in result.text


def test_the_version_is_printed(tmp_path: Path) -> None:
    from chatbot import __version__

    assert run("--version", home=tmp_path).text == f"chat {__version__}\n"
    assert run("-V", home=tmp_path).text == f"chat {__version__}\n"


def test_nothing_is_written_anywhere_when_nothing_is_to_be_kept(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "-n", "hi", home=tmp_path, **KEYS)
    run(*at(server.url), "-m", "echo", "hi", home=tmp_path, CHAT_NO_LOG="1", **KEYS)
    assert list(tmp_path.iterdir()) == []


def test_a_prompt_stands_before_the_network_the_history_and_the_wire_formats_are_loaded(tmp_path: Path) -> None:
    loaded = {
        "chatbot.cli.main",
        "chatbot.cli.chat.command",
        "chatbot.cli.ask.answer",
        "chatbot.cli.ask.repl",
        "chatbot.terminal.input.prompt",
    }
    code = f"import sys, {', '.join(sorted(loaded))}; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(tmp_path), cwd=tmp_path, check=True
    )
    late = {
        "requests",
        "rich",
        "sqlite3",
        "json",
        "platformdirs",
        "chatbot.core.conversations.stored",
        "chatbot.providers.wires.base",
    }
    assert not late & set(done.stderr.decode().split())
