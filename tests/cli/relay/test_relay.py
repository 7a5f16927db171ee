"""The relay that is written runs in node, in front of the lab."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from chatbot.cli.relay.command import relay
from chatbot.cli.relay.files import Platform
from chatbot.core.errors import UsageError
from chatbot.lab.server.http import LabServer
from chatbot.terminal.notices import Notices
from tests.tables import cases, each

NODE = shutil.which("node")
TOKEN, KEY = "relay-token-0123456789abcdef", "sk-provider-0123456789abcdef"
MODELS = "markdown slow cut error-in-stream rate-limited wrong-key key-echo always-500 html-502 echo".split()
ASK = Path(__file__).with_name("ask.mjs")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def write(folder: Path, platform: Platform, *words: str) -> list[str]:
    told: list[str] = []
    relay([platform, str(folder), *words], Notices(told.append, str, colour=False))
    return told


@pytest.fixture(scope="module")
def node() -> Iterator[subprocess.Popen[str]]:
    """What asks relays; each is a module of its own, with variables of its own."""
    assert NODE
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([NODE, ASK], encoding="utf-8", bufsize=1, **pipes) as process:
        try:
            yield process
            assert process.communicate(timeout=50) == ("", "")
        finally:
            process.kill()


def ask(
    node: subprocess.Popen[str], folder: Path, platform: Platform, url: str, *asked: dict[str, Any]
) -> list[dict[str, Any]]:
    """What a written relay answers."""
    assert node.stdin and node.stdout
    models = [word for name in MODELS for word in ("-m", name)]
    write(
        folder, platform, "--base-url", url, "--provider", "openai", *models, "--max-tokens", "50", "--max-body", "2000"
    )
    module = folder / ("main.js" if platform == "deno" else "worker.js")
    (folder / "package.json").write_text('{"type": "module"}')
    secrets = {"RELAY_TOKEN": TOKEN, "PROVIDER_KEY": KEY}
    own = secrets if platform == "deno" else {**vars_of(folder), **secrets}
    node.stdin.write(json.dumps({"module": str(module), "env": own, "asked": asked}) + "\n")
    said = node.stdout.readline()
    assert KEY not in said
    found: list[dict[str, Any]] = json.loads(said)
    return found


def vars_of(folder: Path) -> dict[str, str]:
    import tomllib

    settings: dict[str, str] = tomllib.loads((folder / "wrangler.toml").read_text())["vars"]
    return settings


def question(model: str, **fields: Any) -> dict[str, Any]:
    return {"body": {"model": model, "messages": [{"role": "user", "content": "hi"}], **fields}}


@needs_node
@pytest.mark.parametrize("platform", ["cloudflare", "deno"])
def test_a_relay_gives_what_the_provider_gives_and_no_more(
    node: subprocess.Popen[str], tmp_path: Path, platform: Platform
) -> None:
    with LabServer(pace_s=0.02) as lab:
        stream = question("slow", stream=True)
        found = ask(
            node, tmp_path / "relay", platform, f"{lab.url}/v1",
            question("markdown"), stream, question("rate-limited"), question("wrong-key"), question("key-echo"),
            question("always-500"), question("html-502"), question("cut", stream=True),
            question("error-in-stream", stream=True), {"method": "GET", "path": "/v1/models"},
        )  # fmt: skip
        requests = list(lab.requests)
    whole, slow, limited, refused, echoed, broken, html, cut, in_stream, models = found
    assert whole["status"] == 200 and json.loads(whole["text"])["choices"][0]["message"]["content"].startswith("# A")
    assert slow["headers"]["content-type"].startswith("text/event-stream")
    assert slow["times"][0] * 3 < slow["times"][-1] and len(slow["times"]) > 5
    assert slow["text"].endswith("data: [DONE]\n\n")
    assert (limited["status"], limited["headers"]["retry-after"]) == (429, "1")
    assert limited["headers"]["x-request-id"].startswith("req_lab_")
    assert (refused["status"], "refused the relay" in refused["text"]) == (502, True)
    assert echoed["status"] == 200 and "x-request-id" not in echoed["headers"]
    assert (broken["status"], broken["headers"]["content-type"]) == (500, "application/json")
    assert (html["status"], html["headers"]["content-type"]) == (502, "text/html")
    assert cut["broke"] and "one word" not in cut["headers"]
    assert '"error"' in in_stream["text"]
    assert [model["id"] for model in json.loads(models["text"])["data"]] == MODELS
    assert all("access-control-allow-origin" not in each["headers"] for each in found)
    assert {request.headers["authorization"] for request in requests} == {f"Bearer {KEY}"}
    assert {request.json["max_completion_tokens"] for request in requests} == {50}


REFUSED = cases("""
    {"headers": {"authorization": ""}}                     | 401 | wants its token
    {"headers": {"authorization": "Bearer wrong"}}         | 401 | wants its token
    {"headers": {"authorization": "Bearer "}}              | 401 | wants its token
    {"path": "/v1/embeddings"}                             | 404 | has only
    {"path": "/"}                                          | 404 | has only
    {"method": "GET"}                                      | 405 | wants POST
    {"method": "OPTIONS"}                                  | 405 | wants POST
    {"raw": "no"}                                          | 400 | not a JSON object
    {"raw": "[]"}                                          | 400 | not a JSON object
    {"raw": ""}                                            | 400 | not a JSON object
    {"body": {"model": "guide", "messages": []}}           | 404 | it has: markdown, slow
    {"body": {"messages": []}}                             | 404 | it has: markdown, slow
    {"body": {"model": "echo", "n": 3}}                    | 400 | n is 1
    {"body": {"model": "echo", "service_tier": "x"}}       | 400 | the field service_tier
    {"body": {"model": "echo", "max_tokens": 0}}           | 400 | max_tokens wants
    {"body": {"model": "echo", "max_tokens": "9"}}         | 400 | max_tokens wants
    {"raw": "{\\\\"__proto__\\\\": {}}"}    | 400 | the field __proto__
    {"env": {"PROVIDER_KEY": ""}, "method": "GET", "path": "/v1/models"}      | 500 | PROVIDER_KEY is missing
    {"env": {"RELAY_TOKEN": "short"}, "method": "GET", "path": "/v1/models"}  | 500 | RELAY_TOKEN is too short
    {"env": {"MAX_TOKENS": "many"}, "method": "GET", "path": "/v1/models"}    | 500 | MAX_TOKENS
