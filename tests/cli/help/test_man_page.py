"""The manual page: whole, of the texts that stand elsewhere, and clean to those who read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.cli import commands
from chatbot.cli.command_line.declared import Command
from chatbot.cli.help.man_page import man_page
from chatbot.options.chat import GROUPS
from chatbot.options.declared import options_of
from chatbot.terminal.documents import man_page as pages
from chatbot.terminal.documents.man_page import Part
from tests.journeys.chat import run

WITH_MAN = pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")


def shown(page: str, folder: Path, width: int = 400) -> str:
    """The page as `man` shows it, which must have nothing to complain of."""
    file = folder / "chat.1"
    file.write_text(page)
    env = {"PATH": "/usr/bin:/bin", "MANWIDTH": str(width), "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(["man", "--warnings", "-l", str(file)], env=env, capture_output=True, check=True, text=True)
    assert done.stderr == ""
    return re.sub(".\b", "", done.stdout)


@WITH_MAN
def test_man_shows_every_option_command_and_exit_code_without_a_warning(tmp_path: Path) -> None:
    text = " ".join(shown(man_page(), tmp_path).split())
    for option in (option for group in GROUPS for option in options_of(group)):
        assert all(flag in text for flag in option.flags) and " ".join(option.choice.help.split()) in text, option.flag
    for entry in commands.COMMANDS:
        if entry.module:
            declared = commands.declared(entry)
            for command in [declared] if isinstance(declared, Command) else declared.shown:
                assert " ".join(command.help.split()) in text, command.name
    for code in (0, 1, 2, 66, 69, 70, 74, 75, 77, 78, 129, 130, 141, 143):
        assert re.search(rf"EXIT STATUS.* {code} .*ENVIRONMENT", text), code
    for name in ("CHAT_MODEL", "CHAT_TEMPERATURE", "OPENAI_API_KEY", "NO_COLOR"):
        assert name in text
    for name in ("config.toml", "keys.toml", "providers.toml", "templates/"):
        assert f"chat/{name}" in text


@WITH_MAN
@pytest.mark.parametrize("width", [60, 80, 200])
def test_it_fits_every_width(width: int, tmp_path: Path) -> None:
    assert max(map(len, shown(man_page(), tmp_path, width).splitlines())) <= width


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_mandoc_has_nothing_to_say_of_it(tmp_path: Path) -> None:
    (tmp_path / "chat.1").write_text(man_page())
    done = subprocess.run(["mandoc", "-Tlint", str(tmp_path / "chat.1")], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


def test_chat_help_man_prints_it(tmp_path: Path) -> None:
    done = run("help", "--man", home=tmp_path, SOURCE_DATE_EPOCH="0")
    assert (done.code, done.err) == (0, "")
    assert done.text.startswith('.TH CHAT 1 "1970\\-01\\-01"') or done.text.startswith('.TH CHAT 1 "1970-01-01"')
    assert "~/.config/chat" in done.text.replace(r"\(ti", "~")  # nobody's own home folder
    assert str(tmp_path) not in done.text


def test_the_page_is_of_letters_that_every_reader_has() -> None:
    assert man_page().isascii()


@WITH_MAN
def test_signs_that_mean_something_to_man_are_shown_as_they_are(tmp_path: Path) -> None:
    hostile = [".SH x", "'br", "a\\fBb", "--a-b", 'it\'s `x` ^ ~ "q"', "é … 日", "%s .. \\", "a\n.b", '.\\"']
    part = Part("h", hostile, [(text, text) for text in hostile])
    page = pages.man_page("x", "y", "1", "2026-01-01", [("S", [part])])
    text = shown(page, tmp_path)
    for each in hostile:
        assert text.count(" ".join(each.split())) >= 3, each


@given(st.text(max_size=200))
def test_no_text_becomes_a_request(text: str) -> None:
    page = pages.man_page("x", "y", "1", "2026-01-01", [("S", [Part(paragraphs=[text], terms=[(text, text)])])])
    requests = [line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))]
    assert set(requests) <= {".TH", ".nh", ".ad", ".SH", ".TP", ".B"}
