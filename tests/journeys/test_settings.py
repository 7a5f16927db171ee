"""The settings file: what counts before what, what a mistake in it stops and what not, and `chat config`."""

from __future__ import annotations

import hashlib
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pexpect

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEY, Result, environment, run
from tests.tables import cases, each

DRY = ("--dry-run", "--as", "body", "hi")


def write(home: Path, text: str) -> Path:
    file = home / ".config" / "chat" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def body(home: Path, *words: str, **variables: Any) -> Any:
    result = run(*words, *DRY, home=home, **variables)
    assert result.code == 0, result.err
    return json.loads(result.out)


# Each says another temperature; the first counts first.
SOURCES = ("flag", "variable", "template", "model", "provider", "top")
TABLES = {"model": '[models."lab/echo"]', "provider": "[providers.lab]", "top": ""}


@each(("first", "second"), list(combinations(SOURCES, 2)))
def test_of_any_two_sources_the_right_one_counts(first: str, second: str, tmp_path: Path) -> None:
    said = {first: 0.25, second: 0.75}
    lines = [f"{TABLES[name]}\ntemperature = {said[name]}" for name in ("top", "provider", "model") if name in said]
    file = write(tmp_path, "\n".join(lines))
    words = ["-m", "lab/echo"]
    if "template" in said:
        template = file.parent / "templates" / "t.toml"
        template.parent.mkdir(mode=0o700)
        template.write_text(f'system = "x"\n[options]\ntemperature = {said["template"]}\n')
        words += ["-t", "t"]
    words += ["--temperature", str(said["flag"])] if "flag" in said else []
    variables = {"CHAT_TEMPERATURE": str(said["variable"])} if "variable" in said else {}
    assert body(tmp_path, *words, **variables)["temperature"] == 0.25


WHO = ("flag", "template", "variable", "local", "top")


@each(("first", "second"), list(combinations(WHO, 2)))
def test_of_any_two_that_name_a_model_the_right_one_counts(first: str, second: str, tmp_path: Path) -> None:
    said = {first: "lab/echo", second: "lab/other"}
    file = write(tmp_path, f'model = "{said["top"]}"' if "top" in said else "")
    words = ["-m", said["flag"]] if "flag" in said else []
    if "template" in said:
        template = file.parent / "templates" / "t.toml"
        template.parent.mkdir(mode=0o700)
        template.write_text(f'system = "x"\nmodel = "{said["template"]}"\n')
        words += ["-t", "t"]
    if "local" in said:
        (tmp_path / ".env").write_text(f"CHAT_MODEL={said['local']}\n")
    variables = {"CHAT_MODEL": said["variable"]} if "variable" in said else {}
    assert body(tmp_path, *words, **variables)["model"] == "echo"


def test_an_alias_is_its_model_wherever_a_model_is_named(tmp_path: Path) -> None:
    write(tmp_path, 'model = "e"\n[aliases]\ne = "echo-too"\necho-too = "lab/echo"\n[models.e]\nseed = 3\n')
    everywhere = [body(tmp_path, *words) for words in ((), ("-m", "e"), ("-m", "echo-too"), ("-m", "lab/echo"))]
    for sent in (*everywhere, body(tmp_path, CHAT_MODEL="e")):
        assert (sent["model"], sent["seed"]) == ("echo", 3)


def test_a_section_of_a_provider_has_its_model_and_its_address(server: LabServer, tmp_path: Path) -> None:
    write(tmp_path, f'[providers.openai]\nbase-url = "{server.url}/v1"\nmodel = "echo"\nmax-tokens = 9\n')
    assert run("--provider", "openai", "hi", home=tmp_path, OPENAI_API_KEY=KEY).text == "hi\n"
    sent = json.loads(server.requests[0].body)
    assert (sent["model"], sent.get("max_tokens", sent.get("max_completion_tokens"))) == ("echo", 9)
    elsewhere = run(
        "--provider", "openai", "hi", home=tmp_path, OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://[::1]:1/v1"
    )
    assert elsewhere.code == 69
    assert len(server.requests) == 1