""")


@needs_node
def test_what_a_relay_does_not_allow_never_reaches_the_provider(node: subprocess.Popen[str], tmp_path: Path) -> None:
    long = {"raw": json.dumps({"model": "echo", "messages": "x" * 2000})}
    with LabServer() as lab:
        asked = [json.loads(words) for words, _, _ in REFUSED]
        found = ask(node, tmp_path / "relay", "cloudflare", f"{lab.url}/v1", *asked, long)
        assert lab.requests == []
    for came, (words, status, said) in zip(found[:-1], REFUSED, strict=True):
        assert (came["status"], came["headers"]["content-type"]) == (int(status), "application/json"), words
        assert said in json.loads(came["text"])["error"]["message"]
    assert found[-1]["status"] == 413
    assert found[0]["headers"]["www-authenticate"] == "Bearer"


@needs_node
def test_limits_hold_whatever_a_request_says_and_pages_ask_only_where_they_are_named(
    node: subprocess.Popen[str], tmp_path: Path
) -> None:
    page = {"origin": "https://app.example"}
    named = {"env": {"ALLOW_ORIGINS": "https://other.example, https://app.example"}, "headers": page}
    with LabServer() as lab:
        lab.will_answer(status=302, headers={"Location": f"{lab.url}/v1/elsewhere"}, body=b"")
        found = ask(
            node, tmp_path / "relay", "cloudflare", f"{lab.url}/v1",
            question("echo"), question("echo", max_tokens=9999),
            question("echo", max_tokens=7, max_completion_tokens=99),
            {**named, "method": "OPTIONS"}, {**named, **question("echo")}, {**question("echo"), "headers": page},
            {**question("echo"), "env": {"UPSTREAM": "http://127.0.0.1:9"}},
        )  # fmt: skip
        bodies = [request.json for request in lab.requests]
    redirected, *_, preflight, allowed, other, unreachable = found
    assert redirected["status"] == 502 and "redirect" in redirected["text"]
    assert "max_completion_tokens" not in bodies[1] and bodies[1]["max_tokens"] == 50
    assert (bodies[2]["max_tokens"], bodies[2]["max_completion_tokens"]) == (7, 50)
    assert preflight["status"] == 204 and "authorization" in preflight["headers"]["access-control-allow-headers"]
    assert allowed["headers"]["access-control-allow-origin"] == "https://app.example"
    assert other["status"] == 200 and "access-control-allow-origin" not in other["headers"]
    assert (unreachable["status"], "cannot be reached" in unreachable["text"]) == (502, True)


@contextmanager
def provider_that_waits(answers: bytes) -> Iterator[tuple[str, threading.Event]]:
    """Begins an answer, and never ends it; the event is set when its client has left."""
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(ConnectionResetError):
                connection.recv(65536)
                connection.sendall(answers)
                while connection.recv(65536):
                    pass
            left.set()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", left


@needs_node
@pytest.mark.parametrize("begins", [True, False])
def test_a_client_who_leaves_ends_the_request_to_the_provider(
    node: subprocess.Popen[str], tmp_path: Path, begins: bool
) -> None:
    answers = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {}\n\n" if begins else b""
    with provider_that_waits(answers) as (url, left):
        leaving = {"leaves_after_first": True} if begins else {"leaves_at": 500}
        [came] = ask(node, tmp_path / "relay", "cloudflare", url, {**question("slow", stream=True), **leaving})
        assert left.wait(5)
    assert came["broke"] == "AbortError" if begins else came["status"] == 499


def test_nothing_is_overwritten_and_no_secret_is_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    told = write(tmp_path / "a" / "relay", "deno", "-m", "openai/gpt-5.4", "-m", "gpt-5.4-mini")
    texts = {path.name: path.read_text() for path in (tmp_path / "a" / "relay").iterdir()}
    assert sorted(texts) == [".gitignore", "README.md", "deno.json", "main.js", "worker.js"]
    assert 'MODELS: "gpt-5.4,gpt-5.4-mini"' in texts["main.js"] and "api.openai.com" in texts["deno.json"]
    assert KEY not in "".join(texts.values()) and "README.md" in "".join(told)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "README.md").write_text("mine")
    with pytest.raises(UsageError, match=r"README.md is there already"):
        write(tmp_path / "b", "cloudflare", "-m", "openai/gpt-5.4")
    assert [path.read_text() for path in (tmp_path / "b").iterdir()] == ["mine"]


@each(
    ("words", "said"),
    cases("""
        --max-tokens 5 | which service
        -m anthropic/claude-5 | does not speak Chat Completions
        -m openai/a -m groq/b | not for openai and groq
        --provider azure -m x | where Azure OpenAI is
        --provider nobody -m x | nobody
        --provider openrouter -m a,b | has a comma
    """),
)
def test_what_cannot_be_relayed_is_said(tmp_path: Path, words: str, said: str) -> None:
    from chatbot.core.errors import ChatError

    with pytest.raises(ChatError, match=said):
        write(tmp_path / "relay", "deno", *words.split())
    assert not (tmp_path / "relay").exists()
