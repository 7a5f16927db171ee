from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from chatbot import __version__
from chatbot.core.errors import OutputUnwritable
from chatbot.outside.files.report import versions, write_report

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
