"""`--schema` and `--repair`: an answer that a program can use, on every wire format and beside every other option."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chatbot.lab.quirks.table import BY_NAME
from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEYS, Result, at, run, run_code
from tests.tables import each
from tests.wires import WIRES

SCHEMA = "name, age int, tags str[]"
FITS = {"name": "text", "age": 1, "tags": ["text"]}
IN_WORDS = "Answer with one JSON document that fits this JSON Schema"


def ask(home: Path, *words: str, model: str = "echo", schema: str = SCHEMA, **variables: Any) -> Result:
    return run("-m", f"lab/{model}", "--schema", schema, *words, "hi", home=home, **variables)


@each("wire", WIRES)
def test_each_wire_format_is_sent_the_schema_and_the_answer_fits(server: LabServer, tmp_path: Path, wire: str) -> None:
    done = run(*at(server.url, wire=wire), "-m", "echo", "--schema", SCHEMA, "hi", home=tmp_path, **KEYS)
    assert (json.loads(done.text), done.err, done.code) == (FITS, "", 0)


@each("wire", WIRES)
def test_an_answer_that_does_not_fit_is_exit_65_and_is_mended_once_when_asked_for(
    server: LabServer, tmp_path: Path, wire: str
) -> None:
    asked = [*at(server.url, wire=wire), "-m", "breaks-schema", "--schema", SCHEMA, "hi"]
    broken = run(*asked, home=tmp_path, **KEYS)
    assert (json.loads(broken.text), broken.code) == ({**FITS, "name": []}, 65)
    assert "the answer does not fit the schema: $.name must be string" in broken.err
    run(*asked, home=tmp_path, **KEYS)  # the second turn of the scenario, so that the next is the first again
    mended = run(*asked, "--repair", home=tmp_path, **KEYS)
    assert (json.loads(mended.text), mended.code) == (FITS, 0)
    assert mended.err == "chat: the answer does not fit the schema: $.name must be string; asked once more\n"


def test_repair_tells_the_model_what_is_wrong_and_asks_once_only(tmp_path: Path) -> None:
    done = ask(tmp_path, "--repair", model="ignores-schema")
    assert (done.text, done.code) == ("The lab answers in words on purpose.\n", 65)
    assert done.err.count("asked once more") == 1
    assert "Ask another model with -m" in done.err
    shown = run("logs", "show", home=tmp_path).text
    assert "This does not fit the JSON Schema: it is not JSON (line 1, column 1: Expecting value)." in shown


def test_json_holds_the_document_and_whether_it_fits(tmp_path: Path) -> None:
    fits = json.loads(ask(tmp_path, "--json").text)
    assert (fits["data"], fits["valid"], fits["error"], fits["exit_code"]) == (FITS, True, None, 0)
    done = ask(tmp_path, "--json", model="breaks-schema")
    broken = json.loads(done.text)
    assert (broken["data"]["name"], broken["valid"], broken["exit_code"], done.code) == ([], False, 65, 65)
    assert broken["error"]["type"] == "SchemaMismatch" and "$.name" in broken["error"]["message"]
    refused = json.loads(ask(tmp_path, "--json", model="refusal").text)
    assert (refused["data"], refused["valid"], refused["verdict"]) == (None, None, "refused")


@pytest.mark.parametrize(("model", "code", "said"), [("refusal", 1, "declined"), ("cut", 74, "broke off")])
def test_another_end_than_the_proper_one_says_enough(tmp_path: Path, model: str, code: int, said: str) -> None:
    done = ask(tmp_path, model=model)
    assert done.code == code and said in done.err and "schema" not in done.err


def test_a_document_that_the_token_limit_cut_does_not_fit_and_says_why(tmp_path: Path) -> None:
    done = ask(tmp_path, "--max-tokens", "2")
    assert (done.text, done.code) == ('{"name": "text",\n', 65)
    assert "stops at the token limit, so that it does not fit the schema" in done.err
    assert "--max-tokens" in done.err
    assert ask(tmp_path, "--max-tokens", "2", "--repair").err.count("asked once more") == 0


def test_a_document_in_a_markdown_block_is_unwrapped_and_that_is_said(tmp_path: Path) -> None:
    done = ask(tmp_path, model="fenced-json")
    assert (done.text.splitlines()[0], done.code) == ("Here it is:", 0)
    assert "came in a Markdown block" in done.err
    alone = ask(tmp_path, "-x", model="fenced-json")
    assert (json.loads(alone.text), alone.err, alone.code) == (FITS, "", 0)


def test_what_checks_a_schema_is_loaded_only_for_one(tmp_path: Path) -> None:
    code = (
        "import sys; from chatbot.cli.main import main; main(sys.argv[1:]);"
        "print([name for name in sys.modules if 'schemas' in name or name == 'fastjsonschema'], file=sys.stderr)"
    )
    for words, loaded in (([], False), (["--schema", SCHEMA], True)):
        done = run_code(code, "-m", "lab/echo", *words, "hi", home=tmp_path)
        assert ("fastjsonschema" in done.err) == ("chatbot.core.schemas" in done.err) == loaded


def test_several_are_items(tmp_path: Path) -> None:
    assert json.loads(ask(tmp_path, "--schema-multi").text) == {"items": [FITS]}


def test_a_schema_is_a_file_or_json_or_the_short_form(tmp_path: Path) -> None:
    text = '{"type": "object", "properties": {"a": {"const": 7}}, "required": ["a"]}'
    (tmp_path / "person.json").write_text(text)
    for schema in ("person.json", str(tmp_path / "person.json"), text):
        assert json.loads(ask(tmp_path, schema=schema).text) == {"a": 7}


@each(
    ("schema", "code", "said"),
    [
        ("nosuch.json", 66, "cannot read nosuch.json: there is no such file"),
        ("./nosuch", 66, "there is no such file"),
        ("folder/", 66, "it is a directory"),
        ("bad.json", 2, "bad.json is not JSON: line 2, column 1"),
        ("list.json", 2, "list.json is no JSON Schema: it is a list, not an object"),
        ('{"type": "strng"}', 2, "$.type is one of string"),
        ("name, age itn", 2, "at field 2, 'age itn'"),
        ("", 2, "the schema has no field"),
    ],
)
def test_what_is_no_schema_is_one_sentence_and_nothing_is_sent(
    server: LabServer, tmp_path: Path, schema: str, code: int, said: str
) -> None:
    (tmp_path / "bad.json").write_text("{\n")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "folder").mkdir()
    done = run(*at(server.url), "-m", "echo", "--schema", schema, "hi", home=tmp_path, **KEYS)
    assert (done.out, done.code) == (b"", code)
    assert said in done.err and "Traceback" not in done.err
    assert not server.requests


def test_what_the_service_does_not_take_is_told_and_nothing_is_sent(server: LabServer, tmp_path: Path) -> None:
    schema = '{"type": "object", "properties": {"a": {"type": "string", "minLength": 2}}, "required": ["a"]}'
    done = run(*at(server.url), "-m", "echo", "--schema", schema, "hi", home=tmp_path, **KEYS)
    assert (done.out, done.code) == (b"", 2)
    assert "takes no schema with minLength ($.properties.a)" in done.err
    assert not server.requests


@each(
    ("words", "said"),
    [
        (["--repair"], "--repair belongs to a schema"),
        (["--schema-multi"], "--schema-multi belongs to a schema"),
        (["--schema", SCHEMA, "-i"], "--schema is for one answer, not for a session"),
        (["-x", "-i"], "--extract is for one answer, not for a session"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(tmp_path: Path, words: list[str], said: str) -> None:
    done = run("-m", "lab/echo", *words, "hi", home=tmp_path)
    assert (done.out, done.code) == (b"", 2) and said in done.err


def test_a_server_that_refuses_the_field_is_told_in_words(tmp_path: Path) -> None:
    with LabServer(quirks=[BY_NAME["no-schema"]]) as server:
        done = run("--provider", "custom", "--base-url", f"{server.url}/v1", "-m", "echo", "-vv",
                   "--schema", SCHEMA, "hi", home=tmp_path)  # fmt: skip
    assert done.code == 65  # the echo knows no words
    assert "asked again without it, and with the schema in the system prompt" in done.err
    assert IN_WORDS in done.err


def test_a_provider_of_ones_own_may_know_no_schemas(server: LabServer, tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "chat"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "providers.toml").write_text(f'[desk]\nbase_url = "{server.url}/v1"\nschemas = "none"\n')
    done = run("-m", "desk/echo", "--schema", SCHEMA, "--dry-run", "--as", "body", "hi", home=tmp_path)
    assert IN_WORDS in done.text and "response_format" not in done.text
    asked = run("-m", "desk/echo", "--schema", SCHEMA, "hi", home=tmp_path)
    assert (asked.text, asked.code) == ("hi\n", 65)
    assert "desk knows no schemas: it is told of this one in the system prompt" in asked.err


def test_a_template_holds_a_schema(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"type": "object", "properties": {"a": {"const": 7}}, "required": ["a"]}')
    for name, schema in (("short", SCHEMA), ("file", "s.json")):
        saved = run("-s", "Be brief.", "--schema", schema, "--save-template", name, home=tmp_path)
        assert saved.code == 0, saved.err
    saved = run("--schema", "a int", "--schema-multi", "--save-template", "several", home=tmp_path)
    assert saved.code == 0
    assert json.loads(run("-m", "lab/echo", "-t", "several", "hi", home=tmp_path).text) == {"items": [{"a": 1}]}
    (tmp_path / "s.json").unlink()
    assert json.loads(run("-m", "lab/echo", "-t", "short", "hi", home=tmp_path).text) == FITS
    assert json.loads(run("-m", "lab/echo", "-t", "file", "hi", home=tmp_path).text) == {"a": 7}
    own = run("-m", "lab/echo", "-t", "short", "--schema", "b int", "hi", home=tmp_path)
    assert json.loads(own.text) == {"b": 1}
    several = run("-m", "lab/echo", "-t", "short", "--schema-multi", "hi", home=tmp_path)
    assert json.loads(several.text) == {"items": [FITS]}


# Each pair of these goes with a schema, and with each other.
OPTIONS = {
    "continue": ["-c"],
    "resume": ["-r", "ID"],
    "template": ["-t", "brief"],
    "image": ["--image", "dot.png"],
    "file": ["-f", "note.txt"],
    "cache": ["--cache"],
    "json": ["--json"],
    "whole": ["--no-stream"],
    "unkept": ["-n"],
    "multi": ["--schema-multi"],
    "repair": ["--repair"],
    "extract": ["-x"],
    "all": ["--extract-all", "out"],
    "verbose": ["-v"],
    "record": ["--record", "c.jsonl"],
}
NEVER = {"continue", "resume"}
AT_ONCE = 5


def together() -> list[list[str]]:
    """Groups of options in which every two of them stand together at least once."""
    wanted = {frozenset(pair) for pair in itertools.combinations(OPTIONS, 2)} - {frozenset(NEVER)}
    groups = []
    while wanted:
        group = sorted(min(wanted, key=sorted))
        while len(group) < AT_ONCE:
            others = [name for name in OPTIONS if name not in group and not {*group, name} >= NEVER]
            group.append(max(others, key=lambda name: sum(frozenset((name, each)) in wanted for each in group)))
        wanted -= {frozenset(pair) for pair in itertools.combinations(group, 2)}
        groups.append(group)
    return groups


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a conversation, a template, an image and a text."""
    home = tmp_path_factory.mktemp("kept")
    Image.new("RGB", (2, 2)).save(home / "dot.png")
    (home / "note.txt").write_text("a note")
    assert run("-m", "lab/echo", "one", home=home).code == 0
    assert run("-s", "Be brief.", "--save-template", "brief", home=home).code == 0
    return home


@each("names", together())
def test_a_schema_goes_with_every_two_other_options(kept: Path, names: list[str]) -> None:
    words = [word for name in names for word in OPTIONS[name]]
    if "ID" in words:
        last = json.loads(run("logs", "list", "--json", home=kept).text.splitlines()[0])
        words = [last["id"] if word == "ID" else word for word in words]
    (kept / "c.jsonl").unlink(missing_ok=True)
    done = ask(kept, *words)
    assert done.code == 0, done.err
    said = json.loads(done.text)
    data = said["data"] if "--json" in words else said
    assert data == ({"items": [FITS]} if "--schema-multi" in words else FITS)
    if "--json" in words:
        assert said["valid"] is True


def test_the_schema_is_a_part_of_the_question_to_the_cache(tmp_path: Path) -> None:
    first = json.loads(ask(tmp_path, "--cache", "--json").text)
    again = json.loads(ask(tmp_path, "--cache", "--json").text)
    other = json.loads(ask(tmp_path, "--cache", "--json", schema="b int").text)
    assert [each["cache"]["hit"] for each in (first, again, other)] == [False, True, False]
    assert again["data"] == FITS and again["valid"] is True and other["data"] == {"b": 1}
