"""The servers in a file of `mcpServers`, the JSON that most MCP clients read.

{"mcpServers": {"time": {"command": "mcp-server-time", "args": [], "env": {}, "cwd": "."},
                "docs": {"url": "https://example.com/mcp", "headers": {}, "type": "http"}}}
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from chatbot.core.addresses import is_loopback
from chatbot.core.errors import ConfigurationError
from chatbot.core.redaction.redactor import is_secret_header, is_secret_name, without_login
from chatbot.records import NamedTuple

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_HTTP_TYPES = ("http", "streamable-http", "streamableHttp", "streamable_http")
_NONE: Mapping[str, str] = MappingProxyType({})


class ServerEntry(NamedTuple):
    """A server as a file has it, its variables (`${NAME}`) not put in yet; with either a command or a URL.

    `file` is the file as a person reads its name; `is_shared`: it came with a folder, so somebody else may have
    written it. `fingerprint` is another one when anything of the entry changes.
    """

    name: str
    file: str
    is_shared: bool
    fingerprint: str
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = _NONE
    cwd: str = ""
    url: str = ""
    headers: Mapping[str, str] = _NONE

    @property
    def where(self) -> str:
        """Its command line, or its address without what may be a secret."""
        return shlex.join(self.command) if self.command else without_login(self.url).partition("?")[0]

    @property
    def reads(self) -> tuple[str, ...]:
        """The variables of the environment that the entry hands to the server."""
        texts = (*self.command, *self.env.values(), self.cwd, self.url, *self.headers.values())
        return tuple(dict.fromkeys(name for text in texts for name, _ in _VARIABLE.findall(text)))

    def filled(self, environ: Mapping[str, str]) -> ServerEntry:
        """The same with its variables put in: `${NAME}`, and `${NAME:-otherwise}`.

        Raises ConfigurationError for one that is not set, and for an address that must not be used.
        """

        def put_in(text: str) -> str:
            return _VARIABLE.sub(value, text)

        def value(found: re.Match[str]) -> str:
            name, otherwise = found.groups()
            if otherwise is None and name not in environ:
                raise ConfigurationError(
                    f"it wants {name}, which is not set", advice=f"Set it, or write ${{{name}:-}} in {self.file}."
                )
            return environ.get(name) or otherwise or ""

        full = self._replace(
            command=tuple(map(put_in, self.command)),
            env={name: put_in(text) for name, text in self.env.items()},
            cwd=put_in(self.cwd),
            url=put_in(self.url),
            headers={name: put_in(text) for name, text in self.headers.items()},
        )
        if full.url:
            _require_address(full)
        return full

    @property
    def secrets(self) -> tuple[str, ...]:
        """Of an entry whose variables are put in: the values that are never shown, by the names they have."""
        values = [text for name, text in self.env.items() if is_secret_name(name)]
        for name, text in self.headers.items():
            values += [text, *text.split()[1:]] if is_secret_header(name) else []
        return tuple(value for value in values if value)


def read_entries(text: str, file: str, *, is_shared: bool) -> dict[str, ServerEntry | ConfigurationError]:
    """The servers by name; for an entry that is none, what is wrong with it.

    Raises ConfigurationError, with the line, for a text that is no such file.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"{error.msg[0].lower()}{error.msg[1:]}"
        raise ConfigurationError(f"{file}:{error.lineno}: this is not JSON: {reason}", advice=_AN_ENTRY) from error
    except (RecursionError, ValueError) as error:
        raise ConfigurationError(f"{file} is nested too deeply, or has a number too long", advice=_AN_ENTRY) from error
    servers = document.get("mcpServers") if isinstance(document, dict) else None
    if not isinstance(servers, dict):
        raise ConfigurationError(f"{file}:1: there is no object mcpServers in it", advice=_AN_ENTRY)
    found: dict[str, ServerEntry | ConfigurationError] = {}
    for name, fields in servers.items():
        fault = _fault(fields) if name.strip() else "it has no name"
        place = f"{file}:{_line_of(name, text)}: the MCP server {name}"
        found[name] = (
            ConfigurationError(f"{place}: {fault}", advice=_AN_ENTRY)
            if fault
            else _entry(name, file, is_shared, fields)
        )
    return found


_AN_ENTRY = 'It looks like {"mcpServers": {"time": {"command": "mcp-server-time", "args": []}}} .'


def _entry(name: str, file: str, is_shared: bool, fields: Mapping[str, Any]) -> ServerEntry:
    written = json.dumps(fields, sort_keys=True)
    command = fields.get("command")
    return ServerEntry(
        name,
        file,
        is_shared,
        hashlib.sha256(written.encode("utf-8", "replace")).hexdigest(),
        (command, *fields.get("args", ())) if command else (),
        fields.get("env") or _NONE,
        fields.get("cwd") or "",
        "" if command else fields["url"],
        fields.get("headers") or _NONE,
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_pairs(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


_FIELDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "command": ("a text", lambda value: isinstance(value, str)),
    "args": ("a list of texts", _is_texts),
    "env": ("an object of texts", _is_pairs),
    "cwd": ("a text", lambda value: isinstance(value, str)),
    "url": ("a text", lambda value: isinstance(value, str)),
    "headers": ("an object of texts", _is_pairs),
    "type": ("a text", lambda value: isinstance(value, str)),
}


def _fault(fields: Any) -> str:
    """What is wrong with an entry; empty where nothing is."""
    if not isinstance(fields, dict):
        return "it is no object"
    for name, (kind, fits) in _FIELDS.items():
        if fields.get(name) is not None and not fits(fields[name]):
            return f"{name} is {kind}"
    command, url, kind = (fields.get(name) or "" for name in ("command", "url", "type"))
    if not command and not url:
        return "it has neither a command nor a url"
    if "\0" in "".join([command, *fields.get("args", ()), *(fields.get("env") or ())]):
        return "there is a NUL in it"
    if kind == "sse":
        return "sse is the transport that MCP has given up: most servers have streamable HTTP too, which is type http"
    if kind not in ("", "stdio" if command else "", *(() if command else _HTTP_TYPES)):
        return f"type is {'stdio' if command else 'http'}, not {kind}"
    return ""


def _line_of(name: str, text: str) -> int:
    """The line in which a key seems to be."""
    at = max(text.find(json.dumps(name)), text.find(f'"{name}"'))
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def _require_address(entry: ServerEntry) -> None:
    try:
        split = urlsplit(entry.url)
        host, _ = split.hostname, split.port
    except ValueError:
        split, host = urlsplit(""), None
    if split.scheme not in ("http", "https") or not host:
        raise ConfigurationError("its url is none that can be used", advice="It looks like https://example.com/mcp .")
    if split.scheme == "http" and not is_loopback(host) and (entry.headers or "@" in split.netloc or split.query):
        raise ConfigurationError(
            f"what it would send to {host} could be read by others on the way: the url begins with http://",
            advice="Write https:// in it.",
        )
