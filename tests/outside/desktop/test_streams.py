from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chatbot.outside.desktop.streams import is_terminal, write_all
from tests.tables import each

SCRIPT = """
import os
from chatbot.outside.desktop.streams import reserve_standard_descriptors
reserve_standard_descriptors()
path = {path!r}
opened = os.open(path, os.O_WRONLY | os.O_CREAT)
kinds = [os.path.sameopenfile(number, os.open(os.devnull, os.O_RDWR)) for number in (0, 1, 2)]
os.write(opened, repr((opened, kinds)).encode())
"""


@each("closed", [(), (0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)])
def test_nothing_lands_on_a_standard_stream_that_is_closed(closed: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "out"
    closing = " ".join(f"{number}>&-" for number in closed)
    command = ["sh", "-c", f'exec "$0" -c "$1" {closing}', sys.executable, SCRIPT.format(path=str(path))]
    with (tmp_path / "in").open("w+b") as other:
        done = subprocess.run(command, stdin=other, stdout=other, stderr=other, timeout=20, check=False)
    opened, kinds = eval(path.read_text())
    assert done.returncode == 0
    assert opened > 2
    assert kinds == [number in closed for number in (0, 1, 2)]


def test_all_is_written_where_the_reader_is_slow() -> None:
    reader, writer = os.pipe()
    data = os.urandom(1_000_000)
    received = bytearray()

    def read() -> None:
        while piece := os.read(reader, 4_096):
            received.extend(piece)

    os.set_blocking(writer, False)
    thread = threading.Thread(target=read)
    thread.start()
    write_all(writer, data)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert received == data


def test_nothing_is_written_of_nothing() -> None:
    write_all(-1, b"")


def test_a_reader_who_has_left_is_a_broken_pipe() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        write_all(writer, b"x")
    os.close(writer)


def test_a_full_disk_is_an_error() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="No space left"):
        write_all(full, b"x")
    os.close(full)


def test_a_terminal_is_told_from_everything_else(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    assert is_terminal(terminal)
    assert not any(is_terminal(descriptor) for descriptor in (reader, writer, null))
    for descriptor in (controller, terminal, reader, writer, null):
        os.close(descriptor)
    assert not is_terminal(terminal), "closed"
