import os
import socket
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from chatbot.core.errors import FileUnreadable, ImageUnreadable
from chatbot.outside.files.reading import display_name, read_file, read_text_file
from tests.tables import each
from tests.timing import quickest


def refusal(path: Path | str, max_bytes: int = 1_000) -> FileUnreadable:
    """The error that reading raises, after it was seen to be one short line with a way on."""
    errors = []

    def took_s() -> float:
        started_s = time.monotonic()
        with pytest.raises(FileUnreadable) as refused:
            read_text_file(path, max_bytes)
        errors.append(refused.value)
        return time.monotonic() - started_s

    assert quickest(took_s, 1) < 1
    error = errors[-1]
    assert "\n" not in str(error)
    assert error.advice
    assert error.exit_code == 66
    return error


def test_a_text_file_is_read_unaltered(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes("  é\r\n\n".encode())
    assert read_text_file(path) == ("  é\r\n\n", None)


def test_a_file_that_is_not_utf8_is_read_with_a_warning_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes("Größe".encode("latin-1"))
    text, warning = read_text_file(path)
    assert text == "Gr\ufffd\ufffde"
    assert str(path) in str(warning)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(refusal(tmp_path / "gone.md")) == f"cannot read {tmp_path}/gone.md: there is no such file"


def test_no_name_is_not_the_current_folder() -> None:
    with pytest.raises(FileUnreadable, match="cannot read a file without a name"):
        read_file("", 10)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "it is a directory" in str(refusal(tmp_path))


def test_a_fifo_without_a_writer_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    error = refusal(path)
    assert "it is a pipe" in str(error)
    assert "standard input" in error.advice


def test_a_path_is_shown_from_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert display_name(tmp_path / "notes" / "a.txt") == "~/notes/a.txt"
    assert display_name(f"{tmp_path}er/a.txt") == f"{tmp_path}er/a.txt"
    monkeypatch.setenv("HOME", "/")
    assert display_name("/etc/hosts") == "/etc/hosts"


def test_devices_are_refused() -> None:
    for device in ("/dev/zero", "/dev/null"):
        assert "it is a device" in str(refusal(device))


def test_a_link_to_a_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    assert "it is a device" in str(refusal(tmp_path / "link"))


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is at most 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert "it is a socket" in str(refusal("s"))


def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)  # root may read everything, nobody may not
    try:
        assert "no permission" in str(refusal(path))
    finally:
        os.seteuid(user)


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert "circle" in str(refusal(tmp_path / "a"))


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "not a directory" in str(refusal(tmp_path / "file" / "b"))


@each("path", ["a\0b", "", "x" * 5_000, "a\udcffb", "\ud800", "two\nlines"])
def test_impossible_names_are_refused_in_one_encodable_line(path: str) -> None:
    assert len(str(refusal(path)).encode()) < 300


def test_a_file_of_just_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * 1_000)
    assert len(read_text_file(path, 1_000).text) == 1_000
    path.write_bytes(b"x" * 1_001)
    assert str(refusal(path)) == f"{path} is too large: 1 kB, and at most 1 kB can be read"


def test_ten_million_bytes_are_the_ordinary_limit(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(10_000_001)
    with pytest.raises(FileUnreadable, match="at most 10 MB"):
        read_text_file(path)


def test_a_file_of_proc_which_claims_to_be_empty_is_read_and_limited() -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("no /proc")
    assert read_text_file(path).text.startswith("Name:")
    assert "too large" in str(refusal(path, max_bytes=10))


def test_binary_files_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.out"
    path.write_bytes(b"\x7fELF\0")
    assert str(refusal(path)).startswith(f"{path} looks binary")


def test_a_name_with_undecodable_bytes_opens(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        path.write_text("x")
    except OSError:
        pytest.skip("this file system wants UTF-8 names")
    assert read_text_file(path).text == "x"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "notes").write_text("x")
    assert read_text_file("~/notes").text == "x"


def test_the_caller_chooses_the_kind_of_error(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable):
        read_file(tmp_path / "gone.png", 10, ImageUnreadable)


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("x")
    before = os.open(path, os.O_RDONLY)
    os.close(before)
    read_text_file(path)
    refusal(tmp_path)
    refusal("/dev/zero")
    after = os.open(path, os.O_RDONLY)
    os.close(after)
    assert after == before


@each("beginning", ["file://", "file://localhost", "file:", "FILE://"])
def test_an_address_of_a_local_file_is_that_file(tmp_path: Path, beginning: str) -> None:
    file = tmp_path / "a b%ü.txt"
    file.write_text("text")
    assert read_text_file(beginning + quote(str(file))).text == "text"


def test_an_address_of_another_computer_is_no_local_file() -> None:
    with pytest.raises(FileUnreadable):
        read_text_file("file://elsewhere/etc/hostname")
