"""`chat report`: a file that tells somebody else what happened, and happens again there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import jsonschema

from chatbot.lab.server.http import LabServer
from tests.core.http.har_schema import HAR
from tests.journeys.chat import KEY, KEYS, at, run


def contents(folder: Path) -> dict[str, str]:
    [path] = folder.glob("chat-report-*.zip")
    with zipfile.ZipFile(path) as report:
        return {name: report.read(name).decode() for name in report.namelist()}


def test_a_report_has_all_attempts_and_gives_the_same_answer_on_another_machine(
    server: LabServer, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    server.will_answer(status=429, retry_after="0.01")
    words = [*at(server.url), "-m", "cut", "hello"]
    first = run(*words, home=here, **KEYS)
    told = run("report", "--out", str(there), home=here)
    assert told.code == 0 and "Keys are in none of them" in told.err
    found = contents(there)
    assert sorted(found) == ["about.txt", "cassette.jsonl", "exchanges.har", "report.html", "request.sh"]
    assert not [name for name, text in found.items() if KEY in text]
    assert [entry["response"]["status"] for entry in json.loads(found["exchanges.har"])["log"]["entries"]] == [429, 200]
    assert "Attempt 2" in found["report.html"] and "cut" in found["about.txt"]
    [path] = there.glob("*.zip")
    again = run("--replay", str(path), *words, home=there)
    assert (again.text, again.code) == (first.text, first.code) == (first.text, 74)


def test_without_bodies_no_word_of_the_conversation_is_in_it(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "penguins", home=tmp_path, **KEYS)
    assert run("report", "--no-bodies", home=tmp_path).code == 0
    found = contents(tmp_path)
    assert sorted(found) == ["about.txt", "exchanges.har", "report.html"]
    assert not [name for name, text in found.items() if "penguins" in text]
    [path] = tmp_path.glob("*.zip")
    refused = run("--replay", str(path), *at(server.url), "-m", "echo", "penguins", home=tmp_path)
    assert refused.code == 78 and "has no cassette.jsonl" in refused.err


def test_without_an_exchange_that_is_said(tmp_path: Path) -> None:
    refused = run("report", home=tmp_path)
    assert refused.code == 2 and "no exchange is kept yet" in refused.err


def test_a_zip_that_is_damaged_is_no_cassette(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 and nothing more")
    refused = run("--replay", "bad.zip", *at("http://127.0.0.1:1"), "-m", "echo", "x", home=tmp_path)
    assert (refused.out, refused.code) == (b"", 66)
    assert "bad.zip: it is a damaged zip file" in refused.err


def test_the_archive_of_a_report_without_bodies_is_a_valid_one(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "penguins", home=tmp_path, **KEYS)
    for words in (["report"], ["report", "--no-bodies", "--out", "."]):
        assert run(*words, home=tmp_path).code == 0
    names = sorted(path.name for path in tmp_path.glob("*.zip"))
    assert len(names) == 2 and names[0] == names[1].replace(".zip", "-2.zip")
    for name in names:
        with zipfile.ZipFile(tmp_path / name) as report:
            jsonschema.validate(json.loads(report.read("exchanges.har")), HAR)
