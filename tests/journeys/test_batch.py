"""`chat batch`: a question for each row of a file, seen from outside."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.quirks.table import Quirk
from chatbot.lab.quirks.token_bucket import token_bucket
from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEY, KEYS, Result, at, environment, run, run_code
from tests.tables import each
from tests.wires import WIRES

CITIES = "id,city\na,Paris\nb,Rome\nc,Wien\n"


def batch(server: LabServer, home: Path, *words: str, model: str = "echo", stdin: bytes | None = None) -> Result:
    return run("batch", *words, "--out", "out.jsonl", *at(server.url), "-m", model, home=home, stdin=stdin, **KEYS)


def results(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "out.jsonl").read_bytes().splitlines()]


def ledger(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("ledger", "--json", home=home).text.splitlines()]


def texts(home: Path) -> dict[str, str]:
    return {line["id"]: line["text"] for line in results(home)}


@pytest.mark.parametrize("wire", WIRES)
def test_each_row_is_asked_once_in_every_wire_format_and_never_again(
    server: LabServer, tmp_path: Path, wire: str
) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    words = ["batch", "in.csv", "Where is $city?", "--out", "out.jsonl", *at(server.url, wire=wire), "-m", "echo"]
    first = run(*words, home=tmp_path, **KEYS)
    assert (first.out, first.code) == (b"", 0)
    assert first.err == "chat: 3 complete, 0 failed, 0 not asked; the results are in out.jsonl\n"
    assert texts(tmp_path) == {"a": "Where is Paris?", "b": "Where is Rome?", "c": "Where is Wien?"}
    [one] = [line for line in results(tmp_path) if line["id"] == "b"]
    assert (one["row"], one["verdict"], one["model"], one["attempts"]) == (2, "complete", "echo", 1)
    assert one["usage"]["output_tokens"] == 3 and one["error"] is None and one["cost_usd"] is None
    again = run(*words, home=tmp_path, **KEYS)
    assert (again.code, again.err) == (0, "chat: nothing to ask: 3 of 3 rows are complete in out.jsonl\n")
    assert len(server.requests) == 3
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o600


def test_lines_objects_and_standard_input_are_rows(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "one"}\n{"id": 2, "input": "two", "other": "x"}\n')
    assert batch(server, tmp_path, "in.jsonl").code == 0
    assert texts(tmp_path) == {"1": "one", "2": "two"}
    (tmp_path / "out.jsonl").unlink()
    assert batch(server, tmp_path, "-", "Translate this.", stdin=b"ein Haus\nein Baum\nein Haus\n").code == 0
    assert sorted(texts(tmp_path).values()) == ["Translate this.\n\nein Baum", "Translate this.\n\nein Haus"]


def test_rows_that_are_the_same_are_asked_once(server: LabServer, tmp_path: Path) -> None:
    done = batch(server, tmp_path, "-", stdin=b"one\ntwo\none\n")
    assert "1 rows are the same as an earlier one" in done.err
    assert len(results(tmp_path)) == len(server.requests) == 2


def test_a_template_takes_its_variables_from_the_columns(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    folder = tmp_path / ".config" / "chat" / "templates"
    folder.mkdir(parents=True)
    (folder / "where.toml").write_text('system = "In $language."\nprompt = "Where is $city?"\n')
    done = batch(server, tmp_path, "in.csv", "-t", "where", "--var", "language=French")
    assert done.code == 0, done.err
    assert texts(tmp_path)["a"] == "Where is Paris?"
    assert server.requests[0].json["messages"][0] == {"role": "system", "content": "In French."}
    missing = batch(server, tmp_path, "in.csv", "-t", "where", "--redo", "a")
    assert (missing.code, missing.err.splitlines()[0]) == (
        2,
        "chat: line 2 of in.csv: the template where wants a value for $language",
    )


def test_shards_share_the_rows_whether_counted_from_nought_or_one(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"{number}\n" for number in range(10)))
    for first in (0, 1):
        found: list[str] = []
        for index in range(first, first + 3):
            assert batch(server, tmp_path, "in.txt", "--shard", f"{index}/3").code == 0
            found += texts(tmp_path).values()
            (tmp_path / "out.jsonl").unlink()
        assert sorted(found, key=int) == [str(number) for number in range(10)]


def test_failed_rows_are_asked_again_and_redo_asks_what_it_names(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    server.will_answer(status=400)
    first = batch(server, tmp_path, "in.csv", "--workers", "1")
    assert first.code == 74 and "2 complete, 1 failed, 0 not asked" in first.err
    [failed] = [line for line in results(tmp_path) if line["verdict"] == "failed"]
    assert (failed["id"], failed["error"]["status"]) == ("a", 400)
    assert batch(server, tmp_path, "in.csv", "--redo", "expired").err.startswith("chat: nothing to ask")
    assert batch(server, tmp_path, "in.csv", "--redo", "failed").code == 0
    assert texts(tmp_path)["a"] == "Paris" and len(server.requests) == 4
    assert batch(server, tmp_path, "in.csv", "--redo", "b").code == 0
    assert Counter(line["id"] for line in results(tmp_path)) == {"a": 2, "b": 2, "c": 1}
    unknown = batch(server, tmp_path, "in.csv", "--redo", "z")
    assert (unknown.code, unknown.err) == (2, "chat: in.csv has no row 'z' to ask again\n")


@each(
    ("name", "data", "words", "said"),
    [
        ("in.csv", "1,2\n3,4\n", [], "line 1 of in.csv: it is no header"),
        ("in.csv", "a,b\n1,2\n3\n", ["$a"], "line 3 of in.csv: it has 1 cells, and the header 2"),
        ("in.csv", "a,b\n1,2\n", [], "line 2 of in.csv: it does not say which of its columns is the question"),
        ("in.csv", CITIES, ["Where is $town?"], "line 2 of in.csv: it has no town, which the question wants"),
        ("in.jsonl", '{"a": "b"}\nnothing\n', [], "line 2 of in.jsonl: it is not JSON"),
        ("in.csv", "id,q\na,1\nb,2\na,3\n", [], "line 4 of in.csv: the id 'a' stands in an earlier row too"),
        ("in.csv", CITIES, ["-m", "a", "-m", "b"], "one model answers a batch"),
        ("in.csv", CITIES, ["--shard", "5/4"], "--shard wants I/N, not '5/4'"),
        ("in.csv", CITIES, ["--var", "a=b"], "--var belongs to a template"),
        ("in.csv", CITIES, ["--price", "x"], "--price is USD per million tokens in and out"),
        ("in.csv", CITIES, ["--max-cost", "0.001", "--price", "1000/1"], "this answer could cost $0.0142"),
        ("in.csv", CITIES, ["--schema", "{"], "the schema is not JSON"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    server: LabServer, tmp_path: Path, name: str, data: str, words: list[str], said: str
) -> None:
    (tmp_path / name).write_text(data)
    done = batch(server, tmp_path, name, *words)
    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith(f"chat: {said}"), done.err
    assert server.requests == []


def test_a_file_of_results_that_cannot_be_one_is_told_before_anything_is_sent(
    server: LabServer, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text('{"q": "why?"}\n')
    (tmp_path / "other.md").write_text("# mine\n")
    for out, code, said in (
        ("in.jsonl", 2, "in.jsonl holds the rows, and cannot take the results"),
        ("other.md", 2, "line 1 of other.md is no result of a batch"),
        ("none/out.jsonl", 74, "cannot write to none/out.jsonl: no such file or directory"),
        (".", 74, "cannot write to .: is a directory"),
    ):
        done = run("batch", "in.jsonl", "--out", out, *at(server.url), "-m", "echo", home=tmp_path, **KEYS)
        assert done.err.startswith(f"chat: {said}") and done.code == code
    assert run("batch", "in.jsonl", home=tmp_path).err.startswith("chat: where do the results go?")
    assert (tmp_path / "other.md").read_text() == "# mine\n"
    assert (tmp_path / "in.jsonl").read_text() == '{"q": "why?"}\n'
    assert server.requests == []


def test_twenty_kills_lose_no_finished_row_and_write_none_twice(tmp_path: Path) -> None:
    rows, dice = 400, random.Random(7)
    (tmp_path / "in.txt").write_text("".join(f"question {number}\n" for number in range(rows)))
    bucket = Quirk("", "", token_bucket(120, 10, latency_s=0.05))
    with LabServer(quirks=[bucket]) as server:
        words = [*CHAT, "batch", "in.txt", "--out", "out.jsonl", *at(server.url), "-m", "echo", "-q"]
        env = environment(tmp_path, **KEYS)
        before: set[str] = set()
        for _ in range(20):
            with forked.start(words, env, tmp_path, stdin=subprocess.DEVNULL) as child:
                time.sleep(dice.uniform(0.05, 0.35))
                os.kill(child.pid, signal.SIGKILL)
            whole = (tmp_path / "out.jsonl").read_bytes().rpartition(b"\n")[0] if before else b""
            ids = [json.loads(line)["id"] for line in whole.splitlines()]
            assert len(ids) == len(set(ids)) and before <= set(ids)
            before = set(ids) or before
            (tmp_path / "out.jsonl").open("ab").close()
            before = {json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_bytes().splitlines(True)[:-1]}
        done = batch(server, tmp_path, "in.txt")
    assert done.code == 0, done.err
    found = Counter(line["id"] for line in results(tmp_path) if line["verdict"] == "complete")
    assert len(found) == rows and set(found.values()) == {1}


def test_the_beginning_of_a_line_that_a_killed_writer_left_is_removed(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    batch(server, tmp_path, "in.csv")
    data = (tmp_path / "out.jsonl").read_bytes()
    (tmp_path / "out.jsonl").write_bytes(data[:-40])
    done = batch(server, tmp_path, "in.csv")
    assert "the last line of out.jsonl was not whole, and is removed" in done.err
    assert done.code == 0 and len(results(tmp_path)) == 3 and len(server.requests) == 4


WITH_SMALL_FILES = """
import resource
from chatbot.__main__ import run
resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))
run()
"""


def test_a_full_disk_in_the_middle_loses_no_answer(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"question {number}\n" for number in range(60)))
    words = ["batch", "in.txt", "--out", "out.jsonl", *at(server.url), "-m", "echo"]
    done = run_code(WITH_SMALL_FILES, *words, home=tmp_path, check=False, loaded=True, **KEYS)
    assert done.code == 74
    assert "chat: cannot write to out.jsonl: " in done.err
    kept, rescued = results(tmp_path), [json.loads(line) for line in done.out.splitlines()]
    assert kept and rescued
    assert {line["verdict"] for line in (*kept, *rescued)} == {"complete"}
    assert len(kept) + len(rescued) == len(server.requests) < 60
    with (tmp_path / "out.jsonl").open("ab") as out:
        out.write(done.out)
    assert batch(server, tmp_path, "in.txt").code == 0
    assert len(server.requests) == 60 and len(texts(tmp_path)) == 60


def test_ctrl_c_begins_nothing_new_and_waits_for_what_runs(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"question {number}\n" for number in range(200)))
    slow = Quirk("", "", token_bucket(1000, 1000, latency_s=0.5))
    with LabServer(quirks=[slow]) as server:
        words = [*CHAT, "batch", "in.txt", "--out", "out.jsonl", *at(server.url), "-m", "echo", "--workers", "4"]
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        with forked.start(words, environment(tmp_path, **KEYS), tmp_path, **pipes) as child:
            while len(server.requests) < 6:
                time.sleep(0.01)
            os.kill(child.pid, signal.SIGINT)
            err = child.communicate(timeout=10)[1].decode()
        assert child.returncode == 130
        assert len(results(tmp_path)) == len(server.requests) < 20
        assert f"{len(results(tmp_path))} complete, 0 failed, {200 - len(results(tmp_path))} not asked" in err


def test_a_second_ctrl_c_cuts(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\n")
    with LabServer(hang_s=30) as server:
        words = [*CHAT, "batch", "in.txt", "--out", "out.jsonl", *at(server.url), "-m", "hang-before-headers"]
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        with forked.start(words, environment(tmp_path, **KEYS), tmp_path, **pipes) as child:
            while len(server.requests) < 2:
                time.sleep(0.01)
            os.kill(child.pid, signal.SIGINT)
            time.sleep(0.3)
            os.kill(child.pid, signal.SIGINT)
            child.communicate(timeout=10)
        assert child.returncode == 130
    assert results(tmp_path) == []


def test_a_cost_is_kept_and_told(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"word {number}\n" for number in range(30)))
    words = ["in.txt", "--price", "1000/1000", "--max-tokens", "10", "--max-cost", "0.1"]
    done = batch(server, tmp_path, *words)
    costs = [line["cost_usd"] for line in results(tmp_path)]
    assert set(costs) == {0.004}  # two tokens in, two out
    assert done.code == 74 and sum(costs) <= 0.1 and 15 < len(costs) < 26
    assert "for those before it; --max-cost allows $0.1" in done.err
    assert f", ${sum(costs):.3g}; the results" in done.err
    [entry] = ledger(tmp_path)
    assert (entry["kind"], entry["requests"], entry["unpriced"]) == ("batch", len(costs), 0)
    assert entry["usd"] == pytest.approx(sum(costs))


def test_a_limit_without_a_price_is_refused(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    for words in (["--max-cost", "1"], ["--budget", "1 USD/day"]):
        done = batch(server, tmp_path, "in.csv", *words)
        assert done.code == 78 and "what openai/echo costs at this address is not known" in done.err
    assert server.requests == []


def test_a_budget_holds_over_runs_and_what_is_left_is_asked_later(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"word {number}\n" for number in range(30)))
    words = ["in.txt", "--price", "1000/1000", "--max-tokens", "10"]
    done = batch(server, tmp_path, *words, "--budget", "0.1 USD/day")
    first = len(results(tmp_path))
    assert done.code == 75 and 15 < first < 26 and "is left of the budget of 0.1 USD/day" in done.err
    assert batch(server, tmp_path, *words, "--budget", "0.1 USD/day").code == 75
    assert batch(server, tmp_path, *words, "--budget", "1 USD/day").code == 0  # nothing is reserved any more
    assert len(results(tmp_path)) == 30 and ledger(tmp_path)[0]["usd"] == pytest.approx(0.12)


def test_an_answer_that_does_not_fit_the_schema_is_not_complete(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    words = ["in.csv", "How old is $city?", "--schema", "age int"]
    done = batch(server, tmp_path, *words, model="ignores-schema")
    assert done.code == 65 and "0 complete, 3 failed (3 do not fit the schema), 0 not asked" in done.err
    assert {(line["verdict"], line["error"]["type"]) for line in results(tmp_path)} == {("misfit", "SchemaMismatch")}
    assert batch(server, tmp_path, *words).code == 0
    fitting = results(tmp_path)[3:]
    assert len(fitting) == 3 and all(line["data"] == {"age": 1} and not line["error"] for line in fitting)


def test_a_template_brings_its_schema(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    run("--save-template", "age", "--schema", "age int", "How old is $city?", home=tmp_path)
    assert batch(server, tmp_path, "in.csv", "-t", "age").code == 0
    assert [line["data"] for line in results(tmp_path)] == [{"age": 1}] * 3


def test_too_many_failures_stop_it(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"word {number}\n" for number in range(50)))
    done = batch(server, tmp_path, "in.txt", "--max-failures", "3", "--workers", "1", model="context-too-long")
    assert done.code == 74 and "stopped: --max-failures 3 is reached" in done.err
    assert len(server.requests) == len(results(tmp_path)) == 3


@pytest.mark.parametrize(("model", "code"), [("wrong-key", 77), ("unknown-model", 1), ("quota", 1)])
def test_what_is_wrong_with_every_row_is_asked_once_or_so(
    server: LabServer, tmp_path: Path, model: str, code: int
) -> None:
    (tmp_path / "in.txt").write_text("".join(f"word {number}\n" for number in range(100)))
    done = batch(server, tmp_path, "in.txt", "--workers", "2", model=model)
    assert done.code == code
    assert results(tmp_path) == []
    assert sum(request.method == "POST" for request in server.requests) <= 2


def test_a_dry_run_counts_and_sends_nothing(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    done = batch(server, tmp_path, "in.csv", "Where is $city?", "--dry-run", "--price", "1/2", "--max-tokens", "100")
    assert done.code == 0 and server.requests == []
    assert done.text.splitlines()[2] == "to ask:    3, of echo"
    assert "cost:      about $0.000624\n" in done.text
    assert not list(tmp_path.glob("*.jsonl")), "no file is made"


def test_answers_from_the_cache_are_not_asked_again(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CITIES)
    assert batch(server, tmp_path, "in.csv", "--cache").code == 0
    (tmp_path / "out.jsonl").unlink()
    assert batch(server, tmp_path, "in.csv", "--cache").code == 0
    assert len(server.requests) == 3 and texts(tmp_path)["a"] == "Paris"


def test_no_key_is_in_the_results(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\n")
    batch(server, tmp_path, "in.txt", model="key-echo")
    server.will_answer(f"your key is {KEY}")
    (tmp_path / "more.txt").write_text("two\n")
    batch(server, tmp_path, "more.txt")
    data = (tmp_path / "out.jsonl").read_text()
    assert KEY not in data and "[key]" in data
