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
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from chatbot.core.errors import ConfigurationError
from chatbot.core.mcp.entries import ServerEntry
from chatbot.outside.processes.supervised import Supervised

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
_GRACE_S = 1.0  # most servers see that this program is gone, and leave by themselves
_LAST_WORDS_WITHIN_S = 0.2
_GONE_WITHIN_S = _GRACE_S + _LAST_WORDS_WITHIN_S
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
        self._line: Supervised | None = None
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

    async def end(self) -> None:
        """Nothing of it is left afterwards. That its standard input is closed tells it to leave; then it is made to."""
        self._is_ending = True
        process = self._process
        if self._line is None or not isinstance(process, Process):
            return
        assert process.stdin is not None
        process.stdin.close()
        if not await _left(process, _LEAVES_WITHIN_S if self._has_answered else 0.0):
            self._signal(signal.SIGTERM)
            if not await _left(process, _TERMINATES_WITHIN_S):
                self.kill()
                await _left(process, _TERMINATES_WITHIN_S)
        transport: Any = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()  # what cannot be ended may hold the pipes open
        self._line.close()

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
        words = [_program(entry.command[0], folder, environ), *entry.command[1:]]
        line = self._line = Supervised(words, grace_s=_GRACE_S)
        try:
            return await asyncio.create_subprocess_exec(
                *line.words,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=environ,
                cwd=folder or None,
                pass_fds=line.descriptors,
                start_new_session=True,  # Ctrl-C is ours alone
            )
        except (OSError, ValueError) as error:
            line.close()
            raise ConfigurationError(self._not_started(error)) from error
        finally:
            line.begun()

    def _not_started(self, error: Exception) -> str:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return f"{self._entry.command[0]} cannot be started: {reason}"

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
        if not self.fault and await _left(process, _GONE_WITHIN_S):
            status = process.returncode or 0
            how = f"was killed by signal {-status}" if status < 0 else f"ended with exit code {status}"
            error = self._line.fault if self._line else None
            self.fault = self._not_started(error) if error else f"it {how}"
        with anyio.move_on_after(_LAST_WORDS_WITHIN_S):
            await self._heard.wait()

    def kill(self) -> None:
        """Ends it at once, with all that it started."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def _signal(self, number: int) -> None:
        if self._line:
            self._line.signal(number)
        if os.name != "posix" and isinstance(self._process, Process):
            with suppress(OSError):
                self._process.terminate()

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
            if not await _left(process, _GONE_WITHIN_S):  # else what reads its output tells why it ended
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


async def _left(process: Process, within_s: float) -> bool:
    """Whether it ended; `wait` would also wait for what holds its pipes."""
    with anyio.move_on_after(within_s):
        while process.returncode is None:
            await anyio.sleep(_LOOKED_AFTER_S)
    return process.returncode is not None
