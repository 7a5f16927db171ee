"""`chat serve` and `chat lab proxy` as programs of their own, and what they leave behind."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import requests

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEY, KEYS, environment, run

HELLO = [{"role": "user", "content": "hello there"}]


class Served:
    """A server that runs: where it is, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self.process = process
        self._said = io.TextIOWrapper(said)
        self.lines: list[str] = []
        self.read_until("http://127.0.0.1:")

    def read_until(self, words: str) -> str:
        for line in self._said:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError(f"{words} is not in {self.lines}")

    @property
    def url(self) -> str:
        found = re.search(r"(http://127\.0\.0\.1:\d+)(?=/v1| )", "".join(self.lines))
        assert found
        return found[1]

    def ask(self, model: str, token: str = "any", **body: object) -> requests.Response:
        return requests.post(
            f"{self.url}/v1/chat/completions",
            json={"model": model, "messages": HELLO, **body},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )

    def ends(self) -> str:
        """What it said to its end, after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        rest = self._said.read()
        assert self.process.wait(10) == 0
        return "".join(self.lines) + rest


@contextmanager
def serving(*words: str, home: Path, **variables: str) -> Iterator[Served]:
    env = environment(home, **variables)
    pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with forked.start([*CHAT, *words, "--port", "0"], env, home, **pipes) as child:
        assert child.stderr
        try:
            yield Served(child, child.stderr)
        finally:
            child.kill()


def test_a_program_that_speaks_to_openai_is_answered_by_any_provider(server: LabServer, tmp_path: Path) -> None:
    at = {"OPENAI_BASE_URL": f"{server.url}/v1", "ANTHROPIC_BASE_URL": server.url}
    with serving("serve", "-m", "openai/echo", "--token", "-v", home=tmp_path, **KEYS, **at) as served:
        served.read_until("the token, shown this once, is")
        token = served.read_until("      ").strip()
        assert served.ask("chat", "wrong").status_code == 401
        assert served.ask("chat", token).json()["choices"][0]["message"]["content"] == "hello there"
        assert "[DONE]" in served.ask("anthropic/echo", token, stream=True).text
        hanging = requests.post(
            f"{served.url}/v1/chat/completions",
            json={"model": "openai/hang-in-stream", "messages": HELLO, "stream": True},
            headers={"Authorization": f"Bearer {token}"},
            stream=True,
            timeout=10,
        )
        pieces = hanging.iter_content(1)
        next(pieces)
        told = served.ends()
        with pytest.raises(requests.exceptions.ChunkedEncodingError):  # the server was ended in the middle
            list(pieces)
    assert told.count(token) == 1
    assert "serves at http://127.0.0.1:" in told
    assert "anthropic: anthropic format" in told
    assert "Traceback" not in told
    assert KEY not in told
    ledger = run("ledger", home=tmp_path)
    assert re.search(r"127\.0\.0\.1 .* 3 .* serve\n", ledger.text)


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (("serve",), ("lab", "proxy")):
            result = run(*words, "-m", "lab/echo", "--port", port, home=tmp_path)
            assert result.err == (
                f"chat: port {port} cannot be used: address already in use\n      Choose another with --port.\n"
            )
            assert (result.code, result.out) == (78, b"")


def test_a_program_meets_the_fault_once_and_then_the_real_answer(server: LabServer, tmp_path: Path) -> None:
    words = ["lab", "proxy", "-m", "openai/gpt", "--fault", "cut@event:2", "--times", "1"]
    with serving(*words, home=tmp_path, OPENAI_BASE_URL=f"{server.url}/v1") as proxy:
        assert f"/v1 in place of {server.url}/v1" in proxy.lines[-1]
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            proxy.ask("echo", KEY, stream=True)
        assert "[DONE]" in proxy.ask("echo", KEY, stream=True).text
        told = proxy.ends()
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert re.search("bytes, cut, .*\nPOST /v1/chat/completions 200 .* bytes, to its end, ", told)
    assert KEY not in told
