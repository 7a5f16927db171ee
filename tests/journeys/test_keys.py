"""Keys that a person stored, from `chat keys set` to the request that carries one."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import Result, environment, run
from tests.journeys.test_on_a_terminal import Person
from tests.tables import each

KEY, OTHER = "sk-stored-0123456789abcdefghij", "plain9876543210other"
NOT_SET: dict[str, Any] = {"OPENAI_API_KEY": "", "ANTHROPIC_API_KEY": "", "GEMINI_API_KEY": ""}


def fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:6]


def at(server: LabServer) -> dict[str, Any]:
    return {"OPENAI_BASE_URL": f"{server.url}/v1"}


def keys_toml(home: Path, text: str = "") -> Path:
    """The person's file of keys; with a text it is written first."""
    file = home / ".config/chat/keys.toml"
    if text:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(text)
        file.chmod(0o600)
    return file


def stored(home: Path, **commands: str) -> None:
    keys_toml(home, "".join(f"[{name}]\ncommand = {json.dumps(command)}\n" for name, command in commands.items()))


def counting(home: Path, key: str = KEY) -> str:
    """A command that prints the key, and leaves a line each time it runs."""
    script = home / "op"
    script.write_text(f'#!/bin/sh\necho "$# $*" >> "{home}/runs"\nprintenv > "{home}/environ"\necho {key}\n')
    script.chmod(0o700)
    return f"{script} read 'op://my vault/key'"


def runs(home: Path) -> int:
    return len((home / "runs").read_text().splitlines()) if (home / "runs").exists() else 0


def sent_keys(server: LabServer) -> list[str]:
    return [request.headers.get("authorization", "") for request in server.requests]


def left(person: Person) -> int:
    """The exit code; the echo must be on again."""
    person.wait_for(lambda: not person.child.isalive())
    assert person.echoes
    return person.leave()


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.text.splitlines()]


def test_a_key_that_is_piped_in_is_stored_told_by_its_fingerprint_and_sent(server: LabServer, tmp_path: Path) -> None:
    result = run("keys", "set", "openai", home=tmp_path, stdin=f'  "{KEY}" \n'.encode())
    file = keys_toml(tmp_path)
    assert (result.code, result.out) == (0, b"")
    assert result.err == f"chat: OPENAI_API_KEY is kept in ~/.config/chat/keys.toml, fingerprint {fingerprint(KEY)}\n"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert run("-m", "echo", "hi", home=tmp_path, **at(server)).code == 0
    assert sent_keys(server) == [f"Bearer {KEY}"]


@each("given", [b"", b" \n", b'""', b"two words", b"sk-a\nsk-b", b"sk-\xff\xfe0123", "schlüssel".encode()])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, given: bytes) -> None:
    result = run("keys", "set", "openai", home=tmp_path, stdin=given)
    assert result.code in (2, 78)
    assert not [word for word in ("two", "sk-", "schl") if word in result.err]
    assert not keys_toml(tmp_path).exists()


@each("words", [["openai", KEY], ["OPENAI_API_KEY", OTHER], [f"OPENAI_API_KEY={OTHER}"]])
def test_a_key_on_the_command_line_is_refused_and_not_repeated(tmp_path: Path, words: list[str]) -> None:
    result = run("keys", "set", *words, home=tmp_path)
    assert result.code == 2
    assert "does not belong on the command line" in result.err
    assert "chat keys set OPENAI_API_KEY\n" in result.err
    assert KEY not in result.err
    assert OTHER not in result.err


@each("word", [OTHER, "opnai", "OPENAI_API_KE", "PATH"])
def test_a_name_that_is_none_is_not_repeated_and_the_nearest_told(tmp_path: Path, word: str) -> None:
    result = run("keys", "set", word, home=tmp_path, stdin=b"x")
    assert result.code == 2
    assert f" {word} " not in result.err
    assert ("did you mean" in result.err) == word.lower().startswith("op")


