"""`chat probe`, as a person and as a program in CI use it."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from chatbot.lab.quirks.table import BY_NAME
from chatbot.lab.server.http import LabServer
from tests.journeys.chat import COMMAND, KEY, environment, run
from tests.journeys.test_on_a_terminal import Person
from tests.tables import each

URL = ("probe", "-m", "echo")


def test_in_a_pipe_each_row_is_a_line(server: LabServer, tmp_path: Path) -> None:
    result = run(*URL, f"{server.url}/v1", home=tmp_path)
    lines = result.text.splitlines()
    assert "yes  Chat, whole" in lines
    assert {line.split()[0] for line in lines} <= {"yes", "no", "wrong", "unknown"}
    assert result.err == f"chat: asks {server.url}/v1 19 times, for about 4 579 tokens at most\n"
    assert result.code == 0
    assert len(server.requests) == 19


def test_with_a_key_it_is_also_left_out(server: LabServer, tmp_path: Path) -> None:
    result = run(*URL, f"{server.url}/v1", home=tmp_path, CUSTOM_API_KEY=KEY)
    assert len(server.requests) == 20
    assert KEY not in result.text + result.err


def test_the_lab_can_be_probed_by_its_name(tmp_path: Path) -> None:
    result = run("probe", "lab", "--json", home=tmp_path)
    report = json.loads(result.out)
    assert (report["model"], result.code) == ("guide", 0)
    assert {row["answer"] for row in report["rows"]} <= {"yes", "no", "unknown"}


def test_what_was_learnt_is_kept_as_a_provider(tmp_path: Path) -> None:
    quirks = [BY_NAME["no-max-tokens"], BY_NAME["no-seed"], BY_NAME["needs-key"]]
    with LabServer(quirks=quirks) as server:
        saved = run(*URL, f"{server.url}/v1", "--save", "Desk", home=tmp_path, CUSTOM_API_KEY=KEY)
        assert saved.code == 0
        file = tmp_path / ".config/chat/providers.toml"
        assert "saved as desk in ~/.config/chat/providers.toml" in saved.err
        assert "chat -m desk/echo ...; its key is in DESK_API_KEY" in saved.err
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert KEY not in file.read_text()
        asked = run("-m", "desk/echo", "--max-tokens", "9", "--seed", "1", "hi", home=tmp_path, DESK_API_KEY=KEY)
        assert asked.out == b"hi\n"
        body = server.requests[-1].json
        assert (body["max_completion_tokens"], "seed" in body) == (9, False)
        assert run("-m", "desk/echo", "hi", home=tmp_path).code == 78
        again = run("probe", "desk", home=tmp_path, DESK_API_KEY=KEY)
        assert again.code == 0


def test_the_lab_inside_the_program_is_not_saved(tmp_path: Path) -> None:
    saved = run("probe", "lab", "--save", "desk", home=tmp_path)
    assert (saved.code, saved.out) == (2, b"")
    assert "so it is not saved" in saved.err and "chat lab serve" in saved.err
    assert not (tmp_path / ".config/chat/providers.toml").exists()


def test_a_report_that_cannot_be_saved_is_shown_all_the_same(server: LabServer, tmp_path: Path) -> None:
    file = tmp_path / ".config/chat/providers.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[desk")
    result = run(*URL, f"{server.url}/v1", "--save", "desk", home=tmp_path)
    assert "Chat, whole" in result.text
    assert "no provider is saved" in result.err
    assert (result.code, file.read_text()) == (78, "[desk")


@each("name", ["openai", "a b", "../x"])
def test_a_name_that_cannot_be_saved_is_told_before_anything_is_asked(
    server: LabServer, tmp_path: Path, name: str
) -> None:
    result = run(*URL, f"{server.url}/v1", "--save", name, home=tmp_path)
    assert (result.out, result.code) == (b"", 78)
    assert not server.requests


def save(server: LabServer, home: Path, name: str) -> str:
    path = home / name
    path.write_bytes(run(*URL, f"{server.url}/v1", "--json", home=home).out)
    return str(path)


def test_a_feature_that_was_lost_is_told_to_ci(tmp_path: Path) -> None:
    with LabServer() as server:
        before = save(server, tmp_path, "a.json")
        again = run("probe", "--compare", before, f"{server.url}/v1", home=tmp_path)
        assert (again.out, again.code) == (b"", 0)
        assert again.err.endswith(": 0 changed\n")
        from_itself = run("probe", "--compare", before, home=tmp_path)
        assert from_itself.code == 0
        port = int(server.url.rpartition(":")[2])
    with LabServer(port, quirks=[BY_NAME["ignores-stop"], BY_NAME["keep-alive"]]) as server:
        after = save(server, tmp_path, "b.json")
    lost = run("probe", "--compare", before, after, home=tmp_path)
    assert lost.code == 1
    first, second = lost.text.splitlines()
    assert first.startswith("lost    stop")
    assert "yes: obeyed -> wrong: ignored" in first
    assert second.startswith("gained  Keep-alive comments")
    back = run("probe", "--compare", after, before, "--json", home=tmp_path)
    assert [json.loads(line)["change"] for line in back.text.splitlines()] == ["lost", "gained"]
    gone = run("probe", "--compare", before, home=tmp_path)
    assert gone.code == 69


def test_what_is_no_report_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert run("probe", "--compare", "a.json", "a.json", home=tmp_path).code == 78
    assert run("probe", "--compare", "none.json", "a.json", home=tmp_path).code == 66


@each(
    ("words", "said"),
    [
        ([], "which server is to be asked?"),
        (["a", "b"], "chat probe asks one server"),
        (["--compare"], "--compare wants two reports"),
        (["opnai"], "did you mean openai"),
        (["localhost:8080/v1"], "an address begins with http:// or https://"),
        (["lab-anthropic"], "does not speak Chat Completions"),
    ],
)
def test_words_that_make_no_sense_are_told(tmp_path: Path, words: list[str], said: str) -> None:
    result = run("probe", *words, home=tmp_path)
    assert (result.out, result.code) == (b"", 2)
    assert said in result.err


def test_a_server_without_a_list_wants_the_name_of_a_model(tmp_path: Path) -> None:
    with LabServer(quirks=[BY_NAME["no-models"]]) as server:
        result = run("probe", f"{server.url}/v1", home=tmp_path)
        assert len(server.requests) == 1
    assert "the server lists no model, so none was asked; name one with -m" in result.err
    assert result.code == 0


def test_a_missing_key_and_a_short_address_are_told(tmp_path: Path) -> None:
    with LabServer(quirks=[BY_NAME["needs-key"]]) as server:
        result = run(*URL, f"{server.url}/v1", home=tmp_path)
        assert "it wants a key: set CUSTOM_API_KEY" in result.err
        assert result.text.count("Incorrect API key") == 1
    with LabServer() as server:
        server.will_answer(status=404, method="GET", body=b"nothing here")
        short = run("probe", server.url, home=tmp_path)
        assert "most base URLs end with /v1" in short.err


def test_where_nothing_listens_the_exit_code_says_so(tmp_path: Path) -> None:
    with LabServer() as server:
        url = server.url
    result = run("probe", f"{url}/v1", "--save", "desk", home=tmp_path)
    assert result.code == 69
    assert "the connection was refused" in result.text
    assert "nothing is saved" in result.err
    assert not (tmp_path / ".config").exists()


def test_verbose_shows_the_http_without_keys(server: LabServer, tmp_path: Path) -> None:
    result = run(*URL, f"{server.url}/v1", "-vv", home=tmp_path, CUSTOM_API_KEY=KEY)
    assert result.err.count("> POST /v1/chat/completions") == 18
    assert "> Authorization: Bearer (hidden)" in result.err
    assert "< HTTP/1.1  401 Unauthorized" in result.err
    assert "data: [DONE]" in result.err
    assert KEY not in result.err


def test_ctrl_c_shows_what_was_learnt_so_far(tmp_path: Path) -> None:
    with LabServer() as server:
        for _ in range(3):
            server.will_answer("fine")
        server.will_answer(body=[b": waiting\n\n"], then="hang")
        command = [*COMMAND, *URL, f"{server.url}/v1"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path), cwd=tmp_path
        ) as chat:
            deadline_s = time.monotonic() + 20
            while len(server.requests) < 5 and time.monotonic() < deadline_s:
                time.sleep(0.01)
            time.sleep(0.1)
            chat.send_signal(signal.SIGINT)
            out, err = (text.decode() for text in chat.communicate(timeout=20))
    assert chat.returncode == 130
    assert "broken off: this is what was learnt so far" in err
    assert "Traceback" not in err
    rows = {line[9:42].strip(): line.split()[0] for line in out.splitlines()}
    assert (rows["Chat, streamed"], rows["json_schema"]) == ("yes", "unknown")


@pytest.mark.parametrize("columns", [100, 40])
def test_on_a_terminal_it_says_what_it_asks_and_leaves_a_table(server: LabServer, tmp_path: Path, columns: int) -> None:
    person = Person([*URL, f"{server.url}/v1"], tmp_path, columns, 110)
    assert person.leave() == 0
    assert b"/19 Role system" in person.seen
    shown = "\n".join(person.rows)
    assert "/19" not in shown
    assert "Content type of a stream" in shown and "text/event-stream" in shown
    assert b"\x1b[32myes" in person.seen


def test_without_colours_a_terminal_gets_no_escape_sequence(server: LabServer, tmp_path: Path) -> None:
    person = Person([*URL, f"{server.url}/v1"], tmp_path, 80, 60, NO_COLOR="1")
    assert person.leave() == 0
    assert b"\x1b" not in person.seen
    assert any(row.startswith("yes  Chat, whole") for row in person.rows)


def test_ctrl_c_at_a_server_that_hangs_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    with LabServer(hang_s=20) as server:
        person = Person(["probe", "-m", "hang-before-headers", f"{server.url}/v1"], tmp_path, 100, 60)
        person.wait_for_text("max_tokens")
        person.child.send("\x03")
        assert person.leave() == 130
    shown = "\n".join(person.rows)
    assert "broken off: this is what was learnt so far" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("words", [["lab", "serve", "--quirk", "no-don"]])
def test_a_quirk_that_is_none_is_told_with_the_nearest(tmp_path: Path, words: list[str]) -> None:
    result = run(*words, home=tmp_path)
    assert result.code == 2
    assert "did you mean no-done?" in result.err


def test_the_list_of_the_lab_has_the_quirks(tmp_path: Path) -> None:
    listed = run("lab", "list", home=tmp_path).text
    assert all(quirk.name in listed and quirk.happens in listed for quirk in BY_NAME.values())
