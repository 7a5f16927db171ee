"""`providers.toml`: a provider of one's own."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, run
from tests.test_documents import TABLES

FOLDER = Path(".config/chat")


def write(home: Path, text: str) -> Path:
    (home / FOLDER).mkdir(parents=True, exist_ok=True)
    path = home / FOLDER / "providers.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("words", [["-m", "desk/echo"], ["--provider", "desk"], []])
def test_it_answers_as_any_other(server: LabServer, tmp_path: Path, words: list[str]) -> None:
    write(tmp_path, f'[desk]\nbase_url = "{server.url}/v1"\nmodel = "echo"\ntoken_limit_field = "most"\n')
    result = run(*words, "--max-tokens", "50", "hello", home=tmp_path, DESK_API_KEY=KEY)
    assert (result.out, result.err, result.code) == (b"hello\n", "", 0)
    [request] = server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json["most"] == 50


def test_one_of_another_computer_says_how_it_goes_without_a_key(tmp_path: Path) -> None:
    row = '[desk]\nbase_url = "http://192.168.1.7:8000/v1"\n'
    write(tmp_path, row)
    none = run("-m", "desk/m", "hi", home=tmp_path)
    assert (none.code, "key_required = false in [desk] of providers.toml" in none.err) == (78, True)
    assert "chat keys set" not in none.err, "it would not be sent"
    for is_kept in (False, True):
        if is_kept:
            assert run("keys", "set", "desk", home=tmp_path, stdin=b"k").code == 0
        clear = run("-m", "desk/m", "hi", home=tmp_path, DESK_API_KEY="" if is_kept else "k")
        assert (clear.code, "unencrypted to 192.168.1.7" in clear.err) == (78, True)
        assert "key_required = false in [desk]" in clear.err
        assert ("chat keys unset DESK_API_KEY" in clear.err) == is_kept
    assert run("keys", "unset", "DESK_API_KEY", home=tmp_path).code == 0
    write(tmp_path, f"{row}key_required = false\n")
    assert "192.168.1.7" in run("--dry-run", "-m", "desk/m", "hi", home=tmp_path).text
    write(tmp_path, row.replace("http:", "https:"))
    safe = run("-m", "desk/m", "hi", home=tmp_path)
    assert ("chat keys set desk" in safe.err, "key_required = false in [desk]" in safe.err) == (True, True)


def test_the_one_of_the_readme_answers(server: LabServer, tmp_path: Path) -> None:
    row = TABLES["providers.toml"]
    address = tomllib.loads(row)["desk"]["base_url"]
    write(tmp_path, row)
    assert "192.168.1.7" in run("--dry-run", "-m", "desk/qwen3", "hi", home=tmp_path).text
    write(tmp_path, row.replace(address, f"{server.url}/v1"))
    assert run("-m", "desk/echo", "--max-tokens", "9", "hi", home=tmp_path).out == b"hi\n"
    assert server.requests[0].json["max_completion_tokens"] == 9
    assert "authorization" not in server.requests[0].headers


def test_a_conversation_with_it_goes_on_with_it(server: LabServer, tmp_path: Path) -> None:
    write(tmp_path, f'[desk]\nbase_url = "{server.url}/v1"\n')
    run("-m", "desk/echo", "hello", home=tmp_path)
    assert run("-c", "again", home=tmp_path, **KEYS).out == b"again\n"
    assert run("limits", "desk", home=tmp_path).code == 0


def test_what_is_in_force_knows_it(tmp_path: Path) -> None:
    write(tmp_path, '[desk]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "echo"\n')
    for words, variables in ((["-m", "desk/echo"], ""), (["--provider", "desk"], ""), ([], "k")):
        shown = run("config", *words, home=tmp_path, DESK_API_KEY=variables)
        assert re.search(r"^provider +desk\nmodel +echo\n", shown.text, re.MULTILINE), shown
        assert (shown.err, "http://127.0.0.1:9/v1" in shown.text) == ("", True)


def test_a_broken_file_costs_only_what_names_its_rows(server: LabServer, tmp_path: Path) -> None:
    path = write(tmp_path, f'[desk]\nbase_url = "{server.url}/v1"\n[bad]\nbase = 1\n')
    assert run("--help", home=tmp_path).code == 0
    assert run("-m", "lab/echo", "hi", home=tmp_path).out == b"hi\n"
    assert run("-m", "desk/echo", "hi", home=tmp_path).out == b"hi\n"
    bad = run("-m", "bad/echo", "hi", home=tmp_path)
    assert (bad.out, bad.code) == (b"", 78)
    assert "~/.config/chat/providers.toml, line 4: in [bad], 'base' means nothing" in bad.err
    path.write_text('[desk]\nbase_url = "')
    assert run("--version", home=tmp_path).code == 0
    assert run("-m", "lab/echo", "hi", home=tmp_path).out == b"hi\n"
    assert run("-m", "desk/echo", "hi", home=tmp_path).code == 78


def test_a_file_of_this_folder_is_not_read(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "providers.toml").write_text(f'[desk]\nbase_url = "{server.url}/v1"\n')
    assert run("--provider", "desk", "hi", home=tmp_path).code == 2
    assert not server.requests


def test_a_folder_in_which_others_may_write_tells_no_address(server: LabServer, tmp_path: Path) -> None:
    path = write(tmp_path, f'[desk]\nbase_url = "{server.url}/v1"\n')
    path.parent.chmod(stat.S_IRWXU | stat.S_IWOTH)
    refused = run("--provider", "desk", "hi", home=tmp_path, DESK_API_KEY=KEY)
    assert refused.code == 78
    assert "other users may write" in refused.err
    assert not server.requests
