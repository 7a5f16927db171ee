"""Sessions with several servers, in one thread with one event loop.

A session is opened and closed by the same task, as its cancel scopes want it, and nothing stands around the opening
but the scope that ends it when it takes too long. The other threads hand calls to the loop and wait for what comes.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from chatbot.core.errors import ConfigurationError
from chatbot.core.mcp.answered import output_of
from chatbot.core.mcp.entries import ServerEntry
from chatbot.core.mcp.listed import ListedTool
from chatbot.core.tools.calling import CALL_WITHIN_S, ToolOutput
from chatbot.outside.background import given_up_after
from chatbot.records import NamedTuple

if TYPE_CHECKING:
    import anyio
    from mcp import Client

    from chatbot.outside.mcp.process import ServerProcess
    from chatbot.outside.mcp.remote import RemoteServer

_MAX_PAGES, _MAX_LISTED = 100, 20_000
_CLOSED_WITHIN_S = 2.5  # longer than a process gets to leave
_LOOKED_AFTER_S = 0.05
_MOST_SHOWN = 300
_RESOLVED_WITHIN_S = 10.0
_LATE_S = 0.5  # what the loop may need to say that the time is over


class Opened(NamedTuple):
    """A server that answers, and all that it lists; or why it does not, and what it last said on standard error."""

    name: str
    tools: tuple[ListedTool, ...] = ()
    fault: str = ""
    said: str = ""
    advice: str = ""


class McpSessions:
    """The servers, from `open` to `close`. Nothing of it raises for what a server does."""

    def __init__(self, entries: Sequence[ServerEntry], *, call_within_s: float = CALL_WITHIN_S - 1) -> None:
        """The entries have their variables put in."""
        self._entries = entries
        self._call_within_s = call_within_s
        self._came: SimpleQueue[Opened] = SimpleQueue()
        self._clients: dict[str, Client] = {}
        self._servers: dict[str, ServerProcess | RemoteServer] = {}
        self._opening: dict[str, anyio.CancelScope] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._is_loaded, self._is_closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="chat-mcp")

    def open(
        self, within_s: float, while_waiting: Callable[[Sequence[str]], None] = lambda names: None
    ) -> list[Opened]:
        """Starts all at once, and waits for them at most so long; in the order of the entries. `while_waiting` is told
        again and again who has not answered yet.
        """
        self._until_s = time.monotonic() + within_s
        self._thread.start()
        found: dict[str, Opened] = {}
        while len(found) < len(self._entries) and time.monotonic() < self._until_s:
            try:
                one = self._came.get(timeout=_LOOKED_AFTER_S)
                found[one.name] = one
            except Empty:
                while_waiting([entry.name for entry in self._entries if entry.name not in found])
        late = Opened("", fault=f"it did not answer within {within_s:g} s")
        return [
            found.get(entry.name) or late._replace(name=entry.name, said=self._last_line(entry.name))
            for entry in self._entries
        ]

    def call(self, server: str, tool: str, arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        """What the tool of a server answers; what goes wrong is an answer too. Called from any thread."""
        if self._loop is None or self._is_closed.is_set():
            return ToolOutput(_ended(server), True)
        calling = self._call(server, tool, dict(arguments))
        try:
            asked: Future[ToolOutput] = asyncio.run_coroutine_threadsafe(calling, self._loop)
        except RuntimeError:  # it was closed in this moment
            calling.close()
            return ToolOutput(_ended(server), True)
        until_s = time.monotonic() + self._call_within_s + _LATE_S
        while not wait([asked], _LOOKED_AFTER_S).done:
            is_stopped = stopped()
            if is_stopped or time.monotonic() > until_s or not self._thread.is_alive():
                asked.cancel()
                return ToolOutput("stopped by the person" if is_stopped else self._late(server), True)
        return ToolOutput(_ended(server), True) if asked.cancelled() else asked.result()

    def close(self) -> None:
        """Ends all of them, and waits for that a bounded time."""
        self._is_closed.set()
        if self._loop is not None and self._is_loaded.is_set() and self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._leave)
            except RuntimeError:
                pass  # the loop was just closed
            self._thread.join(_CLOSED_WITHIN_S)
        if self._thread.is_alive():  # it hangs, or loads the package: what it started does not outlive it
            for server in list(self._servers.values()):
                server.kill()

    def _leave(self) -> None:
        """In the loop: who answers is told to end, who was not ready is not waited for."""
        assert self._closing is not None
        self._closing.set()
        for scope in self._opening.values():
            scope.cancel()

    def _run(self) -> None:
        for name in ("mcp", "client", "httpx2", "httpcore2", "asyncio", "opentelemetry"):
            logger = logging.getLogger(name)  # they would write tracebacks to standard error
            logger.addHandler(logging.NullHandler())
            logger.propagate = False
        try:
            with asyncio.Runner(loop_factory=_new_loop) as runner:
                runner.run(self._main())
        except BaseException as error:  # the thread ends either way; who waits must hear of it
            for entry in self._entries:
                self._came.put(Opened(entry.name, fault=_reason(error)))
        finally:
            for server in self._servers.values():
                server.kill()

    async def _main(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda loop, context: None)
        from chatbot.outside.mcp.process import ServerProcess

        processes = {entry.name: ServerProcess(entry) for entry in self._entries if entry.command}
        self._servers.update(processes)
        await asyncio.gather(*(process.start() for process in processes.values()))
        self._load()  # while they do the same
        self._is_loaded.set()
        if self._is_closed.is_set():
            await asyncio.gather(*(process.end() for process in processes.values()))
        else:
            await asyncio.gather(*map(self._serve, self._entries), return_exceptions=True)

    def _load(self) -> None:
        """The package takes half a second."""
        from chatbot.outside.mcp.remote import RemoteServer

        self._servers.update({entry.name: RemoteServer(entry) for entry in self._entries if entry.url})

    async def _serve(self, entry: ServerEntry) -> None:
        """One session, from its beginning to its end."""
        import anyio

        name = entry.name
        with anyio.CancelScope(deadline=anyio.current_time() + self._until_s - time.monotonic()) as scope:
            self._opening[name] = scope
            if self._is_closed.is_set():
                scope.cancel()
            try:
                await self._open(entry, scope)
            except (Exception, BaseExceptionGroup) as error:
                if not scope.cancel_called and name not in self._clients:
                    self._failed(name, error)
        if scope.cancel_called and name not in self._clients:
            self._failed(name, TimeoutError("it did not answer in time"))
        self._opening.pop(name, None)
        self._clients.pop(name, None)

    async def _open(self, entry: ServerEntry, scope: anyio.CancelScope) -> None:
        from mcp import Client
        from mcp_types import Implementation

        from chatbot.core.version import __version__

        assert self._closing is not None
        us = Implementation(name="chat", version=__version__)
        async with Client(self._servers[entry.name].streams(), client_info=us, cache=None) as client:
            tools = await _listed(client)
            self._opening.pop(entry.name, None)
            scope.deadline = math.inf
            self._clients[entry.name] = client
            self._came.put(Opened(entry.name, tools))
            await self._closing.wait()
            scope.deadline = _soon()

    def _failed(self, name: str, error: BaseException) -> None:
        self._came.put(Opened(name, (), self._why(name, error), self._last_line(name), _advice(error)))

    def _last_line(self, name: str) -> str:
        server = self._servers.get(name)
        return server.last_line if server else ""

    async def _call(self, server: str, tool: str, arguments: dict[str, Any]) -> ToolOutput:
        import anyio

        client = self._clients.get(server)
        if client is None:
            return ToolOutput(_ended(server), True)
        try:
            with anyio.move_on_after(self._call_within_s):
                result = await client.call_tool(tool, arguments)
                plain = result.model_dump(mode="json", by_alias=True, exclude_none=True)
                structured = plain.get("structuredContent")
                return output_of(plain.get("content", ()), structured, is_error=bool(result.is_error))
            return ToolOutput(self._late(server), True)
        except Exception as error:
            peer = self._servers[server]
            said = f" (it said: {peer.last_line})" if peer.fault and peer.last_line else ""
            return ToolOutput(f"the MCP server {server} gave no result: {self._why(server, error)}{said}", True)

    def _late(self, server: str) -> str:
        return f"the MCP server {server} did not answer within {self._call_within_s:g} s"

    def _why(self, name: str, error: BaseException) -> str:
        server = self._servers.get(name)
        return (server.fault if server else "") or _reason(error)


def _ended(server: str) -> str:
    return f"the MCP server {server} was ended"


def _new_loop() -> asyncio.AbstractEventLoop:
    """One that looks up addresses in a thread that nothing waits for at the end: a resolver may take minutes."""
    loop = asyncio.new_event_loop()

    async def getaddrinfo(host: Any, port: Any, **hints: Any) -> Any:
        found = await given_up_after(lambda: socket.getaddrinfo(host, port, **hints), _RESOLVED_WITHIN_S, None)
        if found is None:
            raise OSError("there is no address for its host")
        return found

    vars(loop)["getaddrinfo"] = getaddrinfo
    return loop


def _soon() -> float:
    import anyio

    return anyio.current_time() + _CLOSED_WITHIN_S


async def _listed(client: Client) -> tuple[ListedTool, ...]:
    """All its tools, page by page; a list without end is cut."""
    from mcp import MCPError
    from mcp_types import METHOD_NOT_FOUND

    found: list[ListedTool] = []
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        try:
            page = await client.list_tools(cursor=cursor)
        except MCPError as error:
            if error.code == METHOD_NOT_FOUND:
                break
            raise
        found += [ListedTool(tool.name, tool.description or tool.title or "", tool.input_schema) for tool in page.tools]
        cursor = page.next_cursor
        if not cursor or len(found) > _MAX_LISTED:
            break
    return tuple(found[:_MAX_LISTED])


def _reason(error: BaseException) -> str:
    """What went wrong, in a few words."""
    error = _first(error)
    words = str(error)
    if found := getattr(error, "errors", None):  # of pydantic, by which the package reads what comes
        fault = found()[0]
        words = f"its answer is not as MCP has it: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return " ".join(words.split())[:_MOST_SHOWN] or type(error).__name__


def _advice(error: BaseException) -> str:
    error = _first(error)
    return error.advice if isinstance(error, ConfigurationError) else ""


def _first(error: BaseException) -> BaseException:
    """Of several that happened together, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