def test_the_order_of_the_sources(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "named.env").write_text("OPENAI_API_KEY=from-the-named-file\n")
    (tmp_path / ".env").write_text("OPENAI_API_KEY=from-the-folder\n")
    keys_toml(tmp_path, f'[OPENAI_API_KEY]\nkey = "{KEY}"\n')
    common = ["-m", "echo", "--base-url", f"{server.url}/v1", "--provider", "openai", "hi"]
    exported: dict[str, Any] = {"OPENAI_API_KEY": "from-the-shell"}
    assert run("--env-file", "named.env", *common, home=tmp_path, **exported).code == 0
    assert run(*common, home=tmp_path, **exported).code == 0
    assert run(*common, home=tmp_path).code == 0
    assert run("--no-env-file", *common, home=tmp_path).code == 0
    assert sent_keys(server) == [
        f"Bearer {key}" for key in ("from-the-named-file", "from-the-shell", "from-the-folder", KEY)
    ]


def test_the_list_has_sources_fingerprints_and_what_is_shadowed_and_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={OTHER}\n")
    command = counting(tmp_path)
    file = keys_toml(
        tmp_path,
        f"[GROQ_API_KEY]\nkeyring = true\n[OPENAI_API_KEY]\ncommand = {json.dumps(command)}\n"
        f'[MISTRAL_API_KEY]\nkey = "{KEY}"\n',
    )
    result = run("keys", "--json", home=tmp_path, OPENAI_API_KEY=KEY)
    first, groq, mistral = rows(result)
    assert first == {
        "name": "OPENAI_API_KEY",
        "service": "openai",
        "source": "environment",
        "place": "",
        "fingerprint": fingerprint(KEY),
        "shadowed": [
            {"source": "./.env", "place": "", "fingerprint": fingerprint(OTHER)},
            {"source": "key command", "place": str(tmp_path / "op"), "fingerprint": None},
        ],
    }
    assert (groq["source"], groq["fingerprint"]) == ("keyring", None)
    assert (mistral["source"], mistral["place"]) == ("key file", str(file))
    text = run("keys", home=tmp_path, OPENAI_API_KEY=KEY)
    assert text.code == 0
    assert "not used: ./.env" in text.text
    assert "not fetched" in text.text
    for shown in (text, result):
        assert KEY[:8] not in shown.text + shown.err
        assert OTHER[:8] not in shown.text + shown.err
    assert runs(tmp_path) == 0


def test_unset_removes_a_key_and_says_what_remains(tmp_path: Path) -> None:
    keys_toml(tmp_path, f'# mine\n[OPENAI_API_KEY]\nkey = "{KEY}"\n# kept\n')
    result = run("keys", "unset", "openai", home=tmp_path, OPENAI_API_KEY=OTHER)
    assert result.code == 0
    assert result.err.splitlines()[1] == "      the environment still sets OPENAI_API_KEY"
    assert keys_toml(tmp_path).read_text() == "# mine\n# kept\n"
    again = run("keys", "unset", "openai", home=tmp_path, OPENAI_API_KEY=OTHER)
    assert (again.code, "no key OPENAI_API_KEY is stored" in again.err) == (2, True)


def test_of_a_service_with_several_variables_the_one_that_is_there_is_meant(server: LabServer, tmp_path: Path) -> None:
    keys_toml(tmp_path, f'GEMINI_API_KEY = "{KEY}"\n')
    env: dict[str, Any] = {"GEMINI_BASE_URL": f"{server.url}/v1beta"}
    assert run("keys", "test", "gemini", home=tmp_path, **env).code == 0
    assert server.requests[0].headers["x-goog-api-key"] == KEY
    assert "GEMINI_API_KEY is no longer kept" in run("keys", "unset", "google", home=tmp_path).err
    assert run("keys", "set", "gemini", home=tmp_path, stdin=KEY.encode()).code == 0
    assert "GOOGLE_API_KEY" in keys_toml(tmp_path).read_text()


def test_a_key_command_is_run_once_with_its_words_and_without_our_keys(server: LabServer, tmp_path: Path) -> None:
    result = run("keys", "set", "openai", "--command", counting(tmp_path), home=tmp_path)
    assert (result.code, runs(tmp_path)) == (0, 0)
    others: dict[str, Any] = {"ANTHROPIC_API_KEY": "sk-of-another", "OP_SERVICE_ACCOUNT_TOKEN": "its-own"}
    server.will_answer(status=503, retry_after="0")
    result = run("-m", "openai/echo", "hi", home=tmp_path, **at(server), **others)
    assert (tmp_path / "runs").read_text() == "2 read op://my vault/key\n"
    assert (result.code, sent_keys(server)) == (0, [f"Bearer {KEY}"] * 2)
    environ = (tmp_path / "environ").read_text()
    assert "sk-of-another" not in environ
    assert "OP_SERVICE_ACCOUNT_TOKEN=its-own" in environ


