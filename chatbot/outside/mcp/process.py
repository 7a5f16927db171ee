"""A server as a process: messages are lines of JSON on its standard input and output.

The package's own transport for this keeps a line of any length, does not say which process it started, and waits for
seconds at the end. Source: modelcontextprotocol.io/specification/2025-11-25/basic/transports, "stdio", and
basic/lifecycle, "Shutdown".
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from chatbot.core.errors import ConfigurationError
from chatbot.core.mcp.entries import ServerEntry

if TYPE_CHECKING:
    from mcp.shared.message import SessionMessage

    Received = SessionMessage | Exception
    Streams = tuple[MemoryObjectReceiveStream[Received], MemoryObjectSendStream[SessionMessage]]

MAX_MESSAGE_BYTES = 16_000_000
_MAX_RUBBISH_LINES = 1_000
_CHUNK_BYTES = 64 * 1024
_KEPT_SAID_BYTES = 4_096
_MOST_SAID = 300  # characters of a line
_FLOOD_PAUSE_S = 0.01  # so that a flood costs little: the pipe holds the server back
_LEAVES_WITHIN_S, _TERMINATES_WITHIN_S = 0.6, 0.4
_LAST_WORDS_WITHIN_S = 0.2  # what it started may hold its pipes open
_LOOKED_AFTER_S = 0.005
# Without these hardly a program starts, or finds its files; no secret is in any of them.
_PASSED_ON = (
    "HOME LOGNAME PATH SHELL TERM USER TMPDIR TZ LANG LANGUAGE LC_ALL LC_CTYPE XDG_CACHE_HOME XDG_CONFIG_HOME "
    "APPDATA HOMEDRIVE HOMEPATH LOCALAPPDATA PATHEXT PROCESSOR_ARCHITECTURE SYSTEMDRIVE SYSTEMROOT TEMP USERNAME "
    "USERPROFILE"
).split()


class ServerProcess:
    """One run of a server. `fault` says why it ended by itself, once it did."""

    def __init__(self, entry: ServerEntry) -> None:
        self._entry = entry
        self._said = b""
        self._has_answered = self._is_ending = False
        self._heard = anyio.Event()
        self._process: Process | ConfigurationError | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None  # while something of it may be left
        self.fault = ""

    @property
    def last_line(self) -> str:
        """What it last wrote to standard error, untouched."""
        lines = [line for line in self._said.decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1].strip()[-_MOST_SAID:] if lines else ""

    async def start(self) -> None:
        """Starts it, if that is possible; `streams` says if it was not."""
        try:
            self._process = await self._started()
        except ConfigurationError as error:
            self._process = error
        else:
            self._pid = self._process.pid
            self._guard = _guard(self._pid)

    async def end(self) -> None:
        """Nothing of it is left afterwards."""
        self._is_ending = True
        if isinstance(self._process, Process):
            await _ended(self._process, _LEAVES_WITHIN_S if self._has_answered else 0.0)
            self._end_group()

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Streams]:
        """What it sends, and what is sent to it. At the end it is ended. Raises ConfigurationError."""
        process = self._process
        if not isinstance(process, Process):
            raise process or ConfigurationError("it was not started")
        to_session: MemoryObjectSendStream[Received]
        outgoing: MemoryObjectSendStream[SessionMessage]
        to_session, received = anyio.create_memory_object_stream(0)
        outgoing, to_send = anyio.create_memory_object_stream(0)
        async with received, to_session, outgoing, to_send, anyio.create_task_group() as tasks:
            tasks.start_soon(self._read, process, to_session)
            tasks.start_soon(self._write, process, to_send, to_session)
            tasks.start_soon(self._listen, process)
            try:
                yield received, outgoing
            finally:
                with anyio.CancelScope(shield=True):
                    received.close()  # what reads its output goes on without a listener, so that it can leave
                    await self.end()
                    with anyio.move_on_after(_LAST_WORDS_WITHIN_S):
                        await self._heard.wait()
                tasks.cancel_scope.cancel()

    async def _started(self) -> Process:
        entry = self._entry
        environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {**entry.env}
        folder = os.path.expanduser(entry.cwd)  # noqa: PTH111  (does not raise)
        if folder and not os.path.isdir(folder):  # noqa: PTH112  (does not raise)
            raise ConfigurationError(f"there is no folder {entry.cwd}")
        program = _program(entry.command[0], folder, environ)
        try:
            return await asyncio.create_subprocess_exec(
                program,
                *entry.command[1:],
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=environ,
                cwd=folder or None,
                start_new_session=True,  # Ctrl-C is ours alone; and one signal reaches all that it starts
            )
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise ConfigurationError(f"{entry.command[0]} cannot be started: {reason}") from error

    async def _read(self, process: Process, to_session: MemoryObjectSendStream[Received]) -> None:
        assert process.stdout is not None
        async with to_session:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._pass_on(process.stdout, to_session)
                if not self._is_ending:
                    await self._tell_end(process)
        while await process.stdout.read(_CHUNK_BYTES):
            await anyio.sleep(_FLOOD_PAUSE_S)

    async def _pass_on(self, stream: asyncio.StreamReader, to_session: MemoryObjectSendStream[Received]) -> None:
        rubbish = 0
        async for line in self._lines(stream):
            if message := _message(line):
                self._has_answered = True
                await to_session.send(message)
                continue
            rubbish += 1
            if rubbish > _MAX_RUBBISH_LINES:
                self.fault = "what it writes to standard output is no MCP"
                return

    async def _tell_end(self, process: Process) -> None:
        """Before whoever waits for an answer hears of it, why it ended is known, and what it said last."""
        if not self.fault and await _left(process, _LAST_WORDS_WITHIN_S):
            status = process.returncode or 0
            how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
            self.fault = f"it {how}"
        if process.returncode is not None:
            self._end_group()  # now: later its number may be another's
        with anyio.move_on_after(_LAST_WORDS_WITHIN_S):
            await self._heard.wait()

    def _end_group(self) -> None:
        """What it started and left does not outlive it."""
        self.kill()
        _release(self._guard)
        self._pid = None

    def kill(self) -> None:
        """Ends it at once, with all that it started."""
        if self._pid is not None:
            _kill(self._pid)

    async def _lines(self, stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Its lines, blank ones left out; ends where one is too long."""
        parts: list[bytes] = []
        size = 0
        while chunk := await stream.read(_CHUNK_BYTES):
            first, *others = chunk.split(b"\n")
            parts.append(first)
            size += len(first)
            if size > MAX_MESSAGE_BYTES:
                self.fault = f"it sent a message of more than {MAX_MESSAGE_BYTES // 1_000_000} MB"
                return
            for part in others:
                if line := b"".join(parts).strip():
                    yield line
                parts, size = [part], len(part)

    async def _write(
        self,
        process: Process,
        to_send: MemoryObjectReceiveStream[SessionMessage],
        to_session: MemoryObjectSendStream[Received],
    ) -> None:
        assert process.stdin is not None
        try:
            async for sent in to_send:
                process.stdin.write(sent.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
                await process.stdin.drain()
        except (OSError, anyio.ClosedResourceError):
            to_session.close()  # it reads no more: whoever waits for an answer waits in vain

    async def _listen(self, process: Process) -> None:
        assert process.stderr is not None
        while chunk := await process.stderr.read(_CHUNK_BYTES):
            self._said = (self._said + chunk)[-_KEPT_SAID_BYTES:]
            await anyio.sleep(_FLOOD_PAUSE_S)
        self._heard.set()


def _program(name: str, folder: str, environ: Mapping[str, str]) -> str:
    """The program of that name, found as the server's own environment says; one that names a folder is looked for
    in the one the server runs in. Raises ConfigurationError.
    """
    name = os.path.expanduser(name)  # noqa: PTH111  (does not raise)
    if os.path.dirname(name):  # noqa: PTH120
        name = os.path.abspath(os.path.join(folder, name))  # noqa: PTH100, PTH118
    found = shutil.which(name, path=environ.get("PATH"))
    if found is None:
        raise ConfigurationError(f"there is no program {name}", advice="Install it, or mend the command of its entry.")
    return found


def _message(line: bytes) -> SessionMessage | None:
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None  # many write to standard output what belongs to standard error


async def _ended(process: Process, leaves_within_s: float) -> None:
    """Its standard input is closed, which tells it to leave; then it is made to."""
    assert process.stdin is not None
    process.stdin.close()
    if not await _left(process, leaves_within_s):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGTERM) if os.name == "posix" else process.terminate()
        if not await _left(process, _TERMINATES_WITHIN_S):
            _kill(process.pid)
            await _left(process, _TERMINATES_WITHIN_S)
    transport: Any = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()  # what left its group may hold the pipes open


def _kill(pid: int) -> None:
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL) if os.name == "posix" else os.kill(pid, signal.SIGTERM)


async def _left(process: Process, within_s: float) -> bool:
    """Whether it ended; `wait` would also wait for what holds its pipes."""
    with anyio.move_on_after(within_s):
        while process.returncode is None:
            await anyio.sleep(_LOOKED_AFTER_S)
    return process.returncode is not None


# Ends what is left of a server when this program was killed and could not: it reads to the end of a pipe that only
# this program holds. Most servers see the same and leave by themselves; they have a second for it.
_GUARD = 'read -r word && exit; sleep 1; kill -s KILL -- "-$1"'


def _guard(pid: int) -> subprocess.Popen[bytes] | None:
    if os.name != "posix":
        return None
    with suppress(OSError):
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={"PATH": os.defpath},
        )
    return None


def _release(guard: subprocess.Popen[bytes] | None) -> None:
    if guard is not None:
        with suppress(OSError):
            guard.communicate(b"done\n", timeout=1)