def test_fields_of_the_body_are_joined_and_a_system_prompt_stands_where_nothing_else_gives_one(tmp_path: Path) -> None:
    write(tmp_path, 'option = ["top_k=40", "min_p=0.1"]\nsystem = "Be brief."\n')
    sent = body(tmp_path, "-m", "lab/echo", "-o", "top_k=1")
    assert (sent["top_k"], sent["min_p"], sent["messages"][0]["content"]) == (1, 0.1, "Be brief.")
    assert body(tmp_path, "-m", "lab/echo", "-s", "Be long.")["messages"][0]["content"] == "Be long."


def test_a_switch_that_is_on_in_the_file_is_turned_off_by_word_or_variable(tmp_path: Path) -> None:
    write(tmp_path, "no-stream = true\nusage = true\nno-log = true\n")
    assert "stream" not in body(tmp_path, "-m", "lab/echo")
    assert body(tmp_path, "-m", "lab/echo", "--stream")["stream"] is True
    assert body(tmp_path, "-m", "lab/echo", CHAT_NO_STREAM="0")["stream"] is True
    assert "token" in run("-m", "lab/echo", "hi", home=tmp_path).err
    assert run("-m", "lab/echo", "--no-usage", "hi", home=tmp_path).err == ""
    assert not (tmp_path / ".local").exists()
    assert run("-m", "lab/echo", "--log", "hi", home=tmp_path).code == 0
    assert (tmp_path / ".local").exists()


def test_what_a_section_keeps_quiet_or_out_of_the_history_is_so(tmp_path: Path) -> None:
    write(tmp_path, '[models."lab/echo"]\nno-log = true\njson = true\n')
    assert json.loads(run("-m", "lab/echo", "hi", home=tmp_path).out)["text"] == "hi"
    assert not (tmp_path / ".local").exists()


@each("text", [b"\na = [", b"\ntemprature = 1", b"\n# \xff"])
def test_a_broken_file_is_told_with_its_line_and_stops_only_what_needs_it(text: bytes, tmp_path: Path) -> None:
    file = write(tmp_path, "")
    file.write_bytes(text)
    for words in (["-m", "lab/echo", "hi"], ["config"], ["config", "get", "seed"], ["config", "set", "seed", "3"]):
        result = run(*words, home=tmp_path)
        assert (result.code, result.out) == (78, b""), words
        assert "~/.config/chat/config.toml:2" in result.err
    for words in (["--help"], ["--version"], ["help"], ["lab", "list"], ["logs"], ["config", "--help"]):
        assert run(*words, home=tmp_path).code == 0, words
    assert run("config", "path", home=tmp_path).text == f"{file}\n"
    assert file.read_bytes() == text
    mended = run("config", "edit", home=tmp_path, EDITOR="cp /dev/null")
    assert mended.code == 0, mended.err
    assert file.read_bytes() == b""


def test_the_current_folder_gives_no_settings(tmp_path: Path) -> None:
    for name in ("config.toml", "chat.toml", ".chat.toml"):
        (tmp_path / name).write_text("seed = 3\n")
    assert "seed" not in body(tmp_path, "-m", "lab/echo")
    assert "seed" not in body(tmp_path, "-m", "lab/echo", XDG_CONFIG_HOME=".")


def test_a_file_that_others_may_write_is_not_read(tmp_path: Path) -> None:
    file = write(tmp_path, "seed = 3\n")
    file.chmod(0o664)
    result = run("-m", "lab/echo", "hi", home=tmp_path)
    assert result.code == 78
    assert "other users may write ~/.config/chat/config.toml" in result.err
    assert "chmod go-w ~/.config/chat/config.toml" in result.err


