from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.core.errors import FileUnreadable
from chatbot.outside.desktop.editor import write_new as write_for_person
from chatbot.outside.files import typed_lines
from chatbot.outside.files.private import append_line, read_end, require_ours, write_new
from tests.processes import python

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@POSIX
def test_what_is_written_is_for_this_person_only_whatever_was_there(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text("")
    file.chmod(0o644)
    append_line(file, ["one"])
    write_new(tmp_path / "new", [b"a", b"b"])
    write_for_person(str(tmp_path / "saved.md"), "text")
    assert [mode(tmp_path / name) for name in ("lines", "new", "saved.md")] == [0o600] * 3
    assert (tmp_path / "new").read_bytes() == b"ab"


@POSIX
def test_nothing_is_written_or_read_through_a_link(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(precious)
    for attempt in (
        lambda: append_line(link, ["x"]),
        lambda: write_new(link, [b"x"]),
        lambda: read_end(link, 9),
    ):
        with pytest.raises(OSError):
            attempt()
    assert precious.read_text() == "precious"


@POSIX
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for attempt in (lambda: append_line(pipe, ["x"]), lambda: read_end(pipe, 9)):
        with pytest.raises(OSError):
            attempt()
    assert list(typed_lines.load(pipe)) == []
    typed_lines.append(pipe, "x")


@POSIX
def test_a_folder_in_which_others_may_write_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "typed.jsonl").write_text('"one"\n')
    folder.chmod(0o777)
    with pytest.raises(FileUnreadable, match=f"nothing is read: other users may write in {folder}"):
        require_ours(folder, FileUnreadable, "nothing is read")
    assert list(typed_lines.load(folder / "typed.jsonl")) == []
    typed_lines.append(folder / "typed.jsonl", "two")
    assert (folder / "typed.jsonl").read_text() == '"one"\n'


def test_deep_json_among_the_typed_lines_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "typed.jsonl"
    file.write_text('"one"\n' + "[" * 100_000 + '\n"two"\n')
    assert list(typed_lines.load(file)) == ["two", "one"]


def test_a_file_that_fails_half_way_is_not_there(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_new(tmp_path / "new", parts())
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten_and_an_unknown_user_is_told(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "there", [b"new"])
    assert (tmp_path / "there").read_text() == "old"
    with pytest.raises(Exception, match="cannot be written"):
        write_for_person("~nobody-of-this-name/file", "text")


@POSIX
def test_long_lines_that_several_write_at_once_do_not_mix_and_nothing_lies_beside_them(tmp_path: Path) -> None:
    file = tmp_path / "lines"

    def write(letter: str) -> None:
        for size in (30, 1):
            append_line(file, (letter * 100_000 for _ in range(size)))

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = file.read_text().splitlines()
    assert sorted((len(line), *set(line)) for line in lines) == [
        (size, letter) for size in (100_000, 3_000_000) for letter in "abcd"
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["lines"]


@POSIX
def test_of_a_line_that_does_not_fit_nothing_stays(tmp_path: Path) -> None:
    code = (
        "import resource; from pathlib import Path; from chatbot.outside.files.private import append_line\n"
        "append_line(Path('lines'), ['one'])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try: append_line(Path('lines'), ['x' * 60_000])\n"
        "except OSError as error: print(error.strerror)\n"
    )
    assert python(code, cwd=tmp_path) and (tmp_path / "lines").read_text() == "one\n"
