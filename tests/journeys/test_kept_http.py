"""The HTTP in files: a log, an archive, a cassette; and the answer again from the cassette."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import requests

from chatbot.cli.output.cassette import read_cassette
from chatbot.lab.recorded import replayed
from chatbot.lab.scenarios import SCENARIOS
from chatbot.lab.server.http import LabServer
from tests import forked
from tests.core.http.har_schema import HAR
from tests.journeys.chat import CHAT, KEY, KEYS, at, environment, run
from tests.wires import WIRES

SLOW = {"slow", "long", "hang-before-headers", "hang-in-stream", "error-body-hangs"}
QUICK = [scenario.name for scenario in SCENARIOS if scenario.name not in SLOW]
# Every scenario in one wire format; in the others those that end in a way of their own.
TAPED = [(name, "openai") for name in QUICK] + [
    (name, wire)
    for name in ("echo", "reasoning", "cut", "error-in-stream", "filtered")
    for wire in WIRES
    if wire != "openai"
]


@pytest.fixture
def server() -> Iterator[LabServer]:
    with LabServer(pace_s=0.0, hang_s=20.0) as running:
        yield running


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_log_has_a_line_for_each_attempt_and_no_key(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(status=429, retry_after="0.01")
    log = tmp_path / "api.jsonl"
    words = ("--log-file", str(log), *at(server.url), "-m", "echo", "hello")
    assert run(*words, home=tmp_path, **KEYS).code == 0
    first, second = lines(log)
    assert (first["status"], first["attempt"], second["status"], second["attempt"]) == (429, 1, 200, 2)
    assert (second["verdict"], second["usage"]["output_tokens"]) == ("complete", 1)  # type: ignore[index]
    assert "data: [DONE]" in second["response"]["text"]  # type: ignore[index]
    assert KEY not in log.read_text() and stat.S_IMODE(log.stat().st_mode) == 0o600
    run("--no-log-bodies", *words, home=tmp_path, **KEYS)
    assert len(lines(log)) == 3 and "response" not in lines(log)[2]


def test_a_failed_attempt_is_logged_too(tmp_path: Path) -> None:
    log = tmp_path / "api.jsonl"
    run("--log-file", str(log), *at("http://127.0.0.1:1"), "-m", "echo", "hello", home=tmp_path, **KEYS)
    [row] = lines(log)
    assert (row["status"], row["end"], row["verdict"]) == (None, "refused", "failed")


def test_two_processes_do_not_mix_their_lines(server: LabServer, tmp_path: Path) -> None:
    log = tmp_path / "api.jsonl"
    words = [*CHAT, "-n", "--log-file", str(log), *at(server.url), "-m", "echo", "word " * 3_000]
    env = environment(tmp_path, **KEYS)
    running = [
        forked.start(words, env, tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(4)
    ]
    assert [child.wait(20) for child in running] == [0] * 4
    assert [row["verdict"] for row in lines(log)] == ["complete"] * 4


def test_a_log_that_cannot_be_written_is_one_warning(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(status=429, retry_after="0.01")
    told = run("--log-file", "/nowhere/x", *at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    assert (told.text, told.code) == ("hello\n", 0)
    assert told.err.count("/nowhere/x cannot be written") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_costs_no_answer(server: LabServer, tmp_path: Path) -> None:
    told = run("--log-file", "/dev/full", *at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    assert (told.text, told.code) == ("hello\n", 0) and "/dev/full cannot be written" in told.err


@pytest.mark.parametrize("flag", ["--har", "--record"])
def test_an_archive_or_cassette_that_cannot_be_written_is_an_error_before_anything_is_sent(
    server: LabServer, tmp_path: Path, flag: str
) -> None:
    (tmp_path / "there").write_text("mine")
    for path, code in (("/nowhere/x", 74), ("there", 2)):
        told = run(flag, path, *at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
        assert told.code == code and not told.out and path in told.err
    assert not server.requests and (tmp_path / "there").read_text() == "mine"


@pytest.mark.parametrize("scenario", ["echo", "rate-limited", "cut", "wrong-key"])
def test_the_archive_is_whole_and_valid_also_after_a_failure(server: LabServer, tmp_path: Path, scenario: str) -> None:
    path = tmp_path / "a.har"
    run("--har", str(path), *at(server.url), "-m", scenario, "hello", home=tmp_path, **KEYS)
    document = json.loads(path.read_text())
    jsonschema.validate(document, HAR)
    assert len(document["log"]["entries"]) == (2 if scenario == "rate-limited" else 1)
    assert KEY not in path.read_text() and not path.with_name("a.har.part").exists()


@pytest.mark.parametrize(("scenario", "wire"), TAPED)
def test_a_cassette_gives_the_same_text_verdict_and_exit_code(
    server: LabServer, tmp_path: Path, scenario: str, wire: str
) -> None:
    words = [*at(server.url, wire=wire), "-m", scenario, "--max-retries", "1", "hello"]
    tape = str(tmp_path / "tape.jsonl")
    first = run("--record", tape, *words, home=tmp_path, **KEYS)
    asked = len(server.requests)
    again = run("--replay", tape, "--json", *words, home=tmp_path)
    text = json.loads(again.text)["text"]
    assert (text.removesuffix("\n"), again.code) == (first.text.removesuffix("\n"), first.code), (first.err, again.err)
    assert len(server.requests) == asked, "nothing was sent"
    assert KEY not in Path(tape).read_text()


def test_a_question_that_was_not_recorded_is_told_with_what_differs(server: LabServer, tmp_path: Path) -> None:
    tape = str(tmp_path / "tape.jsonl")
    run("--record", tape, *at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    told = run("--replay", tape, *at(server.url), "-m", "echo", "--temperature", "1", "other", home=tmp_path)
    assert told.code == 78
    assert "what differs from the nearest one: body.messages[0].content, body.temperature" in told.err


def test_a_broken_cassette_names_its_line_and_its_fault(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    tape.write_text('{"type": "request"}\n')
    told = run("--replay", str(tape), "-m", "lab/echo", "hello", home=tmp_path)
    assert told.code == 78 and "tape.jsonl is no cassette: line 1: id is missing" in told.err
    assert run("--replay", str(tmp_path / "none"), "-m", "lab/echo", "hello", home=tmp_path).code == 66


def test_what_a_killed_process_recorded_is_there_to_the_last_line(server: LabServer, tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    words = [*CHAT, "-n", "--record", str(tape), *at(server.url), "-m", "hang-in-stream", "hello"]
    with forked.start(
        words, environment(tmp_path, **KEYS), tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.read(20)
        while tape.read_text().count('"chunk"') < 3:
            os.sched_yield()
        child.send_signal(signal.SIGKILL)
    again = run("--replay", str(tape), *at(server.url), "-m", "hang-in-stream", "hello", home=tmp_path)
    assert again.text.startswith("The lab") and again.code == 74


def test_the_recorded_pace_can_be_kept(tmp_path: Path) -> None:
    import time

    tape = str(tmp_path / "tape.jsonl")
    with LabServer(pace_s=0.005) as server:
        words = [*at(server.url), "-m", "slow", "hello"]
        run("--record", tape, *words, home=tmp_path, **KEYS)
    took_s: dict[str, list[float]] = {"0": [], "1": []}
    for speed in ("0", "1") * 3:  # what else the machine does slows one of them down, not all
        began_s = time.monotonic()
        assert run("--replay", tape, "--speed", speed, *words, home=tmp_path).code == 0
        took_s[speed].append(time.monotonic() - began_s)
    at_s = [float(str(row["t_ms"])) / 1000 for row in lines(Path(tape)) if row["type"] == "chunk"]
    assert min(took_s["1"]) - min(took_s["0"]) > (at_s[-1] - at_s[0]) / 2


def test_a_trace_is_passed_on_and_logged(server: LabServer, tmp_path: Path) -> None:
    log = tmp_path / "api.jsonl"
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    for parent in (trace, "00-broken"):
        run("--log-file", str(log), *at(server.url), "-m", "echo", "hi", home=tmp_path, TRACEPARENT=parent, **KEYS)
    assert [request.headers.get("traceparent") for request in server.requests] == [trace, None]
    assert [row["traceparent"] for row in lines(log)] == [trace, None]


@pytest.mark.parametrize("scenario", ["echo", "rate-limited", "cut", "reset-before-headers", "wrong-key"])
def test_the_lab_serves_a_cassette_to_any_client(server: LabServer, tmp_path: Path, scenario: str) -> None:
    tape = tmp_path / "tape.jsonl"
    words = ["-m", scenario, "--max-retries", "1", "hello"]
    first = run("--record", str(tape), *at(server.url), *words, home=tmp_path, **KEYS)
    with LabServer(recorded=replayed(read_cassette(tape))) as again:
        second = run(*at(again.url), *words, home=tmp_path, **KEYS)
        assert (second.text, second.code) == (first.text, first.code)
        other = requests.post(f"{again.url}/v1/chat/completions", json={"model": scenario, "messages": []}, timeout=5)
    assert other.status_code == 404 and "body.messages" in other.json()["error"]["message"]


def test_the_lab_serves_a_cassette_from_the_command_line(server: LabServer, tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    run("--record", str(tape), *at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    words = [*CHAT, "lab", "serve", "--port", "0", "--replay", str(tape)]
    env = environment(tmp_path)
    with forked.start(words, env, tmp_path, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        assert child.stderr is not None
        url = child.stderr.readline().decode().split()[5]
        answered = run(*at(url), "-m", "echo", "hello", home=tmp_path, **KEYS)
        child.send_signal(signal.SIGINT)
        child.wait(10)
    assert answered.text == "hello\n"
    assert run("lab", "serve", "--replay", "none", home=tmp_path).code == 66


def test_an_answer_that_was_stopped_is_logged_as_that(server: LabServer, tmp_path: Path) -> None:
    log = tmp_path / "api.jsonl"
    words = [*CHAT, "-n", "--log-file", str(log), *at(server.url), "-m", "hang-in-stream", "hello"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    with forked.start(words, environment(tmp_path, **KEYS), tmp_path, **pipes) as child:
        assert child.stdout is not None
        child.stdout.read(10)
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 130
    [row] = lines(log)
    assert (row["end"], row["verdict"], row["error"], row["status"]) == ("cancelled", "cancelled", None, 200)


def test_of_an_unknown_model_the_question_is_shown_and_not_the_list_of_models_after_it(
    server: LabServer, tmp_path: Path
) -> None:
    tape = tmp_path / "tape.jsonl"
    asked = run("--record", str(tape), *at(server.url), "-m", "no-such", "hello", home=tmp_path, **KEYS)
    assert asked.code != 0
    assert [(each.method, each.verdict) for each in read_cassette(tape)] == [("POST", "failed"), ("GET", "")]
    assert run("http", "--as", "http", home=tmp_path).text.startswith("POST ")
    listed = run("http", "list", "--json", home=tmp_path).text.splitlines()
    assert [json.loads(line)["method"] for line in listed] == ["GET", "POST"]
