from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot import __version__
from chatbot.core.errors import ConfigurationError, FileUnreadable, OutputUnwritable
from chatbot.outside.files.report import CASSETTE, cassette_text, versions, write_report

NOON_S = 1_795_780_800.0  # 2026-11-27, 12:00 UTC
FILES = {"report.html": "<p>ü\udc80</p>", "request.sh": "curl"}


def test_a_report_is_a_new_private_zip_of_its_texts(tmp_path: Path) -> None:
    path = write_report(tmp_path, NOON_S, FILES)
    assert path.name.startswith("chat-report-2026-11-2") and path.suffix == ".zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(FILES)
        assert archive.read("report.html") == "<p>ü</p>".encode().replace(b"</p>", b"\x80</p>")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_report_never_takes_the_place_of_another(tmp_path: Path) -> None:
    first, second, third = (write_report(tmp_path, NOON_S, {"n": str(number)}) for number in range(3))
    assert [second.name, third.name] == [f"{first.stem}-2.zip", f"{first.stem}-3.zip"]
    with zipfile.ZipFile(first) as archive:
        assert archive.read("n") == b"0"


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable, match=r"cannot write .*chat-report-.*: No such file or directory"):
        write_report(tmp_path / "missing", NOON_S, FILES)


def test_a_clock_before_the_format_began_costs_no_report(tmp_path: Path) -> None:
    assert write_report(tmp_path, 0.0, FILES).exists()


def test_the_versions_are_those_of_what_an_answer_goes_through() -> None:
    lines = versions(("requests", "no-such-library"))
    assert lines[0] == f"chat {__version__}"
    assert any(line.startswith("Python 3.") for line in lines)
    assert lines[-2].startswith("requests 2.")
    assert lines[-1] == "no-such-library is not there"


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_a_zip_however_it_is_damaged_is_read_or_refused(data: bytes, place: int, byte: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CASSETTE, b"line\n" + data.hex().encode())
    damaged = bytearray(buffer.getvalue())
    damaged[place % len(damaged)] = byte
    with TemporaryDirectory() as folder:
        file = Path(folder) / "r.zip"
        file.write_bytes(damaged)
        try:
            cassette_text(file)
        except (ConfigurationError, FileUnreadable) as error:
            assert "r.zip" in str(error)


def test_a_cassette_is_read_as_it_is_or_from_a_report(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("ü\n", encoding="utf-8")
    assert cassette_text(plain) == "ü\n"
    assert cassette_text(write_report(tmp_path, NOON_S, {"other": "", CASSETTE: "ü\n"})) == "ü\n"


def test_a_cassette_in_a_zip_may_not_fill_the_memory(tmp_path: Path) -> None:
    bomb = write_report(tmp_path, NOON_S, {CASSETTE: "x" * 10_000_001})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(FileUnreadable, match="more than 10 MB"):
        cassette_text(bomb)
