"""`chat mcp`: servers of files, listed, agreed to, and started."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.journeys.chat import run
from tests.journeys.test_on_a_terminal import Person
from tests.outside.mcp.served import RAW


def test_a_folders_server_is_agreed_to_once_and_its_tools_are_listed(tmp_path: Path) -> None:
    pytest.importorskip("mcp", reason="the extra mcp is not installed")
    entry = {"command": sys.executable, "args": ["-S", "-E", RAW], "env": {"A_TOKEN": "${OPENAI_API_KEY}"}}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"db": entry}}))
    refused = run("mcp", "tools", "db", home=tmp_path)
    assert (refused.code, refused.out) == (78, b"")
    assert "Agree to it with: chat mcp trust db" in refused.err

    person = Person(["mcp", "trust", "db"], tmp_path, columns=60)
    person.wait_for_text("Agree? [y/N]")
    asked = " ".join(person.rows)
    assert "./.mcp.json of this folder names an MCP server db" in asked
    assert "It would get these variables of yours: OPENAI_API_KEY" in asked
    person.child.send("y\r")
    assert person.leave() == 0

    listed = run("mcp", "tools", "db", home=tmp_path, OPENAI_API_KEY="sk-0123456789abcdef", timeout_s=30)
    assert (listed.code, listed.err) == (0, "")
    assert listed.text.splitlines()[:2] == ["db_echo", "  does echo"]
    rows = [json.loads(line) for line in run("mcp", "list", "--json", home=tmp_path).text.splitlines()]
    assert [(row["name"], row["file"], row["state"]) for row in rows] == [("db", "./.mcp.json", "ready")]
    assert run("mcp", "forget", "db", home=tmp_path).code == 0
    assert "not agreed to" in run("mcp", home=tmp_path).text