def test_what_is_in_force_has_its_source_and_what_it_is_over(tmp_path: Path) -> None:
    write(tmp_path, 'temperature = 0.5\ncache = "5m"\n\n[models."openai/x"]\ntemperature = 0.2\n')
    rows = {
        row["name"]: row
        for row in map(
            json.loads,
            run(
                "config", "--json", "-m", "openai/x", home=tmp_path, CHAT_SEED="3", OPENAI_API_KEY=KEY
            ).text.splitlines(),
        )
    }
    file = "~/.config/chat/config.toml"
    assert rows["temperature"] == {
        "name": "temperature",
        "value": 0.2,
        "source": f"{file}:5",
        "over": [{"value": 0.5, "source": f"{file}:1"}],
    }
    assert (rows["seed"]["value"], rows["seed"]["source"]) == (3, "CHAT_SEED")
    assert (rows["cache-ttl"]["value"], rows["cache-ttl"]["source"]) == (300.0, f"{file}:2")
    assert (rows["color"]["value"], rows["color"]["source"]) == ("auto", "default")
    assert (rows["model"]["value"], rows["model"]["source"]) == ("x", "--model")
    assert rows["key"]["value"] == f"sha256:{hashlib.sha256(KEY.encode()).hexdigest()[:6]}"
    assert (rows["key"]["source"], rows["base-url"]["source"]) == ("OPENAI_API_KEY", "default")

    lines = run("config", "--where", home=tmp_path, CHAT_TEMPERATURE="1", OPENAI_API_KEY=KEY)
    [line] = [line for line in lines.text.splitlines() if line.startswith("temperature")]
    assert line.split("  ")[-1] == f"CHAT_TEMPERATURE, over {file}:1 (0.5)"
    assert KEY not in lines.text and KEY[-6:] not in lines.text
    short = run("config", home=tmp_path, OPENAI_API_KEY=KEY).text
    assert "temperature  0.5" in short and "seed" not in short


def test_where_nothing_is_set_it_says_so(tmp_path: Path) -> None:
    none, begin = (
        "chat: no provider is set up yet; one that runs on this computer answers\n      ",
        "chat keys set openai",
    )
    nothing = run("config", home=tmp_path)
    assert (nothing.code, nothing.out) == (0, b"")
    assert nothing.err == f"{none}There is no ~/.config/chat/config.toml yet. To begin: {begin}\n"
    write(tmp_path, "seed = 3\n")
    one = run("config", home=tmp_path)
    assert one.text == "seed  3\n"
    assert one.err == f"{none}The settings are in ~/.config/chat/config.toml. To begin: {begin}\n"
    rows = run("config", "--json", home=tmp_path)
    assert (json.loads(rows.text.splitlines()[0])["over"], rows.err) == ([], "")
    assert run("config", home=tmp_path, OPENAI_API_KEY=KEY).err == ""


def test_a_local_file_of_variables_is_named_as_the_source(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"CHAT_MODEL=openai/x\nOPENAI_API_KEY={KEY}\n")
    write(tmp_path, 'model = "groq/y"\n')
    rows = {row["name"]: row for row in map(json.loads, run("config", "--json", home=tmp_path).text.splitlines())}
    assert rows["model"] == {
        "name": "model",
        "value": "x",
        "source": "CHAT_MODEL in ./.env",
        "over": [{"value": "groq/y", "source": "~/.config/chat/config.toml:1"}],
    }
    assert rows["key"]["source"] == "OPENAI_API_KEY in ./.env"


def test_a_stored_key_is_in_force_after_a_variable_and_chooses_the_provider(tmp_path: Path) -> None:
    keys = write(tmp_path, "").with_name("keys.toml")
    keys.write_text(f'[GROQ_API_KEY]\nkey = "{KEY}"\n\n[MISTRAL_API_KEY]\ncommand = "touch {tmp_path}/asked"\n')
    keys.chmod(0o600)

    def in_force(*words: str, **variables: Any) -> dict[str, Any]:
        lines = run("config", "--json", *words, home=tmp_path, **variables).text.splitlines()
        return {row["name"]: row for row in map(json.loads, lines)}

    digest = hashlib.sha256(KEY.encode()).hexdigest()[:6]
    assert in_force()["provider"]["value"] == "groq"
    assert (
        in_force()["key"]["value"] == f"sha256:{digest}" and "~/.config/chat/keys.toml" in in_force()["key"]["source"]
    )
    assert in_force(GROQ_API_KEY="other-key")["key"]["over"][0]["value"] == f"sha256:{digest}"
    assert in_force("--provider", "mistral")["key"]["value"] == "not fetched"
    assert not (tmp_path / "asked").exists()


