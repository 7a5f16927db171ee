"""`--receipt`: truncation at any border is told, also by a program that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEY, KEYS, at, environment, run
from tests.tables import each

PIPED = 'zeile 1\r\nGrüße "x"\\\n'.encode() + b"\xff"


def checked(home: Path, *words: str) -> tuple[int, list[str]]:
    """The exit code of the check, and the borders at which something was lost."""
    result = run("receipt", "check", "receipt.json", "--json", *words, home=home)
    rows = [json.loads(line) for line in result.text.splitlines()]
    return result.code, [row["border"] for row in rows if not row["is_whole"]]


def ask(server: LabServer, home: Path, *words: str, stdin: bytes | None = None) -> Any:
    (home / "receipt.json").unlink(missing_ok=True)
    return run(*at(server.url), "--receipt", "receipt.json", *words, home=home, stdin=stdin, **KEYS)


def test_a_whole_answer_is_whole_from_pipe_to_pipe(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, "-m", "markdown", "look", stdin=PIPED)
    (tmp_path / "in").write_bytes(PIPED)
    (tmp_path / "out").write_bytes(result.out)
    text = (tmp_path / "receipt.json").read_text()
    told = json.loads(text)
    assert (result.code, told["exit_code"], told["stdin"]["in_request"], told["stdout"]["holds"]) == (
        0,
        0,
        True,
        "text",
    )
    assert told["answers"][0]["exchanges"][0]["sent"]["bytes"] == len(server.requests[0].body)
    assert KEY not in text and (tmp_path / "receipt.json").stat().st_mode & 0o777 == 0o600
    assert checked(tmp_path, "--input", "in", "--output", "out") == (0, [])
    (tmp_path / "out").write_bytes(result.out[:-5])
    assert checked(tmp_path, "--output", "out") == (74, ["output"])
    again = run(*at(server.url), "--receipt", "receipt.json", "-m", "echo", "hi", home=tmp_path, **KEYS)
    assert (again.code, len(server.requests)) == (2, 1)
    assert json.loads((tmp_path / "receipt.json").read_text()) == told


@each("then", ["close", "reset", "end"])
def test_an_answer_cut_at_any_byte_is_told(server: LabServer, tmp_path: Path, then: Any) -> None:
    whole = b"".join(b'data: {"choices":[{"index":0,"delta":{"content":"%d "}}]}\n\n' % number for number in range(6))
    cut = {"close": 75, "reset": 200, "end": len(whole)}[then]
    server.will_answer(body=[whole[:cut]], then=then)
    assert ask(server, tmp_path, "-m", "m", "hi").code == 74
    assert checked(tmp_path) == (74, ["answer"])
    [answer] = json.loads((tmp_path / "receipt.json").read_text())["answers"]
    assert (answer["verdict"], answer["exchanges"][0]["received"]["bytes"]) == ("cut", cut)


def test_what_is_read_no_further_stopped_or_killed_is_told(server: LabServer, tmp_path: Path) -> None:
    def begin(model: str) -> subprocess.Popen[bytes]:
        (tmp_path / "receipt.json").unlink(missing_ok=True)
        words = [*CHAT, *at(server.url), "--receipt", "receipt.json", "-m", model, "hi"]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
        return forked.start(words, environment(tmp_path, **KEYS), tmp_path, **pipes)

    process = begin("long")
    assert process.stdout
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(10) == 141
    assert checked(tmp_path) == (74, ["answer", "output"])
    for number, borders in ((signal.SIGTERM, ["answer"]), (signal.SIGKILL, ["chat"])):
        process = begin("hang-in-stream")
        assert process.stdout
        os.read(process.stdout.fileno(), 10)
        process.send_signal(number)
        process.wait(10)
        process.stdout.close()
        assert checked(tmp_path) == (74, borders)


def test_there_is_none_where_nothing_was_asked_and_one_for_several(server: LabServer, tmp_path: Path) -> None:
    assert ask(server, tmp_path, "-m", "echo", "-i", "hi").code == 2
    assert ask(server, tmp_path, "-m", "echo", "--image", "missing.png", "hi").code == 66
    assert not (tmp_path / "receipt.json").exists() and server.requests == []
    unwritable = run(*at(server.url), "-m", "echo", "--receipt", "no/receipt.json", "hi", home=tmp_path, **KEYS)
    assert (unwritable.code, server.requests) == (74, [])
    (tmp_path / "deep.json").write_text("[" * 100_000)
    deep = run("receipt", "check", "deep.json", home=tmp_path)
    assert (deep.code, "deep.json is no receipt of chat" in deep.err) == (2, True)
    result = ask(server, tmp_path, "-m", "echo", "-m", "cut", "--json", "hi")
    told = json.loads((tmp_path / "receipt.json").read_text())
    assert [(one["model"], one["verdict"]) for one in told["answers"]] == [("echo", "complete"), ("cut", "cut")]
    assert told["exit_code"] == result.code
    assert checked(tmp_path) == (74, ["answer of openai/cut"])
