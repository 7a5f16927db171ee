"""`chat doctor` as a whole program: each thing is broken, and its line says so, with the way out."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import forked
from tests.journeys.chat import KEY, Result, environment, run
from tests.journeys.test_set_up import NOBODY
from tests.tables import each

FINE = {"OPENAI_API_KEY": KEY, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
FINGERPRINT = hashlib.sha256(KEY.encode()).hexdigest()[:6]


def doctor(home: Path, *words: str, **variables: str) -> Result:
    chosen: dict[str, Any] = {**FINE, **variables}
    # A process that knew one kind of terminal takes each for known.
    return run("doctor", *words, home=home, alone=chosen["TERM"] != FINE["TERM"], **chosen)


def doctor_after(code: str, *words: str, home: Path, **variables: str) -> Result:
    """The program in a process of its own, in which the code has changed something before."""
    done = forked.run(["-c", code, *words], environment(home, **variables), home, timeout_s=20, alone=True)
    return Result(done.stdout, done.stderr.decode(), done.returncode)


def rows(home: Path, *words: str, **variables: str) -> tuple[list[dict[str, Any]], int]:
    done = doctor(home, "--json", *words, **variables)
    assert done.err == ""
    return [json.loads(line) for line in done.text.splitlines()], done.code


def config(home: Path, name: str, text: str, mode: int = 0o600) -> Path:
    folder = home / ".config" / "chat"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / name).write_text(text)
    (folder / name).chmod(mode)
    return folder / name


def test_where_all_is_well_each_line_is_ok(tmp_path: Path) -> None:
    found, code = rows(tmp_path)
    wrong = [row for row in found if row["state"] != "ok" and "means another program" not in row["text"]]
    assert (wrong, code) == ([], 0)
    sections = list(dict.fromkeys(row["section"] for row in found))
    assert sections == ["Program", "Files", "Who is asked", "Terminal", "Kept here", "Network"]


def test_it_can_be_shown_to_others(tmp_path: Path) -> None:
    config(tmp_path, "keys.toml", f'MISTRAL_API_KEY = {{ key = "{KEY}-other" }}\n')
    (tmp_path / ".env").write_text(f"GROQ_API_KEY={KEY}-third\nOPENAI_API_KEY={KEY}-fourth\n")
    done = doctor(tmp_path, HTTPS_PROXY=f"http://ann:{KEY}-fifth@proxy:1", CUSTOM_TOKEN=f"{KEY}-sixth")
    shown = done.text + done.err
    assert KEY not in shown and KEY[3:12] not in shown and "ann:" not in shown
    assert str(tmp_path) not in shown and "~/.config/chat" in shown
    assert f"/{getpass.getuser()}/" not in shown
    assert f"OPENAI_API_KEY for OpenAI: environment, fingerprint {FINGERPRINT}; not used: ./.env" in shown
    assert "./.env (mode" in shown and "sets GROQ_API_KEY, OPENAI_API_KEY" in shown
    assert "HTTPS_PROXY: proxy:1" in shown
    assert "a question goes to OpenAI, model " in shown


Broken = Callable[[Path], dict[str, str]]


def _files(name: str, text: str, mode: int = 0o600) -> Broken:
    def broken(home: Path) -> dict[str, str]:
        config(home, name, text, mode)
        return {}

    return broken


def _variables(**variables: str) -> Broken:
    return lambda home: variables


def _pipe(name: str) -> Broken:
    def broken(home: Path) -> dict[str, str]:
        path = config(home, name, "")
        path.unlink()
        os.mkfifo(path, 0o600)
        return {}

    return broken


def _open_folder(home: Path) -> dict[str, str]:
    config(home, "x", "").parent.chmod(0o777)
    return {}


def _history(data: bytes) -> Broken:
    def broken(home: Path) -> dict[str, str]:
        folder = home / ".local" / "share" / "chat"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "history.db").write_bytes(data)
        return {}

    return broken


def _history_is_a_folder(home: Path) -> dict[str, str]:
    (home / ".local" / "share" / "chat" / "history.db").mkdir(parents=True)
    return {}


def _ca(text: str) -> Broken:
    def broken(home: Path) -> dict[str, str]:
        (home / "ca.pem").write_text(text)
        return {"SSL_CERT_FILE": "ca.pem"}

    return broken


def _env_file(text: str) -> Broken:
    def broken(home: Path) -> dict[str, str]:
        (home / ".env").write_text(text)
        (home / ".env").chmod(0o600)
        return {}

    return broken


Case = tuple[Broken, str, str, str]
# Those of a list are looked at in one run, in which none hides another; each has a check of its own.
BROKEN: list[list[Case]] = [
    [
        (_files("config.toml", "temperature = [\n"), "settings", "config.toml:1", "config edit"),
        (_files("keys.toml", "OPENAI_API_KEY = [\n"), "keys", "keys.toml", ""),
        (_files("providers.toml", "[desk\n"), "providers", "providers.toml", ""),
        (_history(b"no database, " * 500), "history", "is damaged", "set aside"),
        (_variables(HTTPS_PROXY="http://"), "proxies", "HTTPS_PROXY is no proxy that can be used", "looks like"),
        (_ca("no certificate"), "certificates", "ca.pem cannot be read: it holds no certificate", "SSL_CERT_FILE"),
        (_variables(CHAT_TEMPERATURE="warm"), "variables", "CHAT_TEMPERATURE is a number", "unset"),
    ],
    [
        (_files("config.toml", "temprature = 1\n"), "settings", "config.toml:1", "temperature"),
        (_files("keys.toml", "", 0o644), "keys", "other users may read", "chmod 600"),
        (_files("providers.toml", "[desk]\nbase_ulr = 'x'\n"), "providers", "base_ulr", "base_url"),
        (_history_is_a_folder, "history", "is not a regular file", ""),
        (_variables(HTTP_PROXY="http://a b:c"), "proxies", "HTTP_PROXY is no proxy that can be used", "looks like"),
    ],
    [
        (_files("config.toml", "temperature = 1\n", 0o666), "settings", "other users may write", "chmod go-w"),
        (_pipe("keys.toml"), "keys", "it is a pipe", "Mend it"),
        (_pipe("providers.toml"), "providers", "it is a pipe", "Mend it"),
        (_variables(CHAT_CA="sytem"), "variables", "CHAT_CA is bundled or system", "unset CHAT_CA"),
    ],
    [
        (_files("config.toml", "\0\xff"), "settings", "config.toml", "config edit"),
        (_variables(OPENAI_API_KEY="two words"), "keys", "OPENAI_API_KEY", "Copy it again"),
    ],
    [
        (_pipe("config.toml"), "settings", "it is a pipe", "Mend it"),
        (_variables(CHAT_CACERT="nowhere.pem"), "certificates", "nowhere.pem does not exist", "--cacert"),
    ],
    [
        (_open_folder, "folder", "other users may write", "chmod go-w"),
        (_variables(OPENAI_API_KEY=""), "model", "nothing is set up yet", "chat keys set"),
    ],
    [(_variables(CHAT_PROVIDER="opnai"), "model", "there is no provider 'opnai'; did you mean openai", "Known")],
    [(_env_file("OPENAI_BASE_URL=https://elsewhere.example.com\n"), "model", "will not be sent there", "--env-file")],
]


@each("cases", BROKEN)
def test_what_is_broken_is_a_fault_with_its_way_out(cases: list[Case], tmp_path: Path) -> None:
    variables = {name: value for broken, *_ in cases for name, value in broken(tmp_path).items()}
    found, code = rows(tmp_path, **variables)
    for _, check, said, way_out in cases:
        faults = [row for row in found if row["state"] == "fault" and row["check"] == check]
        assert [row for row in faults if said in row["text"] and row["advice"] and way_out in row["advice"]], faults
    assert code == 78
    assert {row["section"] for row in found} >= {"Program", "Terminal", "Kept here", "Network"}, "nothing stops it"


Warned = tuple[dict[str, str], str, str, str]
WARNED: list[list[Warned]] = [
    [
        ({"TERM": "dumb"}, "kind", "TERM is dumb", "xterm-256color"),
        ({"LC_ALL": "xx_XX.UTF-8"}, "encoding", "locale xx_XX.UTF-8 is not installed", "C.UTF-8"),
    ],
    [
        ({"TERM": ""}, "kind", "TERM is not set", "xterm-256color"),
        ({"PYTHONIOENCODING": "ascii"}, "encoding", "become ?", "C.UTF-8"),
    ],
    [
        ({"TERM": "no-such-terminal"}, "kind", "does not know", "xterm-256color"),
        ({"CHAT_TEMPRATURE": "1"}, "variables", "CHAT_TEMPRATURE means nothing", "CHAT_TEMPERATURE"),
    ],
    [
        ({"TERM": "linux"}, "clipboard", "no clipboard", "/save"),
        ({"HTTP_PROXY": "http://proxy:1"}, "proxies", "for http:// alone", "HTTPS_PROXY"),
    ],
]


@each("cases", WARNED)
def test_what_is_not_as_one_would_wish_is_a_warning(cases: list[Warned], tmp_path: Path) -> None:
    found, code = rows(tmp_path, **{name: value for variables, *_ in cases for name, value in variables.items()})
    for _, check, said, way_out in cases:
        warnings = [row for row in found if row["state"] == "warning" and row["check"] == check]
        assert [row for row in warnings if said in row["text"] and way_out in row["advice"]], found
    assert code == 0


def test_lines_of_the_env_file_that_set_nothing_are_told_and_one_that_others_may_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY: x\nGROQ_API_KEY=abcdefghijk\n")
    (tmp_path / ".env").chmod(0o644)
    found, _ = rows(tmp_path)
    texts = [row["text"] for row in found if row["state"] == "warning" and row["check"] == ".env"]
    assert "line 1 does not set OPENAI_API_KEY" in texts[0] and "other users may read ./.env" in texts


def test_a_template_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "chat" / "templates"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "bad.toml").write_text("= no")
    found, code = rows(tmp_path)
    assert [row for row in found if row["check"] == "templates" and row["state"] == "warning" and "bad" in row["text"]]
    assert code == 0


def test_keys_in_the_current_folder_are_told_to_be_ignored(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text("")
    found, _ = rows(tmp_path)
    assert [row for row in found if row["state"] == "warning" and "./keys.toml is ignored" in row["text"]]


# A disk with so many bytes left, where nobody may write.
FULL = """
import os, shutil, sys
left, real = int(sys.argv[1]), shutil.disk_usage
os.access = lambda *_, **__: False
shutil.disk_usage = lambda path: type(real(path))(1, 1, left)
from chatbot.cli.main import main
sys.exit(main(["doctor", "--json"]))
"""


@pytest.mark.parametrize(("left", "state"), [("1000", "fault"), ("50000000", "warning")])
def test_a_disk_that_is_full_and_a_folder_where_nothing_can_be_written_are_told(
    left: str, state: str, tmp_path: Path
) -> None:
    done = doctor_after(FULL, left, home=tmp_path, **FINE)
    found = list(map(json.loads, done.text.splitlines()))
    [room] = [row for row in found if row["check"] == "disk"]
    assert (room["state"], done.code) == (state, 78) and "Make room" in room["advice"]
    [where] = [row for row in found if row["check"] == "history" and row["state"] == "fault"]
    assert "nothing can be written in ~/.local/share/chat" in where["text"] and "chmod" in where["advice"]


def test_a_history_that_was_set_aside_and_one_that_is_read_only_are_told(tmp_path: Path) -> None:
    folder = tmp_path / ".local" / "share" / "chat"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "history.db.corrupt-20260101-000000").write_bytes(b"")
    sqlite3.connect(folder / "history.db").close()
    (folder / "history.db").chmod(0o400)
    found, code = rows(tmp_path)
    texts = [row["text"] for row in found if row["check"] == "history" and row["state"] == "warning"]
    assert len(texts) == 2 and "set aside" in texts[0] and "read-only" in texts[1] and code == 0


def test_a_damaged_cache_is_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "chat"
    folder.mkdir(parents=True)
    (folder / "answers-1.db").write_text("no database" * 100)
    found, code = rows(tmp_path)
    assert [row for row in found if row["check"] == "cache" and row["state"] == "warning" and "damaged" in row["text"]]
    assert code == 0


HIDES = """
import sys
from importlib import metadata
real = metadata.version
def version(name):
    if name == "wcwidth":
        raise metadata.PackageNotFoundError(name)
    return "0.1" if name == "rich" else real(name)
