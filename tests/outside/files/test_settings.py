"""The settings file: what it is changed to, what it is kept from, and who may have written it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import ConfigurationError
from chatbot.outside.files.settings import change, read_text, with_key, without_key
from tests.outside.files.at_once import in_eight_processes
from tests.tables import each

WRITTEN = """\
# my settings

model = "openai/gpt-4o"  # the good one
max-tokens = 100

# who is asked how
[providers.openai]
timeout = 60 # slow here

[models."openai/gpt-4o-mini"]
temperature = 0.2
"""
NAMES = st.sampled_from(["model", "max_tokens", "a.b", "openai/gpt-4o", "é"])
PATHS = st.one_of(
    st.tuples(NAMES),
    st.tuples(st.sampled_from(["aliases"]), NAMES),
    st.tuples(st.sampled_from(["models", "providers"]), NAMES, NAMES),
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
TEXTS_BEFORE = [
    "",
    WRITTEN,
    "# one line",
    "a = 1\r\n[b]\r\n",
    "aliases.a = 1\nmodels = {a = {b = 1}}\n",
    "[models]\n[models.model.a]\nx = 1",
    "[[list]]\na = 1\n# end",
    "[aliases]\na = [\n 1,\n]\n\n# c\n[x]",
]
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.lists(TEXTS, max_size=3),
)


def test_a_key_is_set_where_it_stands_and_every_comment_is_kept() -> None:
    assert with_key(WRITTEN, ("max_tokens",), 200) == WRITTEN.replace("100", "200")
    assert with_key(WRITTEN, ("model",), "x") == WRITTEN.replace('openai/gpt-4o"', 'x"')
    assert with_key(WRITTEN, ("providers", "openai", "timeout"), 5.5) == WRITTEN.replace("60 #", "5.5 #")


def test_a_new_key_stands_at_the_end_of_its_table() -> None:
    assert with_key(WRITTEN, ("models", "openai/gpt-4o-mini", "seed"), 1) == WRITTEN + "seed = 1\n"
    assert with_key("", ("aliases", "fast"), "groq/x") == '[aliases]\nfast = "groq/x"\n'
    assert with_key("", ("models", "a/b.c", "seed"), 1) == '[models."a/b.c"]\nseed = 1\n'
    comment = "[aliases]\na = 1\n\n# next\n[providers.openai]\n"
    assert with_key(comment, ("aliases", "b"), 2) == comment.replace("a = 1\n", "a = 1\nb = 2\n")
    assert with_key("aliases = {a = 1}\n", ("aliases", "b"), 2) == "aliases = {a = 1,b = 2}\n"
    assert tomllib.loads(with_key("aliases.a = 1\n", ("aliases", "b"), 2)) == {"aliases": {"a": 1, "b": 2}}
    top = with_key(WRITTEN, ("seed",), 1)
    assert tomllib.loads(top)["seed"] == 1
    assert top == WRITTEN.replace("max-tokens = 100\n", "max-tokens = 100\nseed = 1\n")
    assert with_key("[aliases]\n", ("seed",), 1) == "seed = 1\n\n[aliases]\n"
    assert with_key("# mine\n", ("seed",), 1) == "# mine\nseed = 1\n"
    assert with_key("a = 1\r\n", ("seed",), 1) == "a = 1\r\nseed = 1\r\n"


def set_in(document: dict[str, Any], keys: Iterable[str], value: object) -> dict[str, Any]:
    *above, last = keys
    table = document
    for key in above:
        table = table.setdefault(key, {})
    table[last] = value
    return document


@given(st.lists(st.tuples(PATHS, VALUES), max_size=6), st.sampled_from(TEXTS_BEFORE))
def test_whatever_is_set_is_there_afterwards_and_nothing_else_changed(
    pairs: list[tuple[tuple[str, ...], Any]], text: str
) -> None:
    text = text.replace("max-tokens", "max_tokens")
    expected = tomllib.loads(text)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    for keys, value in pairs:
        text = with_key(text, keys, value)
        set_in(expected, keys, value)
    assert tomllib.loads(text) == expected
    assert all(comment in text.splitlines() for comment in comments)


def test_a_key_is_taken_out_by_either_spelling() -> None:
    assert without_key(WRITTEN, ("max_tokens",)) == WRITTEN.replace("max-tokens = 100\n", "")
    assert without_key(WRITTEN, ("providers", "openai", "timeout")) == WRITTEN.replace("timeout = 60 # slow here\n", "")
    assert without_key(WRITTEN, ("seed",)) is None
    assert without_key(WRITTEN, ("aliases", "fast")) is None
    assert without_key(WRITTEN, ("model", "fast")) is None


@each(("text", "keys"), [("a = [", ("b",)), ("a = 1", ("a", "b")), ('a = "x"', ("a", "b"))])
def test_what_has_no_place_for_a_key_says_so(text: str, keys: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be set"):
        with_key(text, keys, 1)


def test_file_and_folder_are_private_and_a_link_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    change(path, lambda text: with_key(text, ("seed",), 1))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    kept = tmp_path / "dotfiles" / "chat.toml"
    kept.parent.mkdir()
    kept.write_text("# mine\n")
    kept.chmod(0o644)
    path.unlink()
    path.symlink_to(kept)
    change(path, lambda text: with_key(text, ("seed",), 2))
    assert path.is_symlink() and kept.read_text() == "# mine\nseed = 2\n"
    assert list(kept.parent.iterdir()) == [kept]


def test_what_cannot_be_changed_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    path.chmod(0o600)

    def refused(text: str) -> str:
        raise ConfigurationError("no")

    with pytest.raises(ConfigurationError, match="no"):
        change(path, refused)
    assert path.read_text() == WRITTEN and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_keeps_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    code = (
        "import resource, sys, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from pathlib import Path; from chatbot.outside.files.settings import change\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "change(Path(sys.argv[1]), lambda text: text + 'x' * 1000)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert "ConfigurationError" in done.stderr and "file too large" in done.stderr
    assert path.read_text() == WRITTEN and list(tmp_path.iterdir()) == [path]


def test_eight_processes_that_set_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    code = (
        "from chatbot.outside.files.settings import change, with_key\n"
        "def write(time): change(path, lambda text: with_key(text, ('aliases', f'{number}-{time}'), 'x'))\n"
    )
    in_eight_processes(code, path)
    assert set(tomllib.loads(path.read_text())["aliases"]) == {f"{one}-{two}" for one in range(8) for two in range(5)}


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert read_text(tmp_path / "config.toml") is None
    assert read_text(tmp_path / "missing" / "config.toml") is None


@each("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="other users may write"):
        read_text(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can give a file to somebody else")
def test_the_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    path.chmod(0o600)
    os.chown(path, 12345, -1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        read_text(path)


def test_a_link_to_nothing_a_folder_and_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="leads to no file"):
        read_text(path)
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(ConfigurationError, match=f"config.toml cannot be read: {os.strerror(errno.ELOOP).lower()}$"):
        read_text(path)
    path.unlink()
    path.mkdir(mode=0o700)
    with pytest.raises(ConfigurationError, match="it is a directory"):
        read_text(path)
    path.rmdir()
    path.write_bytes(b"a = 1\n# \xff\n")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"config\.toml:2: this is not UTF-8"):
        read_text(path)
