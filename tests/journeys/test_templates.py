"""`chat templates`: what is kept is listed, shown, edited and deleted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests import forked
from tests.forked import ROOT
from tests.journeys.chat import CHAT, KEYS, Result, environment, run


def templates(home: Path, *words: str, **variables: Any) -> Result:
    return run("templates", *words, home=home, **variables)


def on_a_terminal(home: Path, *words: str) -> Any:
    """The command on a terminal of its own."""
    return forked.start_on_terminal([*CHAT, "templates", *words], environment(home, TERM="dumb"), home, timeout=20)


def rest_of(child: Any) -> str:
    """What it still writes; it ends well."""
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    return str(child.before, "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the templates are, with one of them."""
    folder = Path(templates(tmp_path, "path").text.rstrip("\n"))
    folder.mkdir(parents=True, mode=0o700)
    (folder / "translate.toml").write_text(
        '# mine\ndescription = "Translates"\nmodel = "openai/gpt-5"\nprompt = "Into $language: $input"\n'
    )
    return folder


def editor(tmp_path: Path, code: str) -> str:
    """An $EDITOR that runs Python on `path`, the file it is given."""
    script = tmp_path / "editor.py"
    script.write_text(f"import os, pathlib, sys\npath = pathlib.Path(sys.argv[1])\n{code}\n")
    return f"{sys.executable} {script}"


def test_the_folder_is_in_the_home_of_the_person(tmp_path: Path) -> None:
    done = templates(tmp_path, "path")
    assert done.code == 0
    assert done.err == ""
    assert done.text.startswith(str(tmp_path))
    assert done.text.endswith("/templates\n")


def test_where_there_are_none_it_is_said_how_one_is_made(tmp_path: Path) -> None:
    done = templates(tmp_path)
    assert (done.out, done.code) == (b"", 0)
    assert "there are no templates yet" in done.err
    assert "--save-template NAME" in done.err


def test_the_list_has_name_model_purpose_and_variables(tmp_path: Path, folder: Path) -> None:
    (folder / "pirate.toml").write_text('system = """\nYou are\na pirate."""\n')
    done = templates(tmp_path, "list")
    assert (done.err, done.code) == ("", 0)
    assert done.text.splitlines() == [
        "pirate                   You are a pirate.",
        "translate  openai/gpt-5  Translates ($language)",
    ]


def test_a_broken_template_does_not_hide_the_others(tmp_path: Path, folder: Path) -> None:
    (folder / "broken.toml").write_text("sytem = 'x'")
    done = templates(tmp_path)
    assert done.code == 0
    assert done.text.startswith("translate  ")
    assert "left out: the template broken has 'sytem', which means nothing here" in done.err
    assert "Did you mean system?" in done.err


def test_a_template_is_shown_as_it_is_in_its_file(tmp_path: Path, folder: Path) -> None:
    done = templates(tmp_path, "show", "translate")
    assert (done.err, done.code) == ("", 0)
    assert done.out == (folder / "translate.toml").read_bytes()


def test_a_broken_template_is_shown_and_its_mistake_told(tmp_path: Path, folder: Path) -> None:
    (folder / "broken.toml").write_text("model = 5")
    done = templates(tmp_path, "show", "broken")
    assert (done.out, done.code) == (b"model = 5\n", 78)
    assert "wants text in quotes for model, not 5" in done.err


def test_an_unknown_template_is_wrong_usage(tmp_path: Path, folder: Path) -> None:
    for command in ("show", "delete"):
        done = templates(tmp_path, command, "translat")
        assert (done.out, done.code) == (b"", 2)
        assert "there is no template translat" in done.err
        assert "Did you mean translate?" in done.err
    assert folder.is_dir()


def test_an_unsafe_name_is_wrong_usage(tmp_path: Path) -> None:
    for command in ("show", "edit", "delete"):
        done = templates(tmp_path, command, "../escape", EDITOR="touch")
        assert done.code == 2
        assert "'../escape' cannot be the name of a template" in done.err