def test_a_key_command_is_not_run_where_nothing_is_sent(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=counting(tmp_path))
    dry = run("--dry-run", "-m", "echo", "hi", home=tmp_path, **at(server))
    assert dry.code == 0
    assert "authorization: " in dry.text.lower()
    assert run("--image", "none.png", "-m", "echo", "hi", home=tmp_path, **at(server)).code == 66
    assert run("keys", home=tmp_path).code == 0
    assert runs(tmp_path) == 0
    for _ in range(2):  # the second comes from the cache
        assert run("--cache", "-m", "echo", "hi", home=tmp_path, **at(server)).code == 0
    assert (runs(tmp_path), len(server.requests)) == (1, 1)
    assert run("--cache", "-m", "echo", "more", home=tmp_path, **at(server)).code == 0
    assert (runs(tmp_path), set(sent_keys(server))) == (2, {f"Bearer {KEY}"})


def test_a_stored_key_counts_as_set_for_the_choice_of_the_service(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=counting(tmp_path))
    result = run("-v", "-m", "openai/echo", "hi", home=tmp_path, **at(server), GROQ_API_KEY="sk-groq")
    assert "key OPENAI_API_KEY from the key command in ~/.config/chat/keys.toml" in result.err
    assert sent_keys(server) == [f"Bearer {KEY}"]
    dry = run("--dry-run", "hi", home=tmp_path, **at(server), GROQ_API_KEY="sk-groq")
    assert server.url.removeprefix("http://") in dry.text


@each(
    ("script", "said"),
    [
        ("echo [ERROR] no account; exit 6", "failed with exit code 6"),
        ("exit 0", "wrote nothing"),
        ("echo two words >&3", "holds a character that no key has"),
    ],
)
def test_a_key_command_that_fails_is_the_error_and_nothing_is_sent(
    server: LabServer, tmp_path: Path, script: str, said: str
) -> None:
    stored(tmp_path, OPENAI_API_KEY=f"sh -c 'exec 3>&1 1>&2; {script}'")
    result = run("-m", "echo", "hi", home=tmp_path, **at(server))
    assert (result.code, result.out, server.requests) == (78, b"", [])
    assert said in result.err
    assert ("it says: [ERROR] no account" in result.err) == ("exit 6" in script)
    assert "401" not in result.err


def test_a_command_that_is_not_there_is_told(server: LabServer, tmp_path: Path) -> None:
    result = run("keys", "set", "openai", "--command", "no-such-op read x", home=tmp_path)
    assert (result.code, "a program no-such-op is not there yet" in result.err) == (0, True)
    result = run("-m", "echo", "hi", home=tmp_path, **at(server))
    assert (result.code, "there is no program no-such-op" in result.err) == (78, True)


@pytest.mark.parametrize("how", ["wrong TOML", "mode"])
def test_a_file_that_cannot_be_used_is_told_only_where_a_key_of_it_is_needed(
    server: LabServer, tmp_path: Path, how: str
) -> None:
    file = keys_toml(tmp_path, f'[OPENAI_API_KEY]\nkey = "{KEY}"\n')
    shown = "~/.config/chat/keys.toml"
    said = f"chat: no key is read from it: other users may read {shown}\n      Make it private: chmod 600 {shown}\n"
    if how == "mode":
        file.chmod(0o644)
    else:
        file.write_text("\n[OPENAI_API_KEY]\nkey = sk-bare-0123456789abcdef\n")
        said = f"chat: {shown}, line 3, is not TOML\n      Change it in an editor: {shown}\n"
    for words in (["hi"], ["-m", "openai/echo", "hi"], ["keys"], ["keys", "test"]):
        result = run(*words, home=tmp_path)
        assert (result.code, result.err) == (78, said)
    answered = run("-m", "echo", "hi", home=tmp_path, **at(server), OPENAI_API_KEY=OTHER)
    assert (answered.code, answered.err) == (0, "")
    listed = run("keys", home=tmp_path, OPENAI_API_KEY=OTHER)
    assert (listed.code, fingerprint(OTHER) in listed.text, listed.err) == (78, True, said)
    assert run("keys", "set", "groq", home=tmp_path, stdin=KEY.encode()).code == 78
    assert run("-m", "lab/echo", "hi", home=tmp_path).code == 0
    assert run("--version", home=tmp_path).code == 0
    person = Person(["-m", "echo", "hi"], tmp_path, **{**NOT_SET, **at(server), "OPENAI_API_KEY": OTHER})
    assert person.leave() == 0
    assert any(shown in row for row in person.rows)  # a notice, for a person


