import contextlib
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from chatbot.core.errors import FileUnreadable
from chatbot.outside.desktop.stdin import is_piped, read_piped_bytes, read_piped_text, read_typed_line
from tests.processes import python
from tests.signals import is_handled_during


class Pipe:
    """A pipe whose ends a test may close when it wants."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()

    def send(self, data: bytes) -> None:
        os.write(self.writer, data)

    def end(self, *last: bytes) -> None:
        for data in last:
            self.send(data)
        os.close(self.writer)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    os.close(pipe.reader)


def never() -> None:
    raise AssertionError("no hint was due")


def counting(then: Callable[[], None]) -> tuple[list[int], Callable[[], None]]:
    """A record of the hints, and a callback that counts and then does something."""
    hints: list[int] = []

    def on_silence() -> None:
        hints.append(1)
        then()

    return hints, on_silence


def test_piped_text_is_read_to_its_end_unaltered(pipe: Pipe) -> None:
    pipe.send(b"  one\r\n")
    pipe.end("zwölf \n\n".encode())
    assert read_piped_text(pipe.reader, never) == ("  one\r\nzwölf \n\n", None)


def test_an_empty_pipe_is_empty_text(pipe: Pipe) -> None:
    pipe.end()
    assert read_piped_text(pipe.reader, never) == ("", None)


def test_undecodable_bytes_are_replaced_and_said(pipe: Pipe) -> None:
    pipe.end(b"caf\xe9\n")
    text, warning = read_piped_text(pipe.reader, never) or ("", None)
    assert text == "caf\ufffd\n"
    assert str(warning).startswith("standard input is not UTF-8 in 1 place")


def test_a_character_cut_between_two_writes_is_whole(pipe: Pipe) -> None:
    first, rest = "ü".encode()[:1], "ü".encode()[1:]
    pipe.send(first)
    _, on_silence = counting(lambda: pipe.end(rest))
    assert read_piped_text(pipe.reader, on_silence, hint_after_s=0) == ("ü", None)


def test_binary_input_is_refused(pipe: Pipe) -> None:
    pipe.end(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(FileUnreadable, match="standard input looks binary") as refused:
        read_piped_text(pipe.reader, never)
    assert refused.value.exit_code == 66


def test_image_bytes_can_be_piped_as_bytes(pipe: Pipe) -> None:
    pipe.end(b"\x89PNG\0")
    assert read_piped_bytes(pipe.reader, never) == b"\x89PNG\0"


def test_a_terminal_is_not_read() -> None:
    controller, terminal = pty.openpty()
    os.write(controller, b"typed\n")
    assert read_piped_text(terminal, never) is None
    os.close(terminal)
    os.close(controller)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_character_device_is_not_read(device: str) -> None:
    with Path(device).open("rb") as file:
        assert read_piped_text(file.fileno(), never) is None


def test_a_closed_descriptor_is_not_read(pipe: Pipe) -> None:
    pipe.end()
    spare = os.dup(pipe.reader)
    os.close(spare)
    assert not is_piped(spare)
    assert read_piped_text(spare, never) is None


def test_a_redirected_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 200_000 + b"\n")
    with path.open("rb") as file:
        assert read_piped_bytes(file.fileno(), never) == path.read_bytes()


def test_a_socket_is_read() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"question")
    theirs.close()
    assert read_piped_text(ours.fileno(), never) == ("question", None)
    ours.close()


def test_a_directory_is_an_error_not_a_question(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(FileUnreadable, match="cannot read standard input"):
        read_piped_text(descriptor, never)
    os.close(descriptor)


def test_a_silent_pipe_gets_one_hint_and_is_read_on(pipe: Pipe) -> None:
    hints, on_silence = counting(lambda: pipe.end(b"late"))
    assert read_piped_text(pipe.reader, on_silence, hint_after_s=0) == ("late", None)
    assert hints == [1]


def test_a_pipe_that_falls_silent_after_some_text_gets_the_hint_too(pipe: Pipe) -> None:
    pipe.send(b"early ")
    hints, on_silence = counting(lambda: pipe.end(b"late"))
    assert read_piped_text(pipe.reader, on_silence, hint_after_s=0) == ("early late", None)
    assert hints == [1]


def test_a_pipe_that_stays_silent_gets_no_second_hint(pipe: Pipe) -> None:
    hints, on_silence = counting(threading.Timer(0.05, pipe.end).start)
    assert read_piped_text(pipe.reader, on_silence, hint_after_s=0) == ("", None)
    assert hints == [1]


def test_ctrl_c_while_waiting_in_silence_is_felt(pipe: Pipe) -> None:
    _, on_silence = counting(lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        read_piped_text(pipe.reader, on_silence, hint_after_s=0)
    pipe.end()


def test_a_non_blocking_pipe_is_waited_for_not_polled(pipe: Pipe) -> None:
    os.set_blocking(pipe.reader, False)
    hints, on_silence = counting(lambda: pipe.end(b"x"))
    assert read_piped_text(pipe.reader, on_silence, hint_after_s=0) == ("x", None)
    assert hints == [1]


def test_input_of_just_the_limit_is_read_and_one_byte_more_is_refused() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 100_000)
        file.seek(0)
        assert len(read_piped_bytes(file.fileno(), never, max_bytes=100_000) or b"") == 100_000
        file.seek(0)
        with pytest.raises(FileUnreadable, match="too large: at most"):
            read_piped_bytes(file.fileno(), never, max_bytes=99_999)


CHILD = """
import pathlib, sys
from chatbot.core.errors import FileUnreadable
from chatbot.outside.desktop.stdin import read_piped_text
try:
    read_piped_text(0, lambda: None)
except FileUnreadable as error:
    status = pathlib.Path("/proc/self/status").read_text()
    peak_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    print(peak_kb, error, sep="|")
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_hundred_megabytes_stop_at_the_limit_in_little_memory() -> None:
    command = [sys.executable, "-c", CHILD]
    sent_bytes = 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            while sent_bytes < 100_000_000:
                sent_bytes += child.stdin.write(b"x" * 1_000_000)
        said = child.stdout.read().decode()
    peak_kb, _, sentence = said.partition("|")
    assert sentence.strip() == "standard input is too large: at most 10 MB can be sent"
    assert int(peak_kb) < 60_000
    assert sent_bytes < 15_000_000


def test_the_module_reads_nothing_when_imported(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("still here")
    code = "import chatbot.outside.desktop.stdin, os; print(os.read(0, 100).decode())"
    with path.open("rb") as file:
        assert python(code, stdin=file) == "still here\n"


def test_a_signal_that_does_not_wake_the_wait_for_a_line_is_handled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = os.openpty()
    lines: list[str] = []
    with os.fdopen(ours, "wb", 0) as keyboard, os.fdopen(theirs) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        assert is_handled_during(lambda: lines.append(read_typed_line()), lambda: keyboard.write(b"yes\nno\n"))
        assert [*lines, read_typed_line()] == ["yes\n", "no\n"]


def test_a_signal_that_does_not_wake_the_wait_for_a_pipe_is_handled_all_the_same() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        read = partial(read_piped_bytes, pipe.fileno(), lambda: None, hint_after_s=0.01)
        assert is_handled_during(read, partial(os.close, writing))
