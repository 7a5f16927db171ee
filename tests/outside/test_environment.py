from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatbot.core.errors import FileUnreadable
from chatbot.core.options import SettingSource
from chatbot.outside.environment import MAX_ENV_BYTES, read_variables
from tests.tables import each

NAMES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SSL_CERT_FILE")
LOCAL_NAMES = ("OPENAI_API_KEY", "OPENAI_BASE_URL")


def local(folder: Path, **environ: str) -> tuple[dict[str, SettingSource], tuple[str, ...]]:
    """What is found with this environment in this folder, after it was seen to leave the process's own alone."""
    before = dict(os.environ)
    found = read_variables(environ, NAMES, local_names=LOCAL_NAMES, folder=folder)
    assert dict(os.environ) == before
    return found


def written(folder: Path, content: str | bytes, name: str = ".env") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def left_out(folder: Path) -> str:
    """The one notice about a local file of which nothing is used."""
    found, remarks = local(folder)
    [notice] = remarks
    assert found == {}
    assert notice.endswith("; it is left out")
    assert "\n" not in notice
    return notice


def test_the_local_file_is_read_and_marked(tmp_path: Path) -> None:
    written(tmp_path, "OPENAI_API_KEY=local\nexport OPENAI_BASE_URL='http://127.0.0.1:1/v1'  # here\n")
    assert local(tmp_path) == (
        {
            "OPENAI_API_KEY": SettingSource("local", "./.env", True),
            "OPENAI_BASE_URL": SettingSource("http://127.0.0.1:1/v1", "./.env", True),
        },
        (),
    )


def test_the_environment_wins_over_the_local_file(tmp_path: Path) -> None:
    written(tmp_path, "OPENAI_API_KEY=local")
    found, _ = local(tmp_path, OPENAI_API_KEY="mine")
    assert found == {"OPENAI_API_KEY": SettingSource("mine", "the environment")}


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    written(tmp_path, "OPENAI_API_KEY=local\nOPENAI_BASE_URL=\n")
    found, _ = local(tmp_path, OPENAI_API_KEY=" ")
    assert found == {"OPENAI_API_KEY": SettingSource("local", "./.env", True)}


def test_without_a_file_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert local(tmp_path) == ({}, ())


def test_without_a_folder_no_local_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "OPENAI_API_KEY=local")
    monkeypatch.chdir(tmp_path)
    assert read_variables({}, NAMES, local_names=LOCAL_NAMES) == ({}, ())


def test_the_file_of_the_parent_folder_is_not_read(tmp_path: Path) -> None:
    written(tmp_path, "OPENAI_API_KEY=local")
    (tmp_path / "inner").mkdir()
    assert local(tmp_path / "inner") == ({}, ())


@each("name", ["SSL_CERT_FILE", "HTTPS_PROXY", "PYTHONPATH", "OPENAI_API_KEY2", "openai_api_key"])
def test_other_names_are_not_read_from_the_local_file(name: str, tmp_path: Path) -> None:
    written(tmp_path, f"{name}=/tmp/x")
    assert local(tmp_path) == ({}, ())


@each("value", ["http://h/${OPENAI_API_KEY}", "$HOME", "${HOME}", "`id`", "$(id)", "%HOME%"])
def test_values_are_taken_literally(value: str, tmp_path: Path) -> None:
    written(tmp_path, f"OPENAI_BASE_URL={value}")
    found, _ = local(tmp_path, OPENAI_API_KEY="secret")
    assert found["OPENAI_BASE_URL"].value == value


def test_a_fifo_is_left_out_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    assert "it is a pipe" in left_out(tmp_path)


def test_a_folder_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert "it is a directory" in left_out(tmp_path)


def test_a_link_to_an_endless_device_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to("/dev/zero")
    assert "it is a device" in left_out(tmp_path)


def test_a_link_to_nothing_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / "gone")
    assert "there is no such file" in left_out(tmp_path)


def test_a_link_in_a_circle_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / ".env")
    assert "circle" in left_out(tmp_path)


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(written(tmp_path, "OPENAI_API_KEY=linked", "settings.env"))
    assert local(tmp_path)[0]["OPENAI_API_KEY"].value == "linked"


def test_a_file_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    written(tmp_path, b"OPENAI_API_KEY=local\n" + b"#" * 1_000_000)
    assert "too large" in left_out(tmp_path)


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    line = b"OPENAI_API_KEY=local\n"
    written(tmp_path, line + b"#" * (MAX_ENV_BYTES - len(line)))
    assert local(tmp_path)[0]["OPENAI_API_KEY"].value == "local"


