"""`chat batch submit | status | fetch | cancel`: the providers' own batches, seen from outside."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, Result, at, run
from tests.tables import each
from tests.wires import WIRES

ROWS = "id,q\na,one\nb,please expire\nc,please fail\nd,four\ne,five\n"


def submit(server: LabServer, home: Path, wire: str, *words: str) -> Result:
    where = [*at(server.url, wire=wire), "-m", "echo"]
    return run("batch", "submit", "in.csv", "--out", "out.jsonl", *where, *words, home=home, **KEYS)


def told(server: LabServer, home: Path, name: str, wire: str = "openai") -> Result:
    base_url = at(server.url, wire=wire)[-1]
    return run("batch", name, "out.jsonl", "--base-url", base_url, home=home, **KEYS)


def results(home: Path) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in map(json.loads, (home / "out.jsonl").read_text().splitlines())}


@each("wire", WIRES)
def test_rows_are_submitted_here_and_fetched_elsewhere_in_every_wire_format(
    server: LabServer, tmp_path: Path, wire: str
) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    done = submit(server, tmp_path, wire)
    assert (done.code, done.out) == (0, b""), done.err
    assert "5 rows are submitted as " in done.err
    state = (tmp_path / "out.jsonl.batch.json").read_text()
    assert KEY not in state and "echo" in state
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "out.jsonl.batch.json", elsewhere)
    early = told(server, elsewhere, "fetch", wire)
    assert early.code == 75, early.err and "1 batches not over" in early.err
    status = told(server, elsewhere, "status", wire)
    assert status.code == 0 and " of 5 done" in status.text
    fetched = told(server, elsewhere, "fetch", wire)
    assert fetched.code == 74 and "3 complete, 2 not, 0 batches not over" in fetched.err
    found = results(elsewhere)
    assert {name: line["verdict"] for name, line in found.items()} == {
        "a": "complete", "b": "expired", "c": "failed", "d": "complete", "e": "complete",
    }  # fmt: skip
    assert {name: found[name]["text"] for name in "ade"} == {"a": "one", "d": "four", "e": "five"}
    assert found["a"]["usage"]["output_tokens"] == 1 and found["a"]["row"] == 1
    assert found["c"]["error"]["type"] == "ContextTooLong"
    again = told(server, elsewhere, "fetch", wire)
    assert again.code == 0 and len((elsewhere / "out.jsonl").read_text().splitlines()) == 5


def test_nobody_asks_a_row_that_is_submitted_and_expired_ones_are_asked_again(
    server: LabServer, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    submit(server, tmp_path, "openai")
    sent = len(server.requests)
    alone = run("batch", "in.csv", "--out", "out.jsonl", *at(server.url), "-m", "echo", home=tmp_path, **KEYS)
    assert alone.code == 0 and "5 rows are submitted, and are left to: chat batch fetch out.jsonl" in alone.err
    assert "5 rows are submitted" in submit(server, tmp_path, "openai").err
    assert len(server.requests) == sent
    told(server, tmp_path, "status")
    assert told(server, tmp_path, "fetch").code == 74
    (tmp_path / "in.csv").write_text(ROWS.replace("please expire", "two"))
    assert "1 rows are submitted" in submit(server, tmp_path, "openai", "--redo", "expired").err
    told(server, tmp_path, "status")
    assert told(server, tmp_path, "fetch").code == 0
    assert results(tmp_path)["b"]["text"] == "two"
    lines = Counter(json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_text().splitlines())
    assert lines == {"a": 1, "b": 2, "c": 1, "d": 1, "e": 1}


def test_a_complete_row_that_is_submitted_once_more_has_a_new_result(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,q\na,one\nb,please fail\n")
    submit(server, tmp_path, "openai")
    told(server, tmp_path, "status")
    told(server, tmp_path, "fetch")
    for again, others in (("a", 1), ("failed", 2)):
        assert "1 rows are submitted" in submit(server, tmp_path, "openai", "--redo", again).err
        told(server, tmp_path, "status")
        told(server, tmp_path, "fetch")
        lines = Counter(json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_text().splitlines())
        assert lines == {"a": 2, "b": others}


@each("wire", WIRES)
def test_a_cancelled_batch_gives_its_rows_back(server: LabServer, tmp_path: Path, wire: str) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    submit(server, tmp_path, wire)
    assert told(server, tmp_path, "cancel", wire).err.startswith("chat: 1 batches are told to end")
    assert told(server, tmp_path, "fetch", wire).code == 74
    assert {line["verdict"] for line in results(tmp_path).values()} <= {"cancelled", "failed"}
    assert "5 rows are submitted" in submit(server, tmp_path, wire).err


def test_a_submit_that_broke_off_is_not_repeated_unasked(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    server.will_answer(body=b"", then="reset")
    broken = submit(server, tmp_path, "anthropic")
    assert broken.code in (69, 74) and "--redo lost submits them again" in broken.err
    sent = len(server.requests)
    assert "nothing to ask" in submit(server, tmp_path, "anthropic").err
    assert (
        "-  not known: it broke off while it was submitted  5 rows"
        in told(server, tmp_path, "status", "anthropic").text
    )
    assert len(server.requests) == sent
    assert "5 rows are submitted as" in submit(server, tmp_path, "anthropic", "--redo", "lost").err


def test_a_refused_submit_leaves_everything_as_it_was(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    server.will_answer(status=401)
    assert submit(server, tmp_path, "openai").code == 77
    assert json.loads((tmp_path / "out.jsonl.batch.json").read_text())["batches"] == []
    server.will_answer(status=404)
    assert "asks the rows one by one" in submit(server, tmp_path, "openai").err


def test_a_state_file_sends_no_key_to_an_address_that_only_it_names(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    submit(server, tmp_path, "openai")
    sent = len(server.requests)
    done = run("batch", "fetch", "out.jsonl", home=tmp_path, **KEYS)
    assert done.code == 78 and f"the batch is at {server.url}/v1, not at https://api.openai.com/v1" in done.err
    assert len(server.requests) == sent
    (tmp_path / "out.jsonl.batch.json").write_text("{}")
    assert told(server, tmp_path, "status").err.startswith("chat: out.jsonl.batch.json does not say which batches")
    assert told(server, tmp_path, "status").code == 66


@pytest.mark.parametrize(("model", "code"), [("echo", 0), ("ignores-schema", 65)])
def test_the_schema_goes_with_the_batch_and_its_answers_are_held_against_it(
    server: LabServer, tmp_path: Path, model: str, code: int
) -> None:
    (tmp_path / "in.csv").write_text("id,q\na,one\n")
    words = ["batch", "submit", "in.csv", "--out", "out.jsonl", *at(server.url), "-m", model]
    assert run(*words, "--schema", "age int", home=tmp_path, **KEYS).code == 0
    assert told(server, tmp_path, "fetch").code == 75
    assert told(server, tmp_path, "fetch").code == code
    one = results(tmp_path)["a"]
    assert one["data"] == {"age": 1} if code == 0 else one["verdict"] == "misfit"
    other = run(*words, "--redo", "a", home=tmp_path, **KEYS)
    assert other.code == 2 and "another schema" in other.err


def test_a_batch_is_refused_before_it_is_handed_over_and_stands_in_the_ledger(
    server: LabServer, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("id,q\na,one\nb,two\n")
    limited = ["--price", "1000/1000", "--max-tokens", "10", "--max-cost"]
    refused = submit(server, tmp_path, "openai", *limited, "0.02")
    assert refused.code == 2 and "--max-cost allows $0.02" in refused.err and not server.requests
    assert submit(server, tmp_path, "openai", *limited, "0.1").code == 0
    for _ in range(2):
        told(server, tmp_path, "fetch")
    [entry] = map(json.loads, run("ledger", "--json", home=tmp_path).text.splitlines())
    assert entry["kind"] == "batch" and entry["requests"] == len(server.requests) and entry["unpriced"] == 2
