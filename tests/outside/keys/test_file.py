from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import ChatError, ConfigurationError
from chatbot.options.stored_keys import StoredKey
from chatbot.outside.keys.file import KeyFile

NAMES = ("OPENAI_API_KEY", "GROQ_API_KEY")
KEY = StoredKey(key="sk-0123456789abcdef")
RING, ODD = StoredKey(keyring=True), StoredKey(command="sh -c 'echo \"a\\n\" # [OPENAI_API_KEY]'")


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "config" / "chat" / "keys.toml", NAMES)


def refused(file: KeyFile) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        file.read()
    with pytest.raises(ChatError):
        file.write("OPENAI_API_KEY", KEY)
    return caught.value


def test_without_a_file_nothing_is_stored_and_nothing_is_made(file: KeyFile, tmp_path: Path) -> None:
    assert file.read() == {}
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_read_and_private_whatever_the_umask(file: KeyFile) -> None:
    before = os.umask(0)
    try:
        file.write("OPENAI_API_KEY", KEY)
    finally:
        os.umask(before)
    assert file.read() == {"OPENAI_API_KEY": KEY}
    assert (file.path.stat().st_mode & 0o777, file.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.path.parent.iterdir()] == ["keys.toml"]


def test_a_folder_that_others_may_read_is_made_private(file: KeyFile) -> None:
    file.path.parent.mkdir(parents=True, mode=0o755)
    file.write("OPENAI_API_KEY", KEY)
    assert file.path.parent.stat().st_mode & 0o777 == 0o700


def test_comments_and_order_stay(file: KeyFile) -> None:
    file.write("OPENAI_API_KEY", KEY)
    file.path.write_text(f"# mine\n{file.path.read_text()}\n# of the team\n[GROQ_API_KEY]\nkeyring = true  # yes\n")
    file.write("OPENAI_API_KEY", StoredKey(command="op read x"))
    text = file.path.read_text()
    assert text.index("# mine") < text.index("op read x") < text.index("# of the team")
    file.write("OPENAI_API_KEY", None)
    assert "# of the team\n[GROQ_API_KEY]\nkeyring = true  # yes" in file.path.read_text()
    assert file.read() == {"GROQ_API_KEY": StoredKey(keyring=True)}


@pytest.mark.parametrize(
    "form", ['{0}.command = "op read x"', '{0} = {{ command = "op read x" }}', '["{0}"]\ncommand = "op read x"']
)
def test_whatever_form_an_entry_has_another_takes_its_place_and_it_can_go(file: KeyFile, form: str) -> None:
    for new in (KEY, None):
        file.write("GROQ_API_KEY", RING)
        text = file.path.read_text()
        file.path.write_text(form.format("OPENAI_API_KEY") + "\n" + text)
        file.write("OPENAI_API_KEY", new)
        assert file.read().get("OPENAI_API_KEY") == new and file.read()["GROQ_API_KEY"] == RING
        file.path.unlink()


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([KEY, RING, ODD, None])), max_size=6), st.booleans())
def test_the_last_that_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, StoredKey | None]], is_inline: bool
) -> None:
    file = KeyFile(tmp_path_factory.mktemp("config") / "keys.toml", NAMES)
    expected: dict[str, StoredKey] = {}
    if is_inline:
        file.path.write_text('# first\nGROQ_API_KEY = {key = "a"}\n')
        file.path.chmod(0o600)
        expected = {"GROQ_API_KEY": StoredKey(key="a")}
    for name, stored in writes:
        file.write(name, stored)
        expected = {**expected, name: stored} if stored else {n: s for n, s in expected.items() if n != name}
        assert file.read() == expected


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_file_that_others_may_use_is_refused_with_the_way_out(file: KeyFile, mode: int) -> None:
    file.write("OPENAI_API_KEY", KEY)
    file.path.chmod(mode)
    error = refused(file)
    assert "no key is read from it: other users may read" in str(error)
    assert error.advice == f"Make it private: chmod 600 {file.path}"


def test_a_folder_in_which_others_may_write_is_refused(file: KeyFile) -> None:
    file.write("OPENAI_API_KEY", KEY)
    file.path.parent.chmod(0o777)
    assert "other users may write" in str(refused(file))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(file: KeyFile) -> None:
    file.write("OPENAI_API_KEY", KEY)
    os.chown(file.path, 12345, 12345)
    assert "belongs to another user" in str(refused(file))


def test_a_broken_file_is_refused_and_not_written_over(file: KeyFile) -> None:
    file.write("OPENAI_API_KEY", KEY)
    file.path.write_text("[OPENAI_API_KEY\n")
    assert "line 1, is not TOML" in str(refused(file))
    assert file.path.read_text() == "[OPENAI_API_KEY\n"


def test_a_folder_in_its_place_and_bytes_that_are_no_text_are_refused(file: KeyFile) -> None:
    file.path.mkdir(parents=True, mode=0o700)
    with pytest.raises(ChatError, match="it is a directory"):
        file.read()
    file.path.rmdir()
    file.path.write_bytes(b"\0\xff")
    file.path.chmod(0o600)
    with pytest.raises(ChatError, match="binary"):
        file.read()


def test_a_link_stays_a_link(file: KeyFile, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    real.chmod(0o600)
    file.path.parent.mkdir(parents=True)
    file.path.symlink_to(real)
    file.write("OPENAI_API_KEY", KEY)
    assert file.path.is_symlink()
    assert file.read() == {"OPENAI_API_KEY": KEY}
    assert real.stat().st_mode & 0o777 == 0o600
