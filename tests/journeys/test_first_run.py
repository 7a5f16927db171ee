"""Nothing is set up: a person at a terminal is asked how to begin, and each way leads on."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import environment, run
from tests.outside.wire import answer, says, wire
from tests.tables import each
from tests.terminal.watched import Watched

KEY = "sk-proj-0123456789abcdefghijKLMNOP"
SIZES = [80, 40]
LEFT = "nothing is set up yet; there are three ways to begin:"


class Newcomer(Watched):
    """Somebody who runs chat for the first time. `urls` are where services are."""

    def __init__(
        self, home: Path, *words: str, columns: int = 80, urls: dict[str, str] | None = None, **env: str
    ) -> None:
        self.home = home
        argv = ["-m", "tests.journeys.moved", json.dumps(urls or {}), *words]
        env = environment(home, **{"TERM": "xterm-256color", **env})
        child = forked.start_on_terminal(argv, env, home, dimensions=(40, columns), timeout=10)
        super().__init__(child, columns, 40)

    @property
    def text(self) -> str:
        """What the screen shows, as if it had no rows."""
        return " ".join(" ".join(self.screen.rows).split())

    def sees(self, text: str) -> None:
        self.wait_for(lambda: text in self.text)

    def types(self, text: str, after: str) -> None:
        self.sees(after)
        self.wait_for(self._waits)  # a signal just before it reads would be heard at the next key only
        self.child.send(text)

    def _waits(self) -> bool:
        """Whether the process sleeps, as far as the system tells."""
        state = Path(f"/proc/{self.child.pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "S"

    @property
    def kept(self) -> dict[str, str]:
        folder = self.home / ".config" / "chat"
        return {path.name: path.read_text() for path in folder.glob("*.toml")} if folder.exists() else {}


@each("columns", SIZES)
@each("key", ["\x03", "\x04"])
def test_who_leaves_gets_the_plain_words_and_nothing_is_kept(columns: int, key: str, tmp_path: Path) -> None:
    person = Newcomer(tmp_path, "Why?", columns=columns)
    person.types(key, "1, 2 or 3 (Ctrl-C leaves):")
    assert person.leave() == 78
    assert LEFT in person.text and person.kept == {}
    assert all(len(row) <= columns for row in person.screen.rows)


@pytest.mark.parametrize("columns", SIZES)
def test_it_is_one_screen_and_without_colours_where_none_are_wanted(columns: int, tmp_path: Path) -> None:
    person = Newcomer(tmp_path, "Why?", columns=columns, NO_COLOR="1")
    person.sees("1, 2 or 3 (Ctrl-C leaves):")
    assert "Nothing is set up yet; choose one:" in person.text
    assert b"\x1b" not in person.seen
    assert len([row for row in person.screen.rows if row.strip()]) <= 12
    person.child.send("\x03")
    assert person.leave() == 78


@pytest.mark.parametrize("columns", SIZES)
def test_a_key_is_not_shown_but_tested_kept_and_leads_to_the_answer(
    server: LabServer, columns: int, tmp_path: Path
) -> None:
    server.will_answer(text="Because.")
    person = Newcomer(tmp_path, "Why?", columns=columns, urls={"openai": f"{server.url}/v1"})
    person.types("1\r", "(Ctrl-C leaves):")
    person.types(f"{KEY}\r", "The key (not shown")
    person.types("\r", "Keep it in ~/.config/chat/keys.toml?")
    assert person.leave() == 0
    assert "Because." in person.text
    assert KEY.encode() not in person.seen
    file = tmp_path / ".config" / "chat" / "keys.toml"
    assert KEY in file.read_text() and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "OPENAI_API_KEY is kept in ~/.config/chat/keys.toml" in person.text
    assert [request.path for request in server.requests] == ["/v1/models", "/v1/chat/completions"]
    assert all(KEY in str(request.headers) for request in server.requests)


def test_a_key_for_this_run_only_is_kept_nowhere(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="Because.")
    person = Newcomer(tmp_path, "Why?", urls={"openai": f"{server.url}/v1"})
    person.types("1\r", "(Ctrl-C leaves):")
    person.types(f"{KEY}\r", "The key (not shown")
    person.types("n\r", "Keep it in")
    assert person.leave() == 0
    assert "Because." in person.text and "kept nowhere" in person.text and person.kept == {}


def test_a_key_that_tells_no_service_is_asked_about_and_goes_to_that_one_alone(
    server: LabServer, tmp_path: Path
) -> None:
    with wire(says(answer(b"{}"))) as other:
        urls = {"mistral": f"{server.url}/v1", "openai": other.url, "anthropic": other.url}
        person = Newcomer(tmp_path, "Why?", urls=urls)
        person.types("1\r", "(Ctrl-C leaves):")
        person.types("0123456789abcdefghijKLMNOP\r", "The key (not shown")
        person.types("mistal\r", "Which service is it for?")
        person.sees("did you mean mistral?")
        person.types("mistral\r", "Which service is it for?")
        person.types("n\r", "Keep it in")
        person.leave()
    assert other.connections == 0 and server.requests[0].path == "/v1/models"


def test_a_key_that_is_rejected_is_not_kept_and_another_way_can_be_taken(tmp_path: Path) -> None:
    with wire(says(answer(b'{"error": {"message": "bad key"}}', status="401 Unauthorized"))) as other:
        person = Newcomer(tmp_path, "how do I begin?", urls={"anthropic": other.url})
        person.types("1\r", "(Ctrl-C leaves):")
        person.types("sk-ant-0123456789abcdefghij\r", "The key (not shown")
        person.sees("Anthropic does not take the key")
        person.wait_for(lambda: person.text.count("(Ctrl-C leaves):") == 2)
        person.child.send("3\r")
        assert person.leave() == 0
    assert person.kept == {} and len(other.heard) == 1 and b"x-api-key: sk-ant-" in other.heard[0]


def test_a_key_that_cannot_be_tested_may_be_kept_all_the_same(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    person = Newcomer(tmp_path, "Why?", "--max-retries", "0", urls={"openai": url})
    person.types("1\r", "(Ctrl-C leaves):")
    person.types(f"{KEY}\r", "The key (not shown")
    person.sees("it could not be told whether OpenAI takes the key (unreachable)")
    person.types("y\r", "Keep it in")
    assert person.leave() == 69
    assert KEY in person.kept["keys.toml"]


@pytest.mark.parametrize("typed", ["\r", "two words\r"])
def test_what_is_no_key_leads_back(typed: str, tmp_path: Path) -> None:
    person = Newcomer(tmp_path, "Why?")
    person.types("1\r", "(Ctrl-C leaves):")
    person.types(typed, "The key (not shown")
    person.wait_for(lambda: person.text.count("(Ctrl-C leaves):") == 2)
    person.child.send("\x04")
    assert person.leave() == 78


def test_ctrl_c_at_the_key_leaves_and_the_echo_is_on_again(tmp_path: Path) -> None:
    person = Newcomer(tmp_path, "Why?")
    person.types("1\r", "(Ctrl-C leaves):")
    person.types("\x03", "The key (not shown")
    assert person.leave() == 78
    assert LEFT in person.text


@pytest.mark.parametrize("columns", SIZES)
def test_a_local_server_that_listens_is_offered_and_remembered(server: LabServer, columns: int, tmp_path: Path) -> None:
    server.will_answer(text="Because.")
    urls = {"ollama": f"{server.url}/v1"}
    person = Newcomer(tmp_path, "Why?", columns=columns, urls=urls)
    person.types("2\r", "use Ollama, which runs on this computer")
    assert person.leave() == 0
    assert "Because." in person.text and "Ollama answers with" in person.text
    assert person.kept == {"config.toml": 'provider = "ollama"\n'}
    assert "provider = ollama is kept in" in person.text

    server.will_answer(text="Again.")
    again = Newcomer(tmp_path, "Why?", columns=columns, urls=urls)
    assert again.leave() == 0
    assert "Again." in again.text and "Ctrl-C leaves" not in again.text


def test_a_local_server_without_a_model_leads_back(tmp_path: Path) -> None:
    with wire(says(answer(b'{"data": []}'))) as empty:
        person = Newcomer(tmp_path, "Why?", urls={"lmstudio": empty.url})
        person.types("2\r", "use LM Studio")
        person.sees("LM Studio runs, and has no model yet")
        person.wait_for(lambda: person.text.count("(Ctrl-C leaves):") == 2)
        person.child.send("\x03")
        assert person.leave() == 78
    assert person.kept == {}


def test_a_server_that_is_started_meanwhile_is_found(server: LabServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    person = Newcomer(tmp_path, "Why?", urls={"ollama": f"http://127.0.0.1:{port}/v1"})
    person.types("2\r", "start Ollama, LM Studio or llama.cpp, then choose this")
    person.wait_for(lambda: person.text.count("(Ctrl-C leaves):") == 2)
    with socket.create_server(("127.0.0.1", port)):
        person.child.send("2\r")
        person.sees("use Ollama, which runs on this computer")
    person.child.send("\x03")
    assert person.leave() == 78


def test_the_lab_answers_and_nothing_is_kept(tmp_path: Path) -> None:
    person = Newcomer(tmp_path, "how do I begin?")
    person.types("7\rx\r3\r", "(Ctrl-C leaves):")
    assert person.leave() == 0
    assert "chat" in person.text and person.kept == {}


def test_without_a_question_each_way_leads_into_the_session(server: LabServer, tmp_path: Path) -> None:
    person = Newcomer(tmp_path, urls={"ollama": f"{server.url}/v1"})
    person.types("2\r", "use Ollama")
    person.wait_for(lambda: b"\x1b[?2004h" in person.seen)
    person.child.send("\x04")
    assert person.leave() == 0


def test_where_nobody_can_be_asked_the_plain_words_are_all(tmp_path: Path) -> None:
    done = run("Why?", home=tmp_path)
    assert done.code == 78 and LEFT in done.err and "Ctrl-C" not in done.err and done.out == b""
    assert run(home=tmp_path, stdin=b"Why?").code == 78


def test_who_names_a_service_without_a_key_is_told_of_that_key(tmp_path: Path) -> None:
    person = Newcomer(tmp_path, "-m", "gpt-5", "Why?")
    assert person.leave() == 78
    assert "there is no key for OpenAI" in person.text and "Ctrl-C leaves" not in person.text