@each(
    ("name", "value", "line"),
    cases("""
        temperature | 0.2 | temperature = 0.2
        max-tokens | 10 | max-tokens = 10
        no-stream | on | no-stream = true
        cache | 5m | cache = "5m"
        cache | 1 | cache = true
        model | openai/gpt-4o | model = "openai/gpt-4o"
        system | @prompt.txt | system = "@prompt.txt"
        log-file | http.jsonl | log-file = "http.jsonl"
        aliases.llama3.3 | groq/x | "llama3.3" = "groq/x"
        models.openai/gpt-4.1.seed | 3 | seed = 3
        providers.openai.timeout | 60 | timeout = 60
        providers.openai.base-url | https://x.example | base-url = "https://x.example"
    """),
)
def test_a_value_is_set_read_and_taken_out(name: str, value: str, line: str, tmp_path: Path) -> None:
    set_now = run("config", "set", name, value, home=tmp_path)
    assert set_now.code == 0 and f"{name} is " in set_now.err, set_now.err
    file = tmp_path / ".config" / "chat" / "config.toml"
    assert line in file.read_text().splitlines()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert run("config", home=tmp_path).code == 0
    assert run("config", "unset", name, home=tmp_path).code == 0
    assert line not in file.read_text().splitlines()
    assert "was not set" in run("config", "unset", name, home=tmp_path).err


@each(
    ("words", "told"),
    cases("""
        temprature 1 | Did you mean temperature?
        temperature hot | temperature is a number, for example 0.2, not 'hot'
        temperature 1 2 | temperature has one value
        resume x | --resume
        api_key x | chat keys set NAME
        models.x.api_key x | chat keys set NAME
        models x | models is a table
        models.x y | models.x is a table
        providers.opnai.timeout 3 | did you mean openai?
        aliases.gpt-4o x | gpt-4o is the name of a model of OpenAI already
        providers.openai.base-url https://me:secret@x.example | it holds a user name (https://…@x.example)
        aliases.a a | the aliases lead in a circle
        models.x.base-url y | --base-url
    """),
)
def test_what_is_no_setting_is_not_written(words: str, told: str, tmp_path: Path) -> None:
    file = write(tmp_path, "# mine\n")
    result = run("config", "set", *words.split(), home=tmp_path)
    assert result.code in (2, 78)
    assert told in result.err
    assert file.read_text() == "# mine\n"


def test_a_mistake_that_stood_there_before_is_told_with_its_own_line_and_can_be_set_right(tmp_path: Path) -> None:
    file = write(tmp_path, '[aliases]\nfast = "lab/echo"\nslow = 1\n')
    assert "config.toml:3: " in run("config", "set", "seed", "1", home=tmp_path).err
    assert file.read_text().endswith("slow = 1\n")
    assert run("config", "set", "aliases.slow", "lab/slow", home=tmp_path).code == 0
    assert run("config", "set", "seed", "1", home=tmp_path).code == 0


def test_a_value_in_force_is_printed_alone(tmp_path: Path) -> None:
    write(tmp_path, 'stop = ["a", "b"]\n[aliases]\nfast = "groq/x"\n[providers.groq]\ntimeout = 5\n')
    got = [
        run("config", "get", name, home=tmp_path).text
        for name in ("stop", "aliases.fast", "providers.groq.timeout", "color", "seed", "models.x.seed")
    ]
    assert got == ["a\nb\n", "groq/x\n", "5\n", "auto\n", "", ""]
    assert run("config", "get", "nonsense", home=tmp_path).code == 2