metadata.version = version
sys.modules["truststore"] = None
from chatbot.cli.main import main
sys.exit(main(["doctor", "--json"]))
"""


def test_packages_that_are_missing_or_too_old_are_faults_that_say_what_to_install(tmp_path: Path) -> None:
    done = doctor_after(HIDES, home=tmp_path, **FINE, CHAT_CA="system")
    faults = [row for row in map(json.loads, done.text.splitlines()) if row["state"] == "fault"]
    said = {row["text"]: row["advice"] for row in faults}
    assert said["the package wcwidth is missing"].startswith("Install it: pip install 'wcwidth>=")
    assert next(advice for text, advice in said.items() if text.startswith("rich is 0.1,")).startswith("Change it: pip")
    assert any("pip install 'chat-cli[truststore]'" in advice for advice in said.values())
    assert done.code == 78


FAILS = """
import sys
from chatbot.cli.doctor import command
from chatbot.cli.doctor.looking import Check
def look(looking):
    raise MemoryError("no room")
command.CHECKS = (Check("One", "first", look), Check("Two", "second", lambda looking: ()))
from chatbot.cli.main import main
sys.exit(main(["doctor"]))
"""


def test_a_check_that_fails_itself_stops_no_other(tmp_path: Path) -> None:
    done = doctor_after(FAILS, home=tmp_path)
    assert "fault    first: it could not be looked at (MemoryError: no room)" in done.text
    assert "ok       second: nothing to say" in done.text and done.code == 78


@pytest.mark.parametrize("home", [".", ""])
def test_without_a_home_it_looks_at_all_the_rest(home: str, tmp_path: Path) -> None:
    done = doctor_after(NOBODY, "doctor", home=tmp_path, HOME=home)
    assert "no home folder for settings and keys" in done.text and "Set HOME" in done.text
    assert "Network" in done.text and done.code == 78


def test_another_program_of_this_name_is_told(tmp_path: Path) -> None:
    other = tmp_path / "bin" / "chat"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    found, _ = rows(tmp_path, PATH=f"{other.parent}:{Path(sys.executable).parent}")
    assert [row for row in found if row["state"] == "warning" and "means another program: ~/bin/chat" in row["text"]]


def test_its_lines_fit_what_is_no_terminal_and_words_it_does_not_know_are_told(tmp_path: Path) -> None:
    text = doctor(tmp_path).text
    assert text.startswith("Program\n  ok       chat ") and text.splitlines()[-1].endswith("0 faults")
    assert doctor(tmp_path, "--nett").code == 2
