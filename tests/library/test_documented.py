"""Every example of docs/library.md runs, against the lab; and what the package promises of its names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import chatbot
from chatbot.lab.server.http import LabServer

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "library.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
PRINTED = [
    "complete Usage(",
    "\ncomplete\n",
    "['One?', 'Two?', 'Three?']",
    "['one', 'two', 'three', 'four', 'five']",
    "Pick a number. Twice that?\n",
    "200 None\n200 chatbot; hit; ttl=",
    "hello\nhello",
    "200\n",
    "Bearer (hidden)",
    "openai hello\nanthropic hello\ngemini hello\n",
    "{'hits': 1, 'misses': 1, 'hit_rate': 0.5, 'cache_size': 1, 'ttl_seconds': 300}",
]


@pytest.mark.parametrize(("code", "printed"), list(zip(EXAMPLES, PRINTED, strict=True)))
def test_each_example_runs_as_it_stands(
    server: LabServer, capsys: pytest.CaptureFixture[str], code: str, printed: str
) -> None:
    code = re.sub("gpt-5-mini|claude-haiku-4-5|gemini-2.5-flash", "echo", code)  # the lab has other models
    exec(compile(code, "docs/library.md", "exec"), {"__name__": "example"})
    assert printed in capsys.readouterr().out
    assert server.requests


def test_every_class_has_an_example() -> None:
    shown = set(re.findall(r"\w+", " ".join(re.findall(r"from chatbot import (.*)", TEXT))))
    assert {name for name in chatbot.__all__ if name[0].isupper()} - shown == {"Answer", "RequestLog"}
    assert "answer = chat.ask(" in TEXT and "for log in client.get_logs()" in TEXT


def test_each_name_is_there_when_it_is_asked_for_and_no_other() -> None:
    for name in chatbot.__all__:
        assert getattr(chatbot, name).__module__.startswith("chatbot.") if name[0].isupper() else chatbot.__version__
        assert name in dir(chatbot)
    with pytest.raises(AttributeError, match="module 'chatbot' has no attribute 'Nothing'"):
        chatbot.Nothing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError):
        exec("from chatbot import Nothing")


def test_a_type_checker_knows_the_names(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from chatbot import Chat, Incomplete, RetryConfig, RetryableHTTPClient\n"
        "reveal_type(Chat('openai/m').ask('hi').text)\n"
        "RetryableHTTPClient('http://127.0.0.1', {}, RetryConfig(max_retries='3'))\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", str(program)]  # with the cache of the checks, if it is there
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=55)
    assert 'Revealed type is "str"' in done.stdout.replace("builtins.", "")
    assert done.stdout.count("error:") == 1 and '"RetryConfig" has incompatible type "str"' in done.stdout