def test_a_variable_that_counts_before_what_was_set_is_told(tmp_path: Path) -> None:
    result = run("config", "set", "seed", "3", home=tmp_path, CHAT_SEED="4")
    assert "CHAT_SEED is set, and counts before it" in result.err


def edit(home: Path, script: str, **variables: Any) -> Result:
    editor = home / "editor.sh"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o700)
    return run("config", "edit", home=home, EDITOR=str(editor), **variables)


def test_what_was_edited_is_kept_also_with_a_mistake_in_it(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "chat" / "config.toml"
    assert "nothing was changed" in edit(tmp_path, "exit 0").err
    assert not file.exists()
    assert edit(tmp_path, 'echo "seed = 3" > "$1"').code == 0
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("seed = 3\n", 0o600)
    wrong = edit(tmp_path, 'echo "seed = x" >> "$1"')
    assert (wrong.code, "config.toml:2:8: this is not TOML" in wrong.err) == (78, True)
    assert file.read_text() == "seed = 3\nseed = x\n"
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


def test_what_another_program_wrote_meanwhile_is_not_lost_and_neither_is_what_was_typed(tmp_path: Path) -> None:
    file = write(tmp_path, "seed = 3\n")
    result = edit(tmp_path, f'echo "seed = 4" > "{file}"; echo "seed = 5" > "$1"')
    assert result.code == 78 and "was changed by another program meanwhile" in result.err
    assert file.read_text() == "seed = 4\n"
    [draft] = [one for one in file.parent.iterdir() if one != file]
    assert draft.read_text() == "seed = 5\n" and draft.name in result.err


def test_bytes_that_are_no_text_and_line_ends_go_through_the_editor_as_they_are(tmp_path: Path) -> None:
    file = write(tmp_path, "")
    file.write_bytes(b"seed = 3\r\n# \xff\r\n")
    assert "nothing was changed" in edit(tmp_path, "exit 0").err
    assert edit(tmp_path, 'echo "#" >> "$1"').code == 78
    assert file.read_bytes() == b"seed = 3\r\n# \xff\r\n#\n"


def on_a_terminal(home: Path, *lines: str) -> str:
    """What a session shows in which these lines are typed."""
    child = forked.start_on_terminal([*CHAT, "-n"], environment(home, TERM="dumb"), home, timeout=10)
    seen = b""
    for line in (*lines, "/exit"):
        child.expect("> ")
        seen += child.before or b""
        child.send(f"{line}\r")
    child.expect(pexpect.EOF)
    child.close()
    return seen.decode()


def test_in_a_session_a_model_has_its_own_settings_and_what_is_set_there_stays(tmp_path: Path) -> None:
    write(
        tmp_path,
        'model = "quick"\ntemperature = 0.5\n[aliases]\nquick = "lab/echo"\ngood = "lab/other"\n'
        "[models.quick]\ntemperature = 0.2\nseed = 3\n[models.good]\nseed = 4\n",
    )
    assert "temperature 0.2  (~/.config/chat/config.toml:7)" in on_a_terminal(tmp_path, "/set")
    moved = on_a_terminal(tmp_path, "/set temperature 1", "/model good", "/set")
    assert "temperature 1.0\r\n  seed 4  (~/.config/chat/config.toml:10)" in moved, moved


def test_a_home_that_is_a_link_and_a_file_that_is_one_are_followed(tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    kept = dotfiles / "chat.toml"
    kept.write_text("# mine\nseed = 3\n")
    kept.chmod(0o644)
    write(tmp_path, "").unlink()
    (tmp_path / ".config" / "chat" / "config.toml").symlink_to(kept)
    assert body(tmp_path, "-m", "lab/echo")["seed"] == 3
    assert run("config", "set", "seed", "4", home=tmp_path).code == 0
    assert kept.read_text() == "# mine\nseed = 4\n"
