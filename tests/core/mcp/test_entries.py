"""The files of MCP servers: what an entry means, and what is said of a broken one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatbot.core.errors import ConfigurationError
from chatbot.core.mcp.entries import ServerEntry, read_entries
from tests.tables import cases, each


def entry(fields: Any, name: str = "time") -> ServerEntry:
    read = read_entries(json.dumps({"mcpServers": {name: fields}}), "mcp.json", is_shared=True)[name]
    assert isinstance(read, ServerEntry), read
    return read


def test_a_command_and_an_address_are_read() -> None:
    run = entry({"command": "uvx", "args": ["mcp-server-time", "a b"], "env": {"A": "1"}, "cwd": "x", "type": "stdio"})
    assert run[4:] == (("uvx", "mcp-server-time", "a b"), {"A": "1"}, "x", "", {})
    assert run.where == "uvx mcp-server-time 'a b'"
    far = entry({"type": "http", "url": "https://me:pw@example.com/mcp?key=1", "headers": {"X-A": "1"}, "disabled": 1})
    assert far.where == "https://(hidden)@example.com/mcp"
    assert (far.command, far.headers) == ((), {"X-A": "1"})


@each(
    ("text", "said"),
    [
        *cases(r"""
            {"mcpServers": {\n"a": }} | mcp.json:2: this is not JSON: expecting value
            [] | mcp.json:1: there is no object mcpServers in it
            {"mcpServers": []} | mcp.json:1: there is no object mcpServers in it
        """),
        ("[" * 100_000, "mcp.json is nested too deeply"),
    ],
)
def test_a_broken_file_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_entries(text, "mcp.json", is_shared=False)
    assert str(raised.value).startswith(said)
    assert "mcpServers" in raised.value.advice


@each(
    ("fields", "said"),
    cases("""
        [] | it is no object
        {} | it has neither a command nor a url
        {"command": 1} | command is a text
        {"command": "a", "args": "b"} | args is a list of texts
        {"command": "a", "args": [1]} | args is a list of texts
        {"command": "a", "env": {"A": 1}} | env is an object of texts
        {"command": "a", "cwd": 1} | cwd is a text
        {"command": "a", "type": "http"} | type is stdio, not http
        {"url": "https://a/b", "headers": ["a"]} | headers is an object of texts
        {"url": "https://a/b", "type": "ws"} | type is http, not ws
        {"url": "https://a/b", "type": "sse"} | sse is the transport that MCP has given up
    """),
)
def test_a_broken_entry_is_told_with_its_line_and_does_not_hide_the_others(fields: str, said: str) -> None:
    text = '{"mcpServers": {"good": {"command": "a"},\n\n"bad": ' + fields + "}}"
    read = read_entries(text, "mcp.json", is_shared=False)
    assert isinstance(read["good"], ServerEntry)
    assert str(read["bad"]).startswith(f"mcp.json:3: the MCP server bad: {said}")


def test_nul_and_no_name_are_refused() -> None:
    read = read_entries(
        json.dumps({"mcpServers": {"a": {"command": "a\0b"}, " ": {"command": "a"}}}), "f", is_shared=False
    )
    assert [str(one).rpartition(": ")[2] for one in read.values()] == ["there is a NUL in it", "it has no name"]


def test_variables_are_put_in_everywhere_and_named() -> None:
    written = entry(
        {
            "command": "${BIN:-run}",
            "args": ["--x=${A}"],
            "env": {"B_TOKEN": "${B:-}", "C": "$A ${not this}"},
            "cwd": "${A}",
        }
    )
    assert written.reads == ("BIN", "A", "B")
    full = written.filled({"A": "1", "B": "", "BIN": ""})
    assert full[4:7] == (("run", "--x=1"), {"B_TOKEN": "", "C": "$A ${not this}"}, "1")
    with pytest.raises(ConfigurationError, match="it wants A, which is not set") as raised:
        written.filled({})
    assert raised.value.advice == "Set it, or write ${A:-} in mcp.json."


def test_secrets_are_known_by_their_names() -> None:
    full = entry({"command": "a", "env": {"MY_TOKEN": "t0ken", "ROOT": "/home/me", "EMPTY_KEY": ""}})
    assert full.secrets == ("t0ken",)
    far = entry({"url": "https://a/b", "headers": {"Authorization": "Bearer abc", "X-Team": "us"}})
    assert far.secrets == ("Bearer abc", "abc")


@each(
    ("url", "headers", "said"),
    [
        ("ftp://example.com/x", {}, "its url is none"),
        ("https://", {}, "its url is none"),
        ("http://[::1", {}, "its url is none"),
        ("http://example.com/mcp", {"Authorization": "x"}, "could be read by others"),
        ("http://example.com/mcp?key=1", {}, "could be read by others"),
    ],
)
def test_an_address_that_must_not_be_used_is_refused(url: str, headers: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        entry({"url": url, "headers": headers}).filled({})


@each("url", ["http://localhost:1/mcp", "http://127.0.0.1/mcp", "https://example.com/mcp"])
def test_what_stays_here_or_is_encrypted_may_have_headers(url: str) -> None:
    assert entry({"url": url, "headers": {"Authorization": "x"}}).filled({}).url == url


def test_a_fingerprint_changes_with_anything_of_the_entry_but_its_order() -> None:
    base = {"command": "a", "args": ["b"], "env": {"A": "1"}}
    others = [
        {**base, "args": ["c"]},
        {**base, "env": {"A": "2"}},
        {**base, "command": "b"},
        {**base, "cwd": "/"},
        {"url": "https://a/b"},
    ]
    assert len({entry(one).fingerprint for one in [base, *others]}) == 6
    assert entry(dict(reversed(base.items()))).fingerprint == entry(base).fingerprint