def test_files_of_the_current_folder_store_no_key(tmp_path: Path) -> None:
    stores = counting(tmp_path)
    (tmp_path / "keys.toml").write_text(f"[OPENAI_API_KEY]\ncommand = {json.dumps(stores)}\n")
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY_COMMAND={stores}\n")
    for words in (["-m", "openai/echo", "hi"], ["keys"]):
        result = run(*words, home=tmp_path)
        assert "./keys.toml is ignored" in result.err
        assert "OPENAI_API_KEY_COMMAND in ./.env is ignored" in result.err
    assert runs(tmp_path) == 0


def test_a_stored_key_is_not_sent_to_an_address_of_the_folder(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=counting(tmp_path))
    (tmp_path / ".env").write_text(f"OPENAI_BASE_URL={server.url}/v1\n")
    for words in (["-m", "openai/echo", "hi"], ["keys", "test"]):
        result = run(*words, home=tmp_path)
        assert result.code == 78
        assert "will not be sent there" in result.err + result.text
    assert (runs(tmp_path), server.requests) == (0, [])


def test_no_view_log_or_history_has_a_key_that_a_command_gave(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=counting(tmp_path, OTHER))
    words = ["-vvv", "--timing", "--log-file", "log", "--har", "har", "--record", "cassette", "--json"]
    result = run(*words, "-m", "key-echo", "hi", home=tmp_path, **at(server))
    assert sent_keys(server)[0] == f"Bearer {OTHER}"
    assert OTHER[:8] not in result.text + result.err
    assert run("report", home=tmp_path).code == 0
    for path in (path for path in tmp_path.rglob("*") if path.is_file() and path != tmp_path / "op"):
        assert OTHER.encode() not in path.read_bytes(), path
    for words in (["http"], ["logs", "list"], ["limits"]):
        shown = run(*words, home=tmp_path)
        assert OTHER not in shown.text + shown.err


def test_keys_are_tested_in_parallel_each_at_its_own_host(server: LabServer, tmp_path: Path) -> None:
    keys_toml(tmp_path, f'MISTRAL_API_KEY = "{KEY}"\n[OPENAI_API_KEY]\ncommand = {json.dumps(counting(tmp_path))}\n')
    with LabServer() as other:
        env: dict[str, Any] = {**at(server), "MISTRAL_BASE_URL": f"{other.url}/v1", "GROQ_API_KEY": OTHER}
        env["GROQ_BASE_URL"] = "http://127.0.0.1:9/v1"
        result = run("keys", "test", "--json", home=tmp_path, **env)
        told = {row["name"]: row for row in rows(result)}
        assert {name: row["state"] for name, row in told.items()} == {
            "OPENAI_API_KEY": "accepted",
            "GROQ_API_KEY": "unreachable",
            "MISTRAL_API_KEY": "accepted",
        }
        assert result.code == 69
        assert [(request.method, request.path) for request in server.requests] == [("GET", "/v1/models")]
        assert sent_keys(server) == [f"Bearer {KEY}"]
        assert len(other.requests) == 1
        assert run("keys", "test", "openai", "MISTRAL_API_KEY", home=tmp_path, **env).code == 0
    assert run("keys", "test", "xai", home=tmp_path, **env).code == 78


def test_what_a_service_says_of_a_key(server: LabServer, tmp_path: Path) -> None:
    said = {"error": {"message": f"Incorrect API key provided: {OTHER}", "code": "invalid_api_key"}}
    quota = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    env: dict[str, Any] = {"OPENAI_API_KEY": OTHER, **at(server), "GROQ_API_KEY": KEY}
    with LabServer() as other:
        env["GROQ_BASE_URL"] = f"{other.url}/v1"
        server.will_answer(status=401, body=json.dumps(said).encode(), method="GET")
        for _ in range(2):
            other.will_answer(status=429, body=json.dumps(quota).encode(), method="GET")
        result = run("keys", "test", home=tmp_path, **env)
        assert result.code == 77
        assert "rejected" in result.text
        assert "no quota" in result.text
        assert OTHER[:8] not in result.text + result.err
        assert run("keys", "test", "groq", home=tmp_path, **env).code == 1


