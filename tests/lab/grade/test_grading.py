"""The engine on real programs: small clients that are told where the lab is, and some that do what they should not."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatbot.core.errors import Cancelled
from chatbot.lab.grade.cases import CASE_BY_NAME, CASES
from chatbot.lab.grade.client import Client, Place, environment_for, words_for
from chatbot.lab.grade.grading import Case, Graded, Mark, NothingAsked, grade
from chatbot.lab.grade.observation import Found, Observation, passed
from chatbot.outside.processes.running import Limits
from tests.processes import TOLD, runs

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups")
# No site-packages: a client starts in a moment.
PYTHON = (sys.executable, "-I", "-S")
CLIENT = """
import json, os, _socket, sys  # http.client and socket take longer to load than the rest
def ask(url, path, headers, body):
    host, port = url.split("/")[2].split(":")
    sent = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": len(sent), "Host": host, **headers}
    lines = [f"POST {path} HTTP/1.0", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    connection = _socket.socket(_socket.AF_INET)
    connection.settimeout(10)
    connection.connect((host, int(port)))
    connection.sendall("\\r\\n".join(lines).encode() + sent)
    came = b""
    while part := connection.recv(65536):
        came += part
    return json.loads(came.partition(b"\\r\\n\\r\\n")[2])
question = [{"role": "user", "content": sys.argv[1] if len(sys.argv) > 1 else sys.stdin.read()}]
if "ANTHROPIC_BASE_URL" in os.environ:
    headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"]}
    answer = ask(os.environ["ANTHROPIC_BASE_URL"], "/v1/messages", headers,
                 {"model": "m", "max_tokens": 9, "messages": question})
    print(answer["content"][0]["text"])
else:
    answer = ask(os.environ["OPENAI_BASE_URL"], "/v1/chat/completions",
                 {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}, {"model": "m", "messages": question})
    print(answer["choices"][0]["message"]["content"])
"""
SHORT = Limits(1.0, 100_000)


def graded(client: Client, *names: str, **more: object) -> Graded:
    return grade(client, [CASE_BY_NAME[name] for name in names], **more)  # type: ignore[arg-type]


def test_a_client_is_asked_on_the_wires_it_speaks_and_each_case_is_judged(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(CLIENT)
    told: list[tuple[int, int]] = []
    names = ("answer", "hard-question", "stdin", "key-in-header", "key-not-in-words", "status-401", "crlf", "retry-500")
    found = graded(
        Client((*PYTHON, "client.py", "{question}"), tmp_path),
        *names,
        tell=lambda done, total: told.append((done, total)),
    )
    assert found.wires == ("openai", "anthropic")
    verdicts = {(mark.case.name, mark.wire): mark.verdict for mark in found.marks}
    assert [name for name, wire in verdicts if wire == "openai"] == list(names)
    for wire in found.wires:
        here = {name: verdict for (name, on), verdict in verdicts.items() if on == wire}
        words = here.pop("key-not-in-words")
        assert words == "pass" if TOLD else words == "n/a"
        assert here == {
            "answer": "pass",
            "hard-question": "pass",
            "stdin": "pass",
            "key-in-header": "pass",
            "status-401": "fail",
            "crlf": "n/a",
            "retry-500": "fail",
        }
    assert found.score == 100 * found.count("pass") // (found.count("pass") + found.count("fail"))
    assert told[-1] == (8, 8) and found.runs == 11


def test_a_question_without_a_placeholder_is_piped_in_and_a_wire_can_be_named(tmp_path: Path) -> None:
    client = Client((*PYTHON, "-c", CLIENT), tmp_path)
    found = graded(client, "answer", "hard-question", "stdin", wires=("openai",))
    assert [(mark.wire, mark.verdict) for mark in found.marks] == [("openai", "pass")] * 3


@pytest.mark.skipif(not TOLD, reason="only Linux tells the tree of processes")
def test_what_runs_on_is_found_and_ended(tmp_path: Path) -> None:
    script = f'\'{sys.executable}\' -I -S -c "$0" "$1"; sleep 303 & setsid sleep 304 & exit 0'
    client = Client(("sh", "-c", script, CLIENT, "{question}"), tmp_path)
    found = graded(client, "answer", "nothing-left", wires=("openai",))
    assert [mark.verdict for mark in found.marks] == ["pass", "fail"]
    assert not runs("sleep", "303") and not runs("sleep", "304")


def test_a_command_that_is_none_hangs_or_floods_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        graded(Client(("./no-such-client",), tmp_path), "answer")

    def refused(*command: str, **more: object) -> Observation:
        with pytest.raises(NothingAsked) as caught:
            graded(Client(command, tmp_path), "answer", **{"limits": SHORT, **more})
        return caught.value.seen

    stays = (*PYTHON, "-c", f"{CLIENT}\nimport time\ntime.sleep(308)", "{question}")
    with ThreadPoolExecutor() as at_once:
        hung, floods = at_once.submit(refused, "sleep", "305"), at_once.submit(refused, "yes")
        stayed = at_once.submit(refused, *stays, wires=("openai",), limits=Limits(3.0, 100_000)).result()
    assert hung.result().run.ended == "too long"
    assert floods.result().run.ended == "too much"
    assert stayed.asked and stayed.run.ended == "too long"


def test_a_case_that_wants_more_has_it_played_until_it_is_enough(tmp_path: Path) -> None:
    def judge(*seen: Observation) -> Found:
        return passed(f"{[len(each.asked) for each in seen]}")

    more = ("one-more-500", "one-more-busy")
    case = Case("x", "x", "x", "x", ("always-busy",), judge, more=more, wants_more=lambda *seen: len(seen) < 5)
    found = grade(Client((*PYTHON, "-c", CLIENT, "{question}"), tmp_path), [case], wires=("openai",))
    assert [mark.seen for mark in found.marks] == [f"{[1] * 9}"] and found.runs == 10


def test_a_wire_that_was_named_and_is_not_spoken_is_told(tmp_path: Path) -> None:
    client = Client((*PYTHON, "-c", CLIENT, "{question}"), tmp_path)
    with pytest.raises(NothingAsked) as untold:
        graded(client, "answer", wires=("openai", "gemini"))
    assert (untold.value.seen.wire, untold.value.seen.asked) == ("gemini", ())


def test_once_it_is_stopped_nothing_runs_on(tmp_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began_s = time.monotonic()
    with pytest.raises(Cancelled):
        graded(Client(("sleep", "306"), tmp_path), "answer", wires=("openai",), stop=stop)
    assert time.monotonic() - began_s < 10
    assert not runs("sleep", "306")


def test_a_client_gets_an_empty_home_the_lab_and_no_key_of_the_person(tmp_path: Path) -> None:
    person = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "OPENAI_API_KEY": "sk-real",
        "AWS_SECRET": "s",
        "HTTPS_PROXY": "http://p",
    }
    place = Place("anthropic", "http://127.0.0.1:1", "sk-lab-1", "why?")
    client = Client(("client", "--url={base_url}", "{model} {other}", "{question}", "{key}"), tmp_path, {"MORE": "1"})
    found = environment_for(client, place, tmp_path / "home", person)
    assert found["HOME"] == found["TMPDIR"] == str(tmp_path / "home")
    assert (found["PATH"], found["MORE"], found["QUESTION"], found["TIMEOUT"]) == ("/bin", "1", "why?", "3")
    assert (found["ANTHROPIC_BASE_URL"], found["ANTHROPIC_API_KEY"]) == ("http://127.0.0.1:1", "sk-lab-1")
    assert found["HTTPS_PROXY"].startswith("http://127.0.0.1:") and "127.0.0.1" in found["NO_PROXY"]
    assert not {"OPENAI_API_KEY", "OPENAI_BASE_URL", "AWS_SECRET"} & set(found)
    words = ["client", "--url=http://127.0.0.1:1", "claude-haiku-4-5 {other}", "why?", "sk-lab-1"]
    assert words_for(client, place, by_stdin=False) == words
    assert words_for(client, place, by_stdin=True) == [word for word in words if word != "why?"]
    gemini = environment_for(client, place._replace(wire="gemini"), tmp_path, person)
    assert (gemini["GEMINI_BASE_URL"], gemini["GOOGLE_GEMINI_BASE_URL"]) == (
        "http://127.0.0.1:1/v1beta",
        "http://127.0.0.1:1",
    )


def test_a_score_is_full_only_where_nothing_failed() -> None:
    def score(**counts: int) -> int:
        verdicts = [verdict.replace("na", "n/a") for verdict, count in counts.items() for _ in range(count)]
        return Graded(tuple(Mark(CASES[0], "openai", verdict, "") for verdict in verdicts), ("openai",)).score  # type: ignore[arg-type]

    assert (score(), score(na=3), score(**{"pass": 999, "fail": 1})) == (100, 100, 99)
    assert score(**{"pass": 1, "fail": 2, "na": 9}) == 33


def test_words_in_a_question_are_not_filled_in(tmp_path: Path) -> None:
    place = Place("openai", "http://127.0.0.1:1", "sk-lab-1", "what is {key}?")
    assert words_for(Client(("client", "{question}")), place, by_stdin=False) == ["client", "what is {key}?"]