def test_a_file_full_of_names_is_read(tmp_path: Path) -> None:
    """Interpolation would make this quadratic."""
    written(tmp_path, "".join(f"N{number}=x\n" for number in range(7_000)) + "OPENAI_API_KEY=local\n")
    assert local(tmp_path)[0]["OPENAI_API_KEY"].value == "local"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_left_out(tmp_path: Path) -> None:
    os.chown(written(tmp_path, "OPENAI_API_KEY=local"), 12_345, 12_345)
    assert "belongs to another user" in left_out(tmp_path)


@each("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_utf_16_is_left_out(encoding: str, tmp_path: Path) -> None:
    written(tmp_path, "OPENAI_API_KEY=local".encode(encoding))
    assert "looks binary" in left_out(tmp_path)


def test_nul_is_left_out(tmp_path: Path) -> None:
    written(tmp_path, b"OPENAI_API_KEY=lo\0cal")
    assert "looks binary" in left_out(tmp_path)


def test_nul_far_inside_does_no_harm(tmp_path: Path) -> None:
    written(tmp_path, b"#" * 10_000 + b"\nOPENAI_API_KEY=lo\0cal")
    assert local(tmp_path)[0]["OPENAI_API_KEY"].value == "local"


def test_latin_1_in_a_comment_costs_a_notice_and_no_key(tmp_path: Path) -> None:
    written(tmp_path, "# Schlüssel\nOPENAI_API_KEY=local".encode("latin-1"))
    found, [notice] = local(tmp_path)
    assert found["OPENAI_API_KEY"].value == "local"
    assert "is not UTF-8" in notice


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    written(tmp_path, "\ufeffOPENAI_API_KEY=local")
    assert local(tmp_path)[0]["OPENAI_API_KEY"].value == "local"


def test_lines_that_assign_nothing_are_passed_over_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, "this is no assignment\n=x\nOPENAI_API_KEY\n'\nOPENAI_API_KEY=local\n")
    with caplog.at_level("CRITICAL", logger="dotenv"):
        assert local(tmp_path)[0]["OPENAI_API_KEY"].value == "local"
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / "named.env"


def test_a_file_that_was_named_wins_over_everything(env_file: Path, tmp_path: Path) -> None:
    written(tmp_path, "OPENAI_API_KEY=local")
    env_file.write_text("OPENAI_API_KEY=named")
    found, remarks = read_variables(
        {"OPENAI_API_KEY": "mine"}, NAMES, local_names=LOCAL_NAMES, folder=tmp_path, env_file=env_file
    )
    assert found == {"OPENAI_API_KEY": SettingSource("named", str(env_file))}
    assert remarks == ()


def test_a_file_that_was_named_may_set_everything_that_is_asked_for(env_file: Path) -> None:
    env_file.write_text("SSL_CERT_FILE=/etc/ca.pem\nPYTHONPATH=/tmp")
    found, _ = read_variables({}, NAMES, env_file=env_file)
    assert found == {"SSL_CERT_FILE": SettingSource("/etc/ca.pem", str(env_file))}


def test_a_file_that_was_named_is_taken_literally_too(env_file: Path) -> None:
    env_file.write_text("OPENAI_API_KEY=${HOME}")
    assert read_variables({}, NAMES, env_file=env_file)[0]["OPENAI_API_KEY"].value == "${HOME}"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo])
def test_a_file_that_was_named_must_be_readable(make: object, env_file: Path) -> None:
    make(env_file)  # type: ignore[operator]
    with pytest.raises(FileUnreadable, match=r"cannot read .*named\.env"):
        read_variables({"OPENAI_API_KEY": "mine"}, NAMES, env_file=env_file)


@pytest.mark.parametrize("content", [b"#" * 100_000, "OPENAI_API_KEY=x".encode("utf-16"), b"OPENAI_API_KEY=\0"])
def test_a_file_that_was_named_must_be_text(content: bytes, env_file: Path) -> None:
    env_file.write_bytes(content)
    with pytest.raises(FileUnreadable):
        read_variables({}, NAMES, env_file=env_file)


def test_a_key_command_of_the_folder_is_ignored_with_a_sentence(tmp_path: Path) -> None:
    written(tmp_path, "OPENAI_API_KEY_COMMAND=op read x\n")
    assert local(tmp_path) == (
        {},
        ("OPENAI_API_KEY_COMMAND in ./.env is ignored: no command is taken from a folder; keep it with chat keys set",),
    )
