"""Processes of `python WORDS...`, forked from one that has loaded the program, where that comes to the same.

A child's place in the world (streams, terminal, folder, environment, signals, exit code) is that of a process started
anew; only what it imports is loaded already. Where an interpreter is told something at its start, or the system cannot
give such a child its new parent, it is started anew. What is run to its end, and the program itself also beside a test
and on a terminal, may share its process with others before and after it, each of which leaves it as it was.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import inspect
import json
import os
import pty
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pexpect
from ptyprocess import PtyProcess  # type: ignore[import-untyped]

from tests.interpreter import NUMBER_BYTES

ADDRESS = "FORK_SERVER_OF_TESTS"
"""The variable that tells the workers where to find what `server_address` has begun."""
MOST_LETTERS = 70  # with our own below 108, as an address may have (unix(7))
CAN_FORK = hasattr(os, "pidfd_open")
"""What the fork server needs is there in Linux alone."""
ROOT = Path(__file__).parents[1]
STARTED_WITH = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
READ_AT_START = re.compile("PYTHON|LC_|LANG|COVERAGE_")


def start(words: Sequence[str | bytes], env: Mapping[str, str], cwd: Path, **streams: Any) -> subprocess.Popen[bytes]:
    """`python WORDS...` with these `stdin`, `stdout` and `stderr`."""
    kind = subprocess.Popen if not _comes_to_the_same(env) else _Lent if _is_the_program(words) else _Forked
    return kind([sys.executable, *words], env=dict(env), cwd=cwd, **streams)


def start_code(code: str, *words: str, **how: Any) -> subprocess.Popen[Any]:
    """A program of a test's own, beside it, with `how` of subprocess.Popen; it says at its top what it imports."""
    env = {name: value for name, value in os.environ.items() if not READ_AT_START.match(name)}
    return start(["-c", code, *words], env | STARTED_WITH, **{"cwd": ROOT, "stdin": subprocess.DEVNULL, **how})


