"""`chat -m A -m B`, and `chat logs replay`: for a person at a terminal, and in pipes."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, Result, at, run
from tests.journeys.test_cost import PRICE, USD, rows, will_answer
from tests.journeys.test_on_a_terminal import Person

FAULTS = (
    "wrong-key no-permission unknown-model context-too-long quota always-500 html-502 reset-before-headers cut "
    "no-end-marker error-in-stream empty-200 html-200 not-http"
).split()


def models(*names: str) -> list[str]:
    return [word for name in names for word in ("-m", name)]


def ask(server: LabServer, home: Path, names: list[str], *words: str, **variables: str) -> Result:
    return run(*at(server.url), *models(*names), *words, home=home, **{**KEYS, **variables})


def person(server: LabServer, home: Path, names: list[str], *words: str, size: tuple[int, int] = (80, 24)) -> Person:
    return Person([*at(server.url), *models(*names), *words], home, *size)


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.text.splitlines()]


def kept(home: Path) -> list[dict[str, Any]]:
    """The conversations, the newest first."""
    return objects(run("logs", "list", "--json", home=home))


def test_a_pipe_gets_an_object_for_each_with_what_it_took(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo", "reasoning"], "--json", "hello you")
    found = {each["name"]: each for each in objects(result)}
    assert {name: each["text"] for name, each in found.items()} == {
        "openai/echo": "hello you",
        "openai/reasoning": "Forty-two.",
    }
    for each in found.values():
        assert each["verdict"] == "complete" and 0 < each["first_text_s"] <= each["total_s"] < 20
        assert not each["cost"]["known"] and each["cost_estimate_usd"] is None
        assert each["traffic"]["requests"] == 1
    assert result.code == 0
    assert "openai/echo: first text" in result.err and "price unknown" in result.err


def test_a_pipe_without_a_form_is_refused_before_anything_is_sent(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo", "reasoning"], "hello")
    assert result.code == 2 and not result.out
    assert "cannot be told apart in a pipe" in result.err and "--json" in result.err and "--out DIR" in result.err
    assert not server.requests


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-i"], "a session is with one model"),
        (["--race", "--diff"], "do not go together"),
        (["--race", "--columns"], "do not go together"),
        (["-x"], "are for one model"),
        (["--schema", "a int", "--repair"], "are for one model"),
        (["--columns", "-v"], "do not go together"),
        (models(*["echo"] * 15), "17 models are too many"),
    ],
)
def test_what_does_not_go_together_is_said(server: LabServer, tmp_path: Path, words: list[str], said: str) -> None:
    result = ask(server, tmp_path, ["echo", "slow"], "--json", *words, "hello")
    assert result.code == 2 and said in result.err and not server.requests


def test_what_is_for_several_is_refused_for_one(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo"], "--race", "hello")
    assert result.code == 2 and "--race is for several models" in result.err


def test_each_fault_is_told_in_its_place_and_disturbs_nobody(server: LabServer, tmp_path: Path) -> None:
    names = [f"openai/{name}" for name in ("echo", *FAULTS)]
    result = ask(server, tmp_path, ["echo", *FAULTS], "--json", "--max-retries", "0", "hello")
    found = {each["name"]: each for each in objects(result)}
    assert set(found) == set(names)
    assert found["openai/echo"]["text"] == "hello" and found["openai/echo"]["exit_code"] == 0
    failed = {name: each["exit_code"] for name, each in found.items() if each["exit_code"]}
    assert found["openai/wrong-key"]["exit_code"] == 77 and found["openai/cut"]["exit_code"] == 74
    assert len(failed) == len(FAULTS) and result.code == max(failed.values()) == 77
    assert all(f"{name} ({code})" in result.err for name, code in failed.items())


def test_one_without_a_provider_or_a_key_is_told_beside_the_answer_of_another(tmp_path: Path) -> None:
    result = run(*models("lab/echo", "nosuch/m", "openai/gpt-5"), "--json", "hello", home=tmp_path)
    found = {each["name"]: each for each in objects(result)}
    assert found["lab/echo"]["text"] == "hello"
    assert found["nosuch/m"]["exit_code"] == 2 and found["openai/gpt-5"]["exit_code"] == 78
    assert result.code == 78
    assert "no provider 'nosuch'" in result.err and "OPENAI_API_KEY is not set" in result.err


def test_what_is_wrong_with_all_of_them_is_said_once(tmp_path: Path) -> None:
    result = run(*models("nosuch/a", "nosuch/b"), "--json", "hello", home=tmp_path)
    assert result.code == 2 and not result.out and result.err.count("no provider") == 1


def test_sixteen_are_asked_at_once(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo"] * 16, "--json", "hello")
    found = objects(result)
    assert result.code == 0 and {each["text"] for each in found} == {"hello"}
    assert len({each["name"] for each in found}) == 16
    assert len(server.requests) == 16 and len(kept(tmp_path)) == 16


def test_each_answer_has_a_file_and_no_file_is_overwritten(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo", "wrong-key", "reasoning"], "--out", "answers", "hello")
    files = {path.name: path.read_text() for path in (tmp_path / "answers").iterdir()}
    assert files == {"openai-echo.md": "hello\n", "openai-reasoning.md": "Forty-two.\n"}
    assert result.code == 77 and not result.out
    again = ask(server, tmp_path, ["echo", "reasoning"], "--out", "answers", "other")
    assert again.code == 2 and "is there already" in again.err
    assert (tmp_path / "answers" / "openai-echo.md").read_text() == "hello\n"


def test_the_difference_goes_into_a_pipe_alone_or_as_an_object(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo", "reasoning"], "--diff", "Forty-three.")
    assert result.text == "Forty-[-three-]{+two+}.\n" and result.code == 0
    last = objects(ask(server, tmp_path, ["echo", "reasoning"], "--diff", "--json", "Forty-three."))[-1]
    assert last["first"] == "openai/echo" and last["second"] == "openai/reasoning"
    assert [each["side"] for each in last["diff"]] == ["both", "first", "second", "both"]


def test_a_race_in_a_pipe_is_the_answer_of_the_first_one_alone(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["hang-in-stream", "echo", "wrong-key"], "--race", "hello")
    assert (result.text, result.code) == ("hello\n", 0)
    nobody = ask(server, tmp_path, ["wrong-key", "cut"], "--race", "hello")
    assert nobody.text == "" and nobody.code == 77


def test_a_race_ends_with_the_first_complete_answer(server: LabServer, tmp_path: Path) -> None:
    result = ask(
        server, tmp_path, ["hang-in-stream", "slow", "hang-before-headers"], "--race", "--json", "--price=4/4", "hello"
    )
    first, *others = objects(result)
    assert first["name"] == "openai/slow" and result.code == 0
    assert {each["verdict"] for each in others} == {"cancelled"} and len(others) == 2
    assert all(each["cost_estimate_usd"] > 0 and not each["cost"]["known"] for each in others)
    assert "openai/hang-in-stream:" in result.err and "stopped" in result.err


def test_their_conversations_belong_together_and_the_first_is_gone_on_with(server: LabServer, tmp_path: Path) -> None:
    assert ask(server, tmp_path, ["echo", "reasoning"], "--json", "hello").code == 0
    first, other = kept(tmp_path)
    assert (first["model"], other["model"]) == ("echo", "reasoning")
    assert other["compared_to"] == first["id"] and first["compared_to"] is None
    page = run("logs", "show", first["id"], home=tmp_path).text
    assert f"asked of other models too: `{other['id']}` (reasoning)" in page
    assert f"`{first['id']}` (echo)" in run("logs", "show", other["id"], home=tmp_path).text
    assert run(*at(server.url), "-m", "echo", "-c", "again", home=tmp_path, **KEYS).code == 0
    assert [(each["id"], each["turns"]) for each in kept(tmp_path)] == [(first["id"], 2), (other["id"], 1)]


def test_a_conversation_goes_on_with_several_in_copies(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "one", home=tmp_path, **KEYS)
    [before] = kept(tmp_path)
    assert ask(server, tmp_path, ["echo", "reasoning"], "-c", "--json", "two").code == 0
    for request in server.requests[1:]:
        assert [message["content"] for message in json.loads(request.body)["messages"]] == ["one", "one", "two"]
    found = kept(tmp_path)
    assert [(each["turns"], each["forked_from"]) for each in found[:2]] == [(2, before["id"])] * 2
    assert found[2]["id"] == before["id"] and found[2]["turns"] == 1


def test_nothing_is_kept_where_that_is_not_wanted(server: LabServer, tmp_path: Path) -> None:
    assert ask(server, tmp_path, ["echo", "reasoning"], "-n", "--json", "hello").code == 0
    assert kept(tmp_path) == []


def test_answers_come_from_the_cache_and_from_a_cassette(server: LabServer, tmp_path: Path) -> None:
    for _ in range(2):
        result = ask(server, tmp_path, ["echo", "reasoning"], "--cache", "--json", "hello")
    assert {each["cache"]["hit"] for each in objects(result)} == {True} and len(server.requests) == 2
    assert {each["cost"]["usd"] for each in objects(result)} == {0}
    ask(server, tmp_path, ["echo", "reasoning"], "--record", "c.jsonl", "--har", "h.har", "--json", "hello")
    replayed = ask(server, tmp_path, ["echo", "reasoning"], "--replay", "c.jsonl", "--json", "hello")
    assert {each["text"] for each in objects(replayed)} == {"hello", "Forty-two."} and len(server.requests) == 4
    archive = json.loads((tmp_path / "h.har").read_text())
    assert len(archive["log"]["entries"]) == 2 and KEY not in json.dumps(archive)


def test_the_http_of_each_is_told_under_its_name(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo", "reasoning"], "-v", "--json", "hello")
    parts = result.err.split("chat: openai/")
    assert len(parts) == 5 and KEY not in result.err  # a head and a footer each
    assert [part.count("> POST") for part in parts] == [0, 1, 0, 1, 0]


def test_settings_of_a_model_count_for_that_one(server: LabServer, tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "chat"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[aliases]\nshort = "openai/echo"\n[models."openai/echo"]\nmax-tokens = 7\n')
    variables = {**KEYS, "OPENAI_BASE_URL": f"{server.url}/v1"}
    result = run(*models("short", "openai/reasoning"), "--json", "hello", home=tmp_path, **variables)
    assert {each["name"] for each in objects(result)} == {"openai/echo", "openai/reasoning"}
    sent = [json.loads(request.body) for request in server.requests]
    assert {body["model"]: body.get("max_completion_tokens") for body in sent} == {"echo": 7, "reasoning": None}


def test_a_person_sees_the_first_stream_and_how_far_the_others_are(server: LabServer, tmp_path: Path) -> None:
    one = person(server, tmp_path, ["hang-in-stream", "hang-before-headers", "echo"], "hello")
    one.wait_for(
        lambda: "openai/echo                 done," in "\n".join(one.rows) and "The lab" in "\n".join(one.rows)
    )
    rows = one.rows
    assert rows[0] == "── openai/hang-in-stream ──" and rows[2].startswith("The lab")
    assert rows[4].startswith("openai/hang-before-headers  waiting")
    one.child.sendintr()
    assert one.leave() == 130
    text = "\n".join(one.rows)
    assert "openai/hang-in-stream: stopped" in text and "openai/hang-before-headers: stopped" in text
    assert text.index("── openai/hang-in-stream ──") < text.index("── openai/echo ──") < text.index("\nhello\n")
    assert one.screen.at_start_of_empty_row
    endings = {each["model"]: each["ending"] for each in kept(tmp_path)}
    assert endings == {"hang-in-stream": "cancelled", "hang-before-headers": "cancelled", "echo": "complete"}


def test_a_second_ctrl_c_ends_at_once(server: LabServer, tmp_path: Path) -> None:
    one = person(server, tmp_path, ["hang-in-stream", "echo"], "hello")
    one.wait_for_text("The lab")
    one.child.kill(signal.SIGINT)
    one.child.kill(signal.SIGINT)
    assert one.leave() == 130


@pytest.mark.parametrize("size", [(40, 12), (100, 40)], ids=str)
def test_each_answer_stands_whole_under_its_head(server: LabServer, tmp_path: Path, size: tuple[int, int]) -> None:
    one = person(server, tmp_path, ["slow", "reasoning", "wrong-key"], "hello", size=size)
    assert one.leave() == 77
    text = " ".join(" ".join(one.rows).split())
    assert "── openai/slow ── The lab sends this answer one word at a time" in text
    assert "── openai/reasoning ── " in text and "Forty-two. first text" in text
    assert "rejected the key" in text and "1 of 3 gave no complete answer: openai/wrong-key (77)" in text


def test_columns_stand_side_by_side(server: LabServer, tmp_path: Path) -> None:
    one = person(server, tmp_path, ["slow", "hang-in-stream"], "--columns", "hello", size=(120, 30))
    one.wait_for_text("done,")
    assert [part.strip() for part in one.rows[0].split("│")] == ["openai/slow", "openai/hang-in-stream"]
    assert [part.split()[0] for part in one.rows[-1].split("│")] == ["done,", "receiving,"]
    one.child.sendintr()
    assert one.leave() == 130
    assert any("first text" in row for row in one.rows)


def test_columns_that_have_no_room_are_said_and_left(server: LabServer, tmp_path: Path) -> None:
    one = person(server, tmp_path, ["echo", "reasoning"], "--columns", "hello", size=(100, 30))
    assert one.leave() == 0
    assert "columns need 50 cells each, and have 48" in " ".join(one.rows)
    assert "── openai/echo ──" in one.rows


def test_a_race_on_a_terminal_shows_who_has_won(server: LabServer, tmp_path: Path) -> None:
    one = person(server, tmp_path, ["hang-in-stream", "echo"], "--race", "hello")
    assert one.leave() == 0
    assert one.rows[:3] == ["── openai/echo ──", "", "hello"]
    assert any(row.startswith("chat: openai/hang-in-stream: ") for row in one.rows)
    assert not any("The lab sends" in row for row in one.rows)


def test_a_conversation_is_asked_again_of_another_model(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "Forty-three.", home=tmp_path, **KEYS)
    run(*at(server.url), "-m", "echo", "-c", "Forty-four.", home=tmp_path, **KEYS)
    [before] = kept(tmp_path)
    words = ["logs", "replay", before["id"][:4], *at(server.url), "-m", "reasoning"]
    result = run(*words, "--diff", home=tmp_path, **KEYS)
    assert (result.text, result.code) == ("Forty-[-three-]{+two+}.\nForty-[-four-]{+two+}.\n", 0)
    sent = [message["content"] for message in json.loads(server.requests[-1].body)["messages"]]
    assert sent == ["Forty-three.", "Forty-two.", "Forty-four."]
    replayed, _ = kept(tmp_path)
    assert (replayed["compared_to"], replayed["turns"]) == (before["id"], 2)
    first, _ = objects(run(*words, "--json", "--diff", home=tmp_path, **KEYS))
    assert first["question"] == "Forty-three." and first["before"]["model"] == "echo" and first["text"] == "Forty-two."
    assert first["diff"][1] == {"side": "first", "text": "three"}


def test_a_conversation_is_asked_again_until_an_answer_is_not_whole(server: LabServer, tmp_path: Path) -> None:
    for words in (["one"], ["-c", "two"]):
        run(*at(server.url), "-m", "echo", *words, home=tmp_path, **KEYS)
    result = run("logs", "replay", *at(server.url), "-m", "wrong-key", "--json", home=tmp_path, **KEYS)
    assert result.code == 77 and len(objects(result)) == 1
    assert "question 1 of 2 has no whole answer; the rest is not asked" in result.err


def test_a_person_sees_each_question_its_answer_and_what_is_new(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "Forty-three.", home=tmp_path, **KEYS)
    one = Person(["logs", "replay", *at(server.url), "-m", "reasoning", "--diff"], tmp_path)
    assert one.leave() == 0
    text = "\n".join(one.rows)
    assert "> Forty-three." in text and "\nForty-two.\n" in text
    assert "── openai/echo → openai/reasoning ──\n\nForty-[-three-]{+two+}." in text


@pytest.mark.parametrize(("words", "said"), [(["--json"], "Name it"), (models("a"), "in a pipe")])
def test_what_a_replay_needs_is_said(server: LabServer, tmp_path: Path, words: list[str], said: str) -> None:
    run(*at(server.url), "-m", "echo", "one", home=tmp_path, **KEYS)
    result = run("logs", "replay", *words, home=tmp_path)
    assert result.code == 2 and said in result.err


def test_a_piped_image_and_a_template_go_to_each(server: LabServer, tmp_path: Path) -> None:
    picture = io.BytesIO()
    Picture.new("RGB", (2, 2)).save(picture, "png")
    run("--save-template", "t", "--system", "Be brief.", "$input twice", home=tmp_path)
    words = [*at(server.url), *models("echo", "reasoning"), "-t", "t", "--image", "-", "--json", "what?"]
    assert run(*words, home=tmp_path, stdin=picture.getvalue(), **KEYS).code == 0
    first, second = [json.loads(request.body)["messages"] for request in server.requests]
    assert first == second and first[0]["content"] == "Be brief."
    kinds = [part["type"] for part in first[1]["content"]]
    assert sorted(kinds) == ["image_url", "text"]


@pytest.mark.parametrize("after", [(40, 12), (140, 40)], ids=str)
@pytest.mark.parametrize("words", [[], ["--columns"]], ids=["in turn", "columns"])
def test_a_resize_in_the_middle_loses_nothing(
    server: LabServer, tmp_path: Path, words: list[str], after: tuple[int, int]
) -> None:
    one = person(server, tmp_path, ["slow", "reasoning"], *words, "hello", size=(110, 24))
    one.wait_for_text("The lab sends")
    one.child.setwinsize(after[1], after[0])
    one.screen.resize(after[1], after[0])
    assert one.leave() == 0
    left = " ".join(row.partition("│")[0].strip() for row in one.rows)
    assert "at a time" in " ".join(left.split()) and "break." in left
    assert "Forty-two." in "\n".join(one.rows) and one.screen.at_start_of_empty_row


def test_on_a_screen_without_colours_or_redrawing_they_stand_one_below_the_other(
    server: LabServer, tmp_path: Path
) -> None:
    words = [*at(server.url), *models("echo", "reasoning"), "hello"]
    one = Person(words, tmp_path, NO_COLOR="1", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert one.leave() == 0
    assert b"\x1b" not in one.seen and one.seen.isascii()
    assert one.rows[:3] == ["-- openai/echo --", "", "hello"] and "-- openai/reasoning --" in one.rows


def test_each_answer_is_held_against_the_schema(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, ["echo", "ignores-schema"], "--schema", "age int", "--json", "how old?")
    found = {each["model"]: each for each in objects(result)}
    good, bad = found["echo"], found["ignores-schema"]
    assert (good["data"], good["valid"], good["exit_code"]) == ({"age": 1}, True, 0)
    assert (bad["text"][:7], bad["valid"], bad["exit_code"]) == ("The lab", False, 65)
    assert result.code == 65 and "1 of 2 gave no complete answer: openai/ignores-schema (65)" in result.err


def test_each_is_paid_for_and_stands_in_the_history_and_the_ledger(server: LabServer, tmp_path: Path) -> None:
    for _ in range(2):
        will_answer(server)
    result = ask(server, tmp_path, ["gpt-x", "gpt-y"], "--json", PRICE, "hello")
    assert [each["cost"]["usd"] for each in objects(result)] == [USD, USD]
    assert result.err.count("; $0.004; complete") == 2
    assert [each["usd"] for each in rows(tmp_path, "logs", "cost", "--by", "model")] == [USD, USD]
    [entry] = rows(tmp_path, "ledger")
    assert (entry["requests"], entry["usd"], entry["unpriced"]) == (2, 2 * USD, 0)


def test_what_each_may_cost_is_limited_before_any_is_sent(server: LabServer, tmp_path: Path) -> None:
    tight = ["--json", PRICE, "--max-tokens", "10000", "--max-cost", "0.09", "hello"]
    refused = ask(server, tmp_path, ["echo", "reasoning"], *tight)
    assert refused.code == 2 and refused.err.count("--max-cost allows $0.09") == 2 and not server.requests
    assert {each["cost"]["usd"] for each in objects(refused)} == {0}
    tight[5] = "0.11"
    assert ask(server, tmp_path, ["echo", "reasoning"], *tight).code == 0 and len(server.requests) == 2


def test_a_budget_is_of_all_of_them_together(server: LabServer, tmp_path: Path) -> None:
    words = ["--json", PRICE, "--max-tokens", "10000", "--budget", "0.15 USD/day", "hello"]
    for _ in range(2):  # what was reserved for the first is given back
        server.requests.clear()
        result = ask(server, tmp_path, ["echo", "reasoning"], *words)
        found = {each["name"]: each for each in objects(result)}
        assert found["openai/echo"]["text"] == "hello" and len(server.requests) == 1
        assert result.code == 75 and "is reserved for answers on the way" in result.err


def test_what_was_stopped_is_counted_by_about_what_it_took(server: LabServer, tmp_path: Path) -> None:
    names = ["hang-in-stream", "slow"]
    words = ["--race", "--json", PRICE, "--max-tokens", "10000", "--budget", "0.25 USD/day", "hello"]
    for asked in (1, 2):
        assert ask(server, tmp_path, names, *words).code == 0
        [entry] = rows(tmp_path, "ledger")
        assert entry["requests"] == 2 * asked and entry["unpriced"] == asked and 0 < entry["usd"] < 0.01


def test_a_conversation_is_asked_again_only_within_what_it_may_cost(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    words = ["logs", "replay", *at(server.url), "-m", "reasoning", "--json", PRICE]
    refused = run(*words, home=tmp_path, **KEYS, CHAT_BUDGET="0.01 USD/day")
    assert refused.code == 78 and len(server.requests) == 1
    refused = run(*words, "--max-cost", "0.01", home=tmp_path, **KEYS)
    assert refused.code == 2 and len(server.requests) == 1
    assert run(*words, "--max-cost", "0.5", home=tmp_path, **KEYS).code == 0 and len(server.requests) == 2
