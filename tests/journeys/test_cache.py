"""`chat --cache` and `chat cache`: the same answer again, seen from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEY, KEYS, Result, at, environment, run, run_code
from tests.tables import each
from tests.wires import WIRES

NOTICE = r"chat: from the cache, (\d+ ms|[\d.]+ s) old, kept 5 min more, key [0-9a-f]{6}; --refresh asks again\n"
FILE = Path(".cache") / "chat" / "answers-1.db"


def ask(server: LabServer, home: Path, *words: str, **variables: Any) -> Result:
    return run(*at(server.url), "-m", "echo", *words, home=home, **{**KEYS, **variables})


def as_json(result: Result) -> dict[str, Any]:
    document = json.loads(result.out)
    assert isinstance(document, dict)
    return document


def stats(home: Path) -> dict[str, Any]:
    return as_json(run("cache", "--json", home=home))


def test_the_same_question_is_sent_once_and_the_person_is_told(server: LabServer, tmp_path: Path) -> None:
    first, second = (ask(server, tmp_path, "--cache", "hello") for _ in range(2))
    assert (first.out, first.err, first.code) == (b"hello\n", "", 0)
    assert (second.out, second.code) == (b"hello\n", 0) and re.fullmatch(NOTICE, second.err)
    assert len(server.requests) == 1
    quiet = ask(server, tmp_path, "--cache", "-q", "-u", "hello")
    assert quiet.err == "chat: tokens: 1 in, 1 out; from the cache: cost 0\n"


@each("wire", WIRES)
def test_a_hit_is_the_miss_in_every_wire_format_as_json_and_in_the_history(
    server: LabServer, tmp_path: Path, wire: str
) -> None:
    words = [*at(server.url, wire=wire), "-m", "reasoning", "--cache", "--json", "why?"]
    first, second = (as_json(run(*words, home=tmp_path, **KEYS)) for _ in range(2))
    assert (first["cache"]["hit"], second["cache"]["hit"]) == (False, True)
    assert first["cache"]["key"] == second["cache"]["key"]
    assert second["cache"]["age_s"] > 0 and first["cache"]["expires_s"] == 300
    assert second["cache"]["age_s"] + second["cache"]["expires_s"] == pytest.approx(300)
    assert second["traffic"] == {"requests": 0, "sent_bytes": 0, "received_bytes": 0} and second["attempts"] == 0
    told = ("cache", "traffic", "attempts", "cost")
    assert {name: first[name] for name in first if name not in told} == {
        name: second[name] for name in second if name not in told
    }
    assert first["text"] and first["reasoning"]
    exported = run("logs", "export", "--all", "--format", "json", home=tmp_path).text
    turns = [conversation["turns"][0] for conversation in json.loads(exported)]
    times = ("created_s", "first_text_s", "total_s", "attempts", "cost")
    kept = [{name: value for name, value in turn.items() if name not in times} for turn in turns]
    assert kept[0] == kept[1] and [turn["attempts"] for turn in turns] == [1, 0]


def test_without_the_cache_there_is_none_and_nothing_of_it_is_loaded(server: LabServer, tmp_path: Path) -> None:
    code = (
        "import sys; from chatbot.cli.main import main; main(sys.argv[1:])\n"
        "sys.stderr.write(' '.join(name for name in sys.modules if 'cache' in name or name.endswith('canonical')))"
    )
    done = run_code(code, *at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    ours = [name for name in done.err.split() if name.startswith("chatbot.")]
    assert ours == []
    assert as_json(ask(server, tmp_path, "--json", "hello"))["cache"] is None
    assert not (tmp_path / FILE).exists()


def test_a_hit_loads_no_network(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "--cache", "hello")
    code = (
        "import sys; from chatbot.cli.main import main; main(sys.argv[1:])\n"
        "sys.stderr.write(' '.join({'requests', 'urllib3', 'ssl', 'http.client', 'rich'} & set(sys.modules)))"
    )
    done = run_code(code, *at(server.url), "-m", "echo", "--cache", "-q", "hello", home=tmp_path, **KEYS)
    assert (done.text, done.err) == ("hello\n", "")


@pytest.mark.parametrize(
    ("words", "variables", "hits"),
    [
        (("--cache",), {}, True),
        (("--cache-ttl", "1h"), {}, True),
        ((), {"CHAT_CACHE": "5m"}, True),
        ((), {"CHAT_CACHE": "1"}, True),
        (("--cache-only",), {}, True),
        (("--cache-ttl", "1ms"), {}, False),
        (("--cache", "--refresh"), {}, False),
        (("--refresh",), {"CHAT_CACHE": "5m"}, False),
        (("--no-cache",), {"CHAT_CACHE": "5m"}, False),
        (("-n",), {"CHAT_CACHE": "5m"}, False),
        ((), {"CHAT_CACHE": "0"}, False),
        ((), {}, False),
    ],
)
def test_each_way_to_ask_for_the_cache_and_to_do_without(
    server: LabServer, tmp_path: Path, words: tuple[str, ...], variables: dict[str, str], hits: bool
) -> None:
    ask(server, tmp_path, "--cache", "hello")
    found = ask(server, tmp_path, *words, "hello", **variables)
    assert (found.out, found.code) == (b"hello\n", 0)
    assert ("from the cache" in found.err, len(server.requests)) == (hits, 1 if hits else 2)


def test_what_contradicts_itself_is_refused(tmp_path: Path) -> None:
    for words in (("--cache-only", "--refresh"), ("--cache-only", "-n")):
        refused = run(*words, "-m", "lab/echo", "hello", home=tmp_path)
        assert refused.code == 2 and "do not go together" in refused.err
    refused = run("--cache-ttl", "soon", "-m", "lab/echo", "hello", home=tmp_path)
    assert refused.code == 2 and "--cache-ttl is a duration, for example 5m or 1h30m, not 'soon'" in refused.err


def test_cache_only_never_asks_and_ends_with_66(server: LabServer, tmp_path: Path) -> None:
    nothing = ask(server, tmp_path, "--cache-only", "hello")
    assert (nothing.out, nothing.code, len(server.requests)) == (b"", 66, 0)
    assert nothing.err.startswith("chat: the cache has no answer to this question\n")
    document = as_json(ask(server, tmp_path, "--cache-only", "--json", "hello"))
    assert (document["exit_code"], document["error"]["type"], document["cache"]["hit"]) == (66, "NotCached", False)


def test_without_a_history_the_cache_is_neither_read_nor_written(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "--cache", "-n", "hello")
    assert list(tmp_path.iterdir()) == []
    ask(server, tmp_path, "--cache", "hello")
    assert ask(server, tmp_path, "--cache", "-n", "hello").err == ""
    assert len(server.requests) == 3 and stats(tmp_path)["hits"] == 0


def test_neither_the_question_nor_a_key_is_kept(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text=f"A riddle. {KEY}")
    words = ("--cache", "-s", "answer like a sphinx", "--header", f"X-Other: {KEY}", "what walks on four legs")
    asked = run(*at(server.url), "-m", "echo", *words, home=tmp_path, **KEYS)
    assert asked.text == "A riddle. [key]\n"
    held = b"".join(file.read_bytes() for file in (tmp_path / FILE).parent.iterdir())
    assert b"A riddle" in held
    assert not [word for word in (b"sphinx", b"four legs", KEY.encode()) if word in held]


@pytest.mark.parametrize("model", "cut no-end-marker error-in-stream empty-200 always-500 length refusal".split())
def test_what_is_not_whole_is_asked_again(server: LabServer, tmp_path: Path, model: str) -> None:
    words = [*at(server.url), "-m", model, "--cache", "--json", "--max-retries", "0", "hi"]
    for _ in range(2):
        document = as_json(run(*words, home=tmp_path, **KEYS))
        assert document["verdict"] != "complete"
        assert (document["cache"]["hit"], document["cache"]["expires_s"]) == (False, 0)
    assert len(server.requests) == stats(tmp_path)["misses"] == 2 and stats(tmp_path)["cache_size"] == 0


def test_a_damaged_cache_is_one_warning_and_no_fault(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "--cache", "hello")
    (tmp_path / FILE).write_bytes(b"no database " * 1000)
    found = ask(server, tmp_path, "--cache", "hello")
    assert (found.out, found.code) == (b"hello\n", 0)
    assert len(found.err.splitlines()) == 1 and "the cache was damaged: it is set aside as " in found.err
    assert "from the cache" in ask(server, tmp_path, "--cache", "hello").err


def test_a_locked_cache_and_no_home_stop_nothing(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "--cache", "hello")
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    locked = ask(server, tmp_path, "--cache", "another")
    other.execute("ROLLBACK")
    other.close()
    assert (locked.out, locked.code) == (b"another\n", 0)
    assert locked.err == "chat: the cache cannot be written: another program keeps it locked\n"
    nowhere = ask(server, tmp_path, "--cache", "hello", XDG_CACHE_HOME="/dev/null/nowhere")
    assert (nowhere.out, nowhere.code) == (b"hello\n", 0) and "the cache cannot be read: not a directory" in nowhere.err


def started(server: LabServer, home: Path, model: str) -> subprocess.Popen[bytes]:
    words = [*CHAT, *at(server.url), "-m", model, "--cache", "hello"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return forked.start(words, environment(home, **KEYS), home, **pipes)


def until_sent(server: LabServer, count: int) -> None:
    until_s = time.monotonic() + 10
    while len(server.requests) < count:
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_the_same_question_asked_twice_at_once_is_sent_once(server: LabServer, tmp_path: Path) -> None:
    with started(server, tmp_path, "slow") as first:
        until_sent(server, 1)
        with started(server, tmp_path, "slow") as second:
            (out, err), (out_2, err_2) = first.communicate(timeout=20), second.communicate(timeout=20)
    assert (first.returncode, second.returncode, err) == (0, 0, b"") and out and out_2 == out
    assert err_2.decode().startswith("chat: the same question is being asked; waiting\nchat: from the cache, ")
    assert len(server.requests) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_who_waited_for_a_process_that_was_killed_asks_itself(server: LabServer, tmp_path: Path) -> None:
    with started(server, tmp_path, "slow") as first:
        until_sent(server, 1)
        with started(server, tmp_path, "slow") as second:
            assert second.stderr is not None
            waiting = second.stderr.readline()
            first.send_signal(signal.SIGKILL)
            out, err = second.communicate(timeout=20)
    assert waiting == b"chat: the same question is being asked; waiting\n" and err == b""
    assert second.returncode == 0 and out and len(server.requests) == 2


def test_the_cache_in_numbers(server: LabServer, tmp_path: Path) -> None:
    assert stats(tmp_path)["cache_size"] == 0
    for _ in range(3):
        ask(server, tmp_path, "--cache", "hello")
    found = stats(tmp_path)
    assert found.pop("bytes") > 100
    assert found == {
        "hits": 2,
        "misses": 1,
        "hit_rate": pytest.approx(2 / 3),
        "cache_size": 1,
        "ttl_seconds": 300.0,
        "saved_tokens": 4,
    }
    assert as_json(run("cache", "--json", home=tmp_path, CHAT_CACHE="2h"))["ttl_seconds"] == 7200
    lines = run("cache", home=tmp_path).text.splitlines()
    assert [line.split()[0] for line in lines] == ["answers", "from", "asked", "saved", "fresh"]
    assert "2 of 3 (67%)" in lines[1] and "5 min" in lines[4]


def test_the_answers_are_listed_shown_and_removed(server: LabServer, tmp_path: Path) -> None:
    assert run("cache", "list", home=tmp_path).err == "chat: the cache is empty\n"
    for word in ("one", "two"):
        ask(server, tmp_path, "--cache", word)
    rows = [json.loads(line) for line in run("cache", "list", "--json", home=tmp_path).text.splitlines()]
    assert [(row["provider"], row["model"], row["hits"]) for row in rows] == [("openai", "echo", 0)] * 2
    key = rows[0]["key"]
    assert key[:12] in run("cache", "list", home=tmp_path).text
    shown = run("cache", "show", key[:8], home=tmp_path)
    assert shown.text == "two\n" and "body.model = echo" in shown.err and "sha256" in shown.err
    whole = as_json(run("cache", "show", "--json", key[:8], home=tmp_path))
    assert whole["events"] == [{"kind": "TextDelta", "text": "two"}] and whole["fields"]["wire"] == "openai"
    assert run("cache", "show", "zz", home=tmp_path).code == 2
    assert "no key begins with" in run("cache", "show", "0" * 64, home=tmp_path).err
    assert "what is to be removed?" in run("cache", "clear", home=tmp_path).err
    assert run("cache", "clear", "--all", home=tmp_path).code == 2, "nobody is there to ask"
    assert run("cache", "clear", key[:8], home=tmp_path).err == "chat: 1 removed\n"
    assert run("cache", "clear", "--model", "gpt*", home=tmp_path).err == "chat: 0 removed\n"
    assert run("cache", "clear", "--older-than", "7d", home=tmp_path).err == "chat: 0 removed\n"
    assert run("cache", "clear", "--all", "--yes", home=tmp_path).err == "chat: 1 removed\n"
    assert stats(tmp_path)["cache_size"] == 0


def test_why_names_the_fields_that_differ_from_the_nearest_answer(server: LabServer, tmp_path: Path) -> None:
    def why(*words: str, **variables: Any) -> str:
        return run("cache", "why", *at(server.url), "-m", "echo", *words, home=tmp_path, **{**KEYS, **variables}).text

    assert re.fullmatch(r"no answer of openai/echo is kept; the key would be \w{6}\n", why("hello"))
    ask(server, tmp_path, "--cache", "--temperature", "0.2", "hello")
    first, second, *rest = why("hello").splitlines()
    assert first.startswith("it is not in the cache; the nearest of openai/echo is ") and not rest
    assert second == "  body.temperature: here nothing, there 0.2"
    assert "body.temperature: here 0.7, there 0.2" in why("--temperature", "0.7", "hello")
    assert "body.messages[0].content: here sha256 " in why("--temperature", "0.2", "hello!")
    assert why("--temperature", "0.2", "hello").splitlines()[1] == "and would be used"
    assert "and would be used" in why("hello", CHAT_TEMPERATURE="0.2")
    assert "but older than 1 ms: --cache-ttl allows more" in why("--temperature", "0.2", "--cache-ttl", "1ms", "hello")
    elsewhere = run(
        *("cache", "why", *at("http://127.0.0.1:9"), "-m", "echo", "--temperature", "0.2", "hello"),
        home=tmp_path,
        **KEYS,
    )
    assert "  origin: here http://127.0.0.1:9, there http://127.0.0.1:" in elsewhere.text
    assert len(server.requests) == 1


def test_the_embedded_lab_is_one_place_whatever_its_port(tmp_path: Path) -> None:
    first, second = (run("-m", "lab/echo", "--cache", "hello", home=tmp_path) for _ in range(2))
    assert first.err == "" and "from the cache" in second.err and first.out == second.out
    assert "and would be used" in run("cache", "why", "-m", "lab/echo", "hello", home=tmp_path).text