def run(
    words: Sequence[str | bytes],
    env: Mapping[str, str],
    cwd: Path,
    *,
    stdin: bytes | None = None,
    timeout_s: float,
    alone: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """Runs `python WORDS...` to its end. Standard input is the null device unless bytes are piped in.

    With `alone` in a process of its own, as for what changes the modules of the program.
    Raises subprocess.TimeoutExpired; the process has been killed then.
    """
    pipes = {"stdin": subprocess.DEVNULL if stdin is None else subprocess.PIPE}
    kind = subprocess.Popen if not _comes_to_the_same(env) else _Forked if alone else _Lent
    streams: Any = {**pipes, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with kind([sys.executable, *words], env=dict(env), cwd=cwd, **streams) as process:
        try:
            out, err = process.communicate(stdin, timeout_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def start_on_terminal(words: Sequence[str], env: Mapping[str, str], cwd: Path, **options: Any) -> pexpect.spawn[bytes]:
    """`python WORDS...` in a pseudo-terminal of its own, with the options of `pexpect.spawn`."""
    kind: Any = pexpect.spawn
    if _comes_to_the_same(env):
        kind = _LentOnTerminal if _is_the_program(words) else _ForkedOnTerminal
    child: pexpect.spawn[bytes] = kind(sys.executable, list(words), env=dict(env), cwd=str(cwd), **options)
    child.delaybeforesend = None
    vars(child)["ptyproc"].delayafterclose = 0.01
    return child


class _Alone:
    """A run in a process of its own, a child of the fork server, which tells its end."""

    def __init__(
        self, command: Sequence[Any], env: dict[str, str], cwd: str, streams: list[int], *, terminal: bool = False
    ) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(server_address())
        _ask(self._line, {"words": _words(command), "env": env, "cwd": cwd, "terminal": terminal}, streams)
        self.pid = _number(self._line.recv(NUMBER_BYTES, socket.MSG_WAITALL))
        self.is_disturbed = False

    def ended(self, timeout_s: float | None) -> int | None:
        """The exit code, as subprocess has it; None if it still runs after `timeout_s`."""
        answer = _told(self._line, timeout_s)
        if answer is None:
            return None
        self._line.close()
        return _number(answer)


class _Shared:
    """A process that does several runs, one after the other (see `tests.reused`), and the connection to it."""

    def __init__(self, *, on_terminal: bool) -> None:
        self.on_terminal = on_terminal
        self.is_disturbed = False
        """Whether a signal was sent to it, which may reach it when the run is over: then it does no other."""
        self._line, theirs = socket.socketpair()
        env = {"PATH": os.environ["PATH"], **STARTED_WITH}
        self._process = start(["-c", "from tests.reused import main; main()"], env, ROOT, stdin=theirs)
        self.pid = self._process.pid
        theirs.close()
        atexit.register(self._process.wait)
        atexit.register(self._line.close)

    def begin(self, command: Sequence[Any], env: dict[str, str], cwd: str, streams: list[int]) -> _Shared:
        request = {"words": _words(command), "env": env, "cwd": cwd, "terminal": self.on_terminal}
        _ask(self._line, request, streams)
        return self

    def ended(self, timeout_s: float | None) -> int | None:
        """As that of `_Alone`."""
        answer = _told(self._line, timeout_s)
        if answer is None:
            return None
        if answer and not self.is_disturbed:
            self._line.settimeout(None)
            _idle[self.on_terminal].append(self)
        else:
            self._line.close()
        return _number(answer) if answer else self._process.wait()


_idle: dict[bool, list[_Shared]] = {False: [], True: []}


def _shared(*, on_terminal: bool) -> _Shared:
    try:
        return _idle[on_terminal].pop()
    except IndexError:
        return _Shared(on_terminal=on_terminal)


class _Forked(subprocess.Popen[bytes]):
    def _execute_child(self, *args: Any) -> None:
        given = inspect.signature(super()._execute_child).bind(*args).arguments  # type: ignore[misc]
        ends = [given[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        streams = [number if end == -1 else end for number, end in enumerate(ends)]
        self._run = self._begun(given["args"], given["env"], str(given["cwd"]), streams)
        self.pid = self._run.pid
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(given[name] for name in pipes))  # type: ignore[attr-defined]

    def _begun(self, command: Sequence[Any], env: dict[str, str], cwd: str, streams: list[int]) -> _Alone | _Shared:
        return _Alone(command, env, cwd, streams)

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            code = self._run.ended(timeout)
            if code is None:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = code
        return self.returncode

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        try:
            return self._wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, sig: int) -> None:
        self._run.is_disturbed = True
        super().send_signal(sig)


class _Lent(_Forked):
    def _begun(self, command: Sequence[Any], env: dict[str, str], cwd: str, streams: list[int]) -> _Shared:
        return _shared(on_terminal=False).begin(command, env, cwd, streams)


class _ForkedOnTerminal(pexpect.spawn):  # type: ignore[type-arg]
    def _spawnpty(self, args: list[str], env: Any, cwd: Any, dimensions: Any = (24, 80), **_: Any) -> Any:
        ours, theirs = pty.openpty()
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", *dimensions, 0, 0))
        run = self._begun(args, env, cwd, [theirs] * 3)
        os.close(theirs)
        return _RunOnTerminal(run, ours)

    def _begun(self, command: list[str], env: Any, cwd: Any, streams: list[int]) -> _Alone | _Shared:
        return _Alone(command, env, cwd, streams, terminal=True)

    def kill(self, sig: int) -> None:
        vars(self)["ptyproc"].run.is_disturbed = True
        super().kill(sig)


class _LentOnTerminal(_ForkedOnTerminal):
    def _begun(self, command: list[str], env: Any, cwd: Any, streams: list[int]) -> _Shared:
        return _shared(on_terminal=True).begin(command, env, cwd, streams)


class _RunOnTerminal(PtyProcess):  # type: ignore[misc]
    """A run as its pseudo-terminal sees it: who is no parent of it asks for its end."""

    terminated: bool
    status: int | None
    exitstatus: int | None
    signalstatus: int | None

    def __init__(self, run: _Alone | _Shared, fd: int) -> None:
        super().__init__(run.pid, fd)
        self.run = run

    def isalive(self) -> bool:
        return self._ended(None if self.flag_eof else 0.0) is None

    def wait(self) -> int | None:
        self._ended(None)
        return self.exitstatus

    def kill(self, sig: int) -> None:
        self.run.is_disturbed = True
        super().kill(sig)

    def _ended(self, timeout_s: float | None) -> int | None:
        if not self.terminated:
            code = self.run.ended(timeout_s)
            if code is None:
                return None
            self.terminated = True
            self.status = code << 8 if code >= 0 else -code  # as wait(2) has it
            self.exitstatus, self.signalstatus = (code, None) if code >= 0 else (None, -code)
        return self.status


def _ask(line: socket.socket, request: dict[str, Any], streams: list[int]) -> None:
    data = json.dumps(request).encode()
    socket.send_fds(line, [len(data).to_bytes(NUMBER_BYTES)], streams)
    line.sendall(data)


def _words(command: Sequence[Any]) -> list[str]:
    return [os.fsdecode(word) for word in command[1:]]


def _told(line: socket.socket, timeout_s: float | None) -> bytes | None:
    """A number; empty where the other end is closed, None where nothing comes in time."""
    line.settimeout(timeout_s)
    try:
        return line.recv(NUMBER_BYTES, socket.MSG_WAITALL)
    except (TimeoutError, BlockingIOError):
        return None
    except ConnectionResetError:
        return b""


def _number(answer: bytes) -> int:
    assert answer, "the fork server has ended"
    return int.from_bytes(answer, signed=True)


@functools.cache
def server_address() -> str:
    """Where the fork server listens, one for this process and its workers. Who begins it ends it."""
    return os.environ.get(ADDRESS) or _begun_server()


def _begun_server() -> str:
    listener, address = listening("fork-server")
    env = {"PATH": os.environ["PATH"], **STARTED_WITH}
    with listener:
        number = listener.fileno()
        command = [sys.executable, "-m", "tests.fork_server", str(number)]
        server = subprocess.Popen(command, env=env, cwd=ROOT, pass_fds=[number], stdin=subprocess.PIPE)
    atexit.register(server.communicate)
    return address


def listening(name: str) -> tuple[socket.socket, str]:
    """A socket that listens, and its address, in a folder that is there as long as this process."""
    place = "/tmp" if len(tempfile.gettempdir()) > MOST_LETTERS else None
    folder = tempfile.mkdtemp(prefix="chat-tests-", dir=place)  # private: who may connect may run what they like
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(Path(folder, name)))
    listener.listen()
    return listener, listener.getsockname()


def _is_the_program(words: Sequence[str | bytes]) -> bool:
    """A script may change the modules of the program, so that nothing else may run where it ran."""
    return list(words[:2]) == ["-m", "chatbot"]


def _comes_to_the_same(env: Mapping[str, str]) -> bool:
    return CAN_FORK and {name: value for name, value in env.items() if READ_AT_START.match(name)} == STARTED_WITH