def test_an_edited_template_is_saved(tmp_path: Path, folder: Path) -> None:
    change = editor(tmp_path, "path.write_text(path.read_text().replace('Into', 'To'))")
    done = templates(tmp_path, "edit", "translate", EDITOR=change)
    assert (done.out, done.code) == (b"", 0)
    assert "the template translate is saved" in done.err
    assert (folder / "translate.toml").read_text().endswith('prompt = "To $language: $input"\n')
    assert [path.name for path in folder.iterdir()] == ["translate.toml"]


def test_a_new_template_begins_with_an_explained_one_and_without_keys(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"""
pathlib.Path({str(seen)!r}).write_text(path.read_text() + repr(dict(os.environ)))
path.write_text('system = "Arr"')"""
    done = templates(tmp_path, "edit", "pirate", EDITOR=editor(tmp_path, code), **KEYS)
    assert done.code == 0
    assert 'system = """' in seen.read_text()
    assert KEYS["OPENAI_API_KEY"] not in seen.read_text()
    file = Path(templates(tmp_path, "path").text.strip()) / "pirate.toml"
    assert file.read_text() == 'system = "Arr"'
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_new_template_that_is_left_as_it_is_is_not_made(tmp_path: Path) -> None:
    done = templates(tmp_path, "edit", "pirate", EDITOR="true")
    assert done.code == 0
    assert "nothing was changed" in done.err
    assert "there are no templates yet" in templates(tmp_path).err


def test_a_mistake_made_in_the_editor_is_told_and_the_text_kept(tmp_path: Path, folder: Path) -> None:
    done = templates(tmp_path, "edit", "translate", EDITOR=editor(tmp_path, "path.write_text('mine, long')"))
    assert done.code == 78
    assert "the template translate is not TOML" in done.err
    assert "chat templates edit translate" in done.err
    assert (folder / "translate.toml").read_text() == "mine, long"


def test_an_editor_that_fails_changes_nothing(tmp_path: Path, folder: Path) -> None:
    before = (folder / "translate.toml").read_text()
    done = templates(tmp_path, "edit", "translate", EDITOR=editor(tmp_path, "path.write_text('x'); sys.exit(1)"))
    assert done.code == 2
    assert (folder / "translate.toml").read_text() == before


def test_nothing_is_deleted_unasked(tmp_path: Path, folder: Path) -> None:
    done = templates(tmp_path, "delete", "translate")
    assert done.code == 2
    assert "--yes" in done.err
    assert (folder / "translate.toml").exists()


def test_yes_deletes_also_what_cannot_be_read(tmp_path: Path, folder: Path) -> None:
    (folder / "broken.toml").write_bytes(b"\xff")
    for name in ("translate", "broken"):
        done = templates(tmp_path, "delete", "--yes", name)
        assert (done.out, done.code) == (b"", 0)
        assert f"the template {name} is deleted" in done.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("typed", "is_there"), [("y", False), ("n", True), ("", True)])
def test_on_a_terminal_it_asks_before_it_deletes(tmp_path: Path, folder: Path, typed: str, is_there: bool) -> None:
    child = on_a_terminal(tmp_path, "delete", "translate")
    child.expect_exact("Delete the template translate for good? [y/N] ")
    child.sendline(typed)
    rest_of(child)
    assert (folder / "translate.toml").exists() is is_there


def test_on_a_terminal_a_shown_template_cannot_command_it(tmp_path: Path, folder: Path) -> None:
    (folder / "evil.toml").write_text('system = "\\u001b]0;x" # \x9b2J \u202e\n')
    for words in (["show", "evil"], ["list"]):
        shown = rest_of(on_a_terminal(tmp_path, *words))
        assert "]0;x" in shown or "u001b" in shown
        assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


def test_help_names_every_command_on_plain_lines(tmp_path: Path) -> None:
    done = templates(tmp_path, "--help")
    assert done.code == 0
    for command in ("list", "show", "edit", "delete", "path"):
        assert f"  {command} " in done.text


def test_the_list_loads_neither_the_network_nor_the_screen(tmp_path: Path, folder: Path) -> None:
    del folder
    code = "import sys; from chatbot.cli.main import main; main(['templates']); sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(tmp_path), cwd=ROOT, check=True, timeout=20
    )
    assert not {"requests", "urllib3", "rich", "prompt_toolkit", "sqlite3", "PIL"} & set(done.stderr.decode().split())
