"""Whatever goes beside an answer may raise or hang: the text is whole, the exit code right, the turn kept."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.forked import start_on_terminal
from tests.journeys.chat import at, environment, run
from tests.tables import each

BROKEN = ["-m", "tests.journeys.broken"]
ANSWER = "# Cats\n\nA *cat* is:\n\n```python\ndef cat():\n    return 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nend"
DRAWS = [
    "chatbot.terminal.markdown.highlight:Highlighter.line",
    "chatbot.terminal.markdown.code:FencedCode.line",
    "chatbot.terminal.markdown.table:Table.line",
    "chatbot.terminal.markdown.stream:MarkdownStream.feed",
    "chatbot.terminal.answer.painter:Painter.frame",
    "chatbot.terminal.sanitise:Sanitiser.feed",
    "chatbot.terminal.answer.live:LiveAnswer.finish",
    "chatbot.terminal.answer.live_view:LiveView.frame",
    "chatbot.terminal.answer.live_view:LiveView.show",
    "chatbot.cli.ask.views:_view_for",
]
STANDS_BESIDE = [
    "chatbot.terminal.answer.plain:PlainView.show",
    "chatbot.terminal.answer.plain:PlainView.close",
    "chatbot.terminal.answer.wait_row:WaitRow.over",
    "chatbot.cli.ask.views:_view_for",
    "chatbot.outside.desktop.keyboard:SilentKeyboard.silence",
    "chatbot.outside.desktop.signals:Interrupts.__enter__",
    "chatbot.terminal.failures:verdict_lines",
]
KEEPS = [
    "chatbot.outside.history.store:History.begin",
    "chatbot.outside.history.database:Database.attempt",
    "chatbot.outside.history.writing:TurnWriter.frame",
    "chatbot.cli.history:history_folder",
]
TELLS_OF_THE_HTTP = [
    "chatbot.cli.ask.answer_http:AnswerHttp._tell",
    "chatbot.cli.ask.answer_http:AnswerHttp._safe",
    "chatbot.cli.ask.answer_http:AnswerHttp._arrivals",
    "chatbot.terminal.http.http_steps:request_rows",
    "chatbot.terminal.http.http_steps:response_rows",
    "chatbot.terminal.http.http_steps:event_lines",
    "chatbot.terminal.http.http_steps:HttpSteps.__init__",
    "chatbot.terminal.http.http_view:HttpView.__init__",
    "chatbot.terminal.http.verbose:end_rows",
    "chatbot.terminal.http.waterfall:waterfall",
    "chatbot.cli.ask.wire.files:ExchangeFiles.step",
    "chatbot.cli.ask.wire.files:ExchangeFiles.over",
]
HOW = ["raises", "hangs"]
AT_ONCE = 4  # what hangs is waited for


def ways(places: list[str], *hanging: str) -> list[tuple[str, str]]:
    """Every place that raises, and some that hang: how long that lasts is waited for."""
    return [(place, "raises") for place in places] + [(place, "hangs") for place in hanging]


def kept(home: Path) -> dict[str, Any]:
    """The last turn as the history has it."""
    shown = run("logs", "show", "--json", home=home)
    assert shown.code == 0, shown.err
    turn: dict[str, Any] = json.loads(shown.text)["turns"][-1]
    return turn


def assert_kept_whole(home: Path) -> None:
    turn = kept(home)
    assert (turn["answer"], turn["verdict"]) == (ANSWER, "complete")


def wait_for(file: Path) -> None:
    deadline_s = time.monotonic() + 10
    while not file.exists():
        assert time.monotonic() < deadline_s, f"there is no {file.name}"
        time.sleep(0.01)


def on_a_terminal(place: str, how: str, home: Path, *words: str) -> tuple[str, int]:
    """What a person sees of `chat` with something broken in it, and its exit code."""
    env = environment(home, TERM="xterm-256color")
    child = start_on_terminal([*BROKEN, place, how, *words], env, home, dimensions=(60, 100), timeout=30)
    seen: Any = child.read()  # bytes, though the stubs of pexpect say text
    child.close()
    return seen.decode().replace("\r\n", "\n"), child.exitstatus or 0


def piped(place: str, how: str, home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The same with everything in pipes."""
    return forked.run([*BROKEN, place, how, *words], environment(home, **variables), home, timeout_s=60, alone=True)


@each("place, how", ways(DRAWS, DRAWS[0], "chatbot.terminal.answer.live_view:LiveView.frame"), at_once=AT_ONCE)
def test_what_draws_the_answer_may_fail_and_the_text_comes_plainly(place: str, how: str, tmp_path: Path) -> None:
    seen, code = on_a_terminal(place, how, tmp_path, "-m", "lab/echo", ANSWER)
    assert ANSWER in seen
    assert "chat: the answer cannot be drawn" in re.sub("\x1b\\[[0-9;]*m", "", seen)
    assert code == 0
    assert_kept_whole(tmp_path)


def answered(place: str, how: str, home: Path, *words: str) -> str:
    """The same for a question whose answer comes whole; what was said beside it."""
    done = piped(place, how, home, *words, "-m", "lab/echo", ANSWER)
    assert done.stdout.decode() == ANSWER + "\n"
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    return done.stderr.decode()


@each("place, how", ways(STANDS_BESIDE, "chatbot.terminal.answer.plain:PlainView.show"), at_once=AT_ONCE)
def test_a_pipe_gets_the_exact_text_once_whatever_fails_beside_it(place: str, how: str, tmp_path: Path) -> None:
    answered(place, how, tmp_path)
    assert_kept_whole(tmp_path)