def test_without_any_key_the_test_says_how_to_store_one(tmp_path: Path) -> None:
    result = run("keys", "test", home=tmp_path)
    assert (result.code, "chat keys set openai" in result.err) == (78, True)
    result = run("keys", home=tmp_path)
    assert (result.code, "chat keys set openai" in result.err) == (0, True)


def test_a_typed_key_is_not_shown(tmp_path: Path) -> None:
    person = Person(["keys", "set", "openai"], tmp_path, **NOT_SET)
    person.wait_for_text("not shown")
    person.wait_for(lambda: not person.echoes)
    person.child.send(f" {KEY} \r")
    assert left(person) == 0
    assert KEY.encode() not in person.seen
    assert fingerprint(KEY) in "".join(person.rows)
    assert KEY in keys_toml(tmp_path).read_text()


@each(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (None, 2)])
def test_the_echo_is_on_again_however_the_typing_ends(tmp_path: Path, number: int | None, code: int) -> None:
    person = Person(["keys", "set", "openai"], tmp_path, **NOT_SET)
    person.wait_for_text("not shown")
    person.wait_for(lambda: not person.echoes)
    if number == signal.SIGINT:
        person.child.sendintr()
    elif number:
        person.child.kill(number)
    else:
        person.child.send("\x04")
    assert left(person) == code
    assert not keys_toml(tmp_path).exists()


ASKING = """#!/bin/sh
printf 'Passphrase for %s: ' "$1" > /dev/tty
stty -echo < /dev/tty
read -r word < /dev/tty
stty echo < /dev/tty
[ "$word" = open ] || { echo 'wrong passphrase' >&2; exit 3; }
echo %KEY%
"""
ON_STDERR = ASKING.replace(" > /dev/tty", " >&2").replace(" < /dev/tty", "")


def asking(home: Path, script: str = ASKING) -> str:
    file = home / "ask"
    file.write_text(script.replace("%KEY%", KEY))
    file.chmod(0o700)
    return f"{file} vault"


@pytest.mark.parametrize("script", [ASKING, ON_STDERR], ids=["on /dev/tty", "on its streams"])
def test_a_command_like_op_asks_at_the_terminal(server: LabServer, tmp_path: Path, script: str) -> None:
    stored(tmp_path, OPENAI_API_KEY=asking(tmp_path, script))
    person = Person(["-m", "echo", "hi"], tmp_path, **{**NOT_SET, **at(server)})
    person.wait_for_text("Passphrase for vault:")
    person.wait_for(lambda: not person.echoes)
    person.child.send("open\r")
    assert left(person) == 0
    assert sent_keys(server) == [f"Bearer {KEY}"]
    assert KEY.encode() not in person.seen


def test_a_wrong_passphrase_is_told_in_the_words_of_the_command(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=asking(tmp_path))
    person = Person(["-m", "echo", "hi"], tmp_path, **{**NOT_SET, **at(server)})
    person.wait_for_text("Passphrase")
    person.child.send("shut\r")
    assert person.leave() == 78
    assert "wrong passphrase" in " ".join(person.rows)
    assert server.requests == []


def test_ctrl_c_while_a_command_asks_ends_it_with_the_echo_on(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=asking(tmp_path))
    person = Person(["-m", "echo", "hi"], tmp_path, **{**NOT_SET, **at(server)})
    person.wait_for_text("Passphrase")
    person.wait_for(lambda: not person.echoes)
    person.child.sendintr()
    assert left(person) == 130
    assert "was stopped" in " ".join(person.rows)