@each("place, how", ways(KEEPS, "chatbot.outside.history.database:Database.attempt"), at_once=AT_ONCE)
def test_a_history_that_fails_is_a_notice(place: str, how: str, tmp_path: Path) -> None:
    assert answered(place, how, tmp_path).count("chat: the history does not work") == 1


@each("place, how", ways(TELLS_OF_THE_HTTP, "chatbot.terminal.http.http_steps:event_lines"), at_once=AT_ONCE)
def test_what_tells_of_the_http_and_keeps_it_may_fail_too(place: str, how: str, tmp_path: Path) -> None:
    files = ["--record", "tape.jsonl", "--har", "all.har", "--log-file", "log.jsonl"]
    said = answered(place, how, tmp_path, "-vv", "--timing", *files)
    assert re.search("chat: the HTTP (cannot be shown|is not kept whole)", said)
    assert_kept_whole(tmp_path)


@each("how", HOW, at_once=AT_ONCE)
def test_a_growing_answer_that_cannot_be_kept_is_kept_at_its_end(how: str, tmp_path: Path) -> None:
    assert (
        piped("chatbot.outside.history.writing:TurnWriter.frame", how, tmp_path, "-m", "lab/echo", ANSWER).returncode
        == 0
    )
    assert kept(tmp_path)["answer"] == ANSWER


@each("how", HOW, at_once=AT_ONCE)
def test_a_title_that_cannot_be_made_is_none(how: str, tmp_path: Path) -> None:
    done = piped("chatbot.outside.history.writing:title_of", how, tmp_path, "-m", "lab/echo", ANSWER)
    assert (done.stdout.decode(), done.returncode) == (ANSWER + "\n", 0)
    assert kept(tmp_path)["answer"] == ANSWER


@each("how", HOW, at_once=AT_ONCE)
def test_a_redactor_that_fails_hides_the_words_and_keeps_the_answer(
    how: str, tmp_path: Path, server: LabServer
) -> None:
    where = [*at(server.url), "-m", "cut", "--max-retries", "0"]
    key: Any = {"OPENAI_API_KEY": "sk-" + "k" * 30}
    right = run(*where, "hello", home=tmp_path, **key)
    done = piped("chatbot.core.redaction.redactor:Redactor.__call__", how, tmp_path, *where, "hello", **key)
    assert (done.stdout, done.returncode) == (right.out, right.code)
    assert b"left out" in done.stderr
    assert kept(tmp_path)["answer"] == right.text.rstrip("\n")


@each("how", HOW, at_once=AT_ONCE)
def test_ctrl_c_ends_an_answer_even_where_the_wait_for_it_cannot_be_ended(how: str, tmp_path: Path) -> None:
    words = [*BROKEN, "chatbot.outside.background:EventQueue.wake", how, "-m", "lab/hang-in-stream", "hello"]
    pipes: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with forked.start(words, environment(tmp_path), tmp_path, **pipes) as child:
        assert child.stdout
        began = child.stdout.read(1)
        child.send_signal(signal.SIGINT)
        rest = child.stdout.read()
        assert child.wait(20) == 130
    assert kept(tmp_path)["answer"].startswith((began + rest).decode().rstrip("\n"))


@each("limit", [["--max-time", "1"], []], at_once=AT_ONCE)
def test_a_view_that_hangs_delays_neither_the_time_limit_nor_ctrl_c(limit: list[str], tmp_path: Path) -> None:
    words = [
        *BROKEN,
        "chatbot.terminal.answer.live_view:LiveView.show",
        "hangs",
        "-m",
        "lab/hang-in-stream",
        *limit,
        "hello",
    ]
    child = start_on_terminal(words, environment(tmp_path, TERM="xterm-256color"), tmp_path, timeout=15)
    if not limit:
        child.expect("cannot be drawn")
        child.kill(signal.SIGINT)
    child.read()
    child.close()
    assert child.exitstatus == (74 if limit else 130)
    assert kept(tmp_path)["answer"]


@each("how", HOW, at_once=AT_ONCE)
def test_what_was_kept_is_shown_plainly_where_it_cannot_be_drawn(how: str, tmp_path: Path) -> None:
    assert run("-m", "lab/echo", ANSWER, home=tmp_path).code == 0
    seen, code = on_a_terminal("chatbot.terminal.markdown.blocks:Blocks.line", how, tmp_path, "logs", "show")
    assert ANSWER in seen
    assert code == 0


@each("how", HOW, at_once=AT_ONCE)
def test_a_clipboard_that_fails_costs_a_session_nothing(how: str, tmp_path: Path) -> None:
    command = [*BROKEN, "chatbot.outside.desktop.clipboard:copy", how, "-m", "lab/echo"]
    child = start_on_terminal(command, environment(tmp_path, TERM="dumb"), tmp_path, timeout=15)
    for typed in ("first question", "/copy"):
        child.expect_exact("> ")
        child.sendline(typed)
    if how == "hangs":
        wait_for(tmp_path / "hanging")
        child.kill(signal.SIGINT)
        child.expect("stopped")
    else:
        child.expect("fault of chat itself")
    for typed in ("second question", "/quit"):
        child.expect_exact("> ")
        child.sendline(typed)
    child.read()
    child.close()
    assert child.exitstatus == 0
    assert kept(tmp_path)["answer"] == "second question"