def test_in_a_session_the_command_asks_at_the_first_question_and_once(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=asking(tmp_path))
    person = Person(["-m", "echo"], tmp_path, **{**NOT_SET, **at(server)})
    person.wait_for_prompt()
    assert "Passphrase" not in "".join(person.rows)
    person.child.send("first\r")
    person.wait_for_text("Passphrase")
    person.child.send("shut\r")
    person.wait_for_text("wrong passphrase")
    person.wait_for_prompt(2)
    person.child.send("second\r")
    person.wait_for(lambda: person.seen.count(b"Passphrase") == 2)
    person.child.send("open\r")
    person.wait_for_prompt(3)
    person.child.send("third\r")
    person.wait_for_prompt(4)
    person.leaves(4)
    assert sent_keys(server) == [f"Bearer {KEY}"] * 2
    assert person.seen.count(b"Passphrase") == 2


def test_tab_runs_no_command_and_a_stop_does_not_end_the_session(server: LabServer, tmp_path: Path) -> None:
    stored(tmp_path, OPENAI_API_KEY=asking(tmp_path))
    person = Person(["-m", "echo"], tmp_path, **{**NOT_SET, **at(server)})
    person.wait_for_prompt()
    person.child.send("/model ec\t")
    person.look(1.0)
    assert b"Passphrase" not in person.seen
    person.child.send("\x03first\r")
    person.wait_for_text("Passphrase")
    person.wait_for(lambda: not person.echoes)
    person.child.sendintr()
    person.wait_for_text("was stopped")
    person.child.send("\x04")
    assert left(person) == 0
    assert server.requests == []


@pytest.mark.skipif(not (shutil.which("pass") and shutil.which("gpg")), reason="pass and gpg are not there")
def test_a_key_comes_from_a_store_of_pass(server: LabServer, tmp_path: Path) -> None:
    # A socket's path may have a hundred characters, and gpg makes one there.
    gnupg = Path(subprocess.check_output(["mktemp", "-d", "/tmp/gpg.XXXXXX"], text=True).strip())
    env = environment(tmp_path, GNUPGHOME=str(gnupg), PASSWORD_STORE_DIR=str(tmp_path / "store"))

    def done(*words: str, text: str = "") -> None:
        subprocess.run(words, env=env, input=text, text=True, check=True, capture_output=True, timeout=30)

    try:
        done("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "keys@example.test", "default", "default")
        done("pass", "init", "keys@example.test")
        done("pass", "insert", "--multiline", "openai", text=f"{KEY}\nurl: https://example.test\n")
        assert run("keys", "set", "openai", "--command", "pass show openai", home=tmp_path).code == 0
        own: dict[str, Any] = {name: env[name] for name in ("GNUPGHOME", "PASSWORD_STORE_DIR")}
        assert run("-m", "echo", "hi", home=tmp_path, **at(server), **own).code == 0
        assert sent_keys(server) == [f"Bearer {KEY}"]
        run("keys", "set", "openai", "--command", "pass show none", home=tmp_path)
        result = run("-m", "echo", "hi", home=tmp_path, **at(server), **own)
        assert (result.code, "it says: Error: none is not in the password store." in result.err) == (78, True)
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=env, check=False)
        shutil.rmtree(gnupg, ignore_errors=True)


def test_a_key_may_be_kept_in_the_keyring(server: LabServer, tmp_path: Path) -> None:
    pytest.importorskip("keyring", reason="the package keyring is not there")
    from tests.outside.keys.test_keyring import BACK_ENDS

    (tmp_path / "rings.py").write_text(BACK_ENDS)
    chosen = tmp_path / ".config/python_keyring/keyringrc.cfg"
    chosen.parent.mkdir(parents=True)
    chosen.write_text(f"[backend]\ndefault-keyring=rings.InFile\nkeyring-path={tmp_path}\n")
    result = run("keys", "set", "openai", "--keyring", home=tmp_path, stdin=KEY.encode())
    assert (result.code, "kept in the keyring" in result.err) == (0, True)
    assert KEY not in keys_toml(tmp_path).read_text()
    assert run("-m", "echo", "hi", home=tmp_path, **at(server)).code == 0
    assert sent_keys(server) == [f"Bearer {KEY}"]
    assert run("keys", "unset", "openai", home=tmp_path).code == 0
    assert KEY not in (tmp_path / "ring.json").read_text()
    chosen.write_text(chosen.read_text().replace("InFile", "Locked"))
    began_s = time.monotonic()
    result = run("keys", "set", "openai", "--keyring", home=tmp_path, stdin=KEY.encode())
    assert (result.code, "the keyring does not answer" in result.err) == (78, True)
    assert time.monotonic() - began_s < 10
