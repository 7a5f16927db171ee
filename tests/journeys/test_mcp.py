"""MCP servers of files: listed, agreed to and started by `chat mcp`, called by a model with `--mcp`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEYS, at, run, run_with_mcp
from tests.journeys.test_on_a_terminal import Person
from tests.outside.mcp.served import NEEDS_MCP, RAW
from tests.processes import is_gone

pytestmark = NEEDS_MCP


def named(home: Path, *words: str) -> Path:
    """A server `raw` in the person's own file, which writes its number into the file that is returned."""
    folder, pids = home / ".config/chat", home / "pids"
    folder.mkdir(parents=True, mode=0o700)
    env = {"PIDS": str(pids), "RAW_TOKEN": "${OPENAI_API_KEY}"}
    entry = {"command": sys.executable, "args": ["-S", "-E", RAW, *words], "env": env}
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": {"raw": entry}}))
    (folder / "mcp.json").chmod(0o600)
    return pids


def test_a_folders_server_is_agreed_to_once_and_its_tools_are_listed(tmp_path: Path) -> None:
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

    listed = run_with_mcp("mcp", "tools", "db", home=tmp_path, OPENAI_API_KEY="sk-0123456789abcdef")
    waited = "chat: waiting for the MCP server db, at most 10 s\n"  # on a busy machine
    assert (listed.code, listed.err.replace(waited, "")) == (0, "")
    assert listed.text.splitlines()[:2] == ["db_echo", "  does echo"]
    rows = [json.loads(line) for line in run("mcp", "list", "--json", home=tmp_path).text.splitlines()]
    assert [(row["name"], row["file"], row["state"]) for row in rows] == [("db", "./.mcp.json", "ready")]
    assert run("mcp", "forget", "db", home=tmp_path).code == 0
    assert "not agreed to" in run("mcp", home=tmp_path).text


def test_a_model_calls_a_tool_of_a_server_and_gets_its_result(server: LabServer, tmp_path: Path) -> None:
    pids = named(tmp_path)
    words = [*at(server.url), "-m", "echo", "--mcp", "raw:echo", "--mcp", "raw:env"]
    done = run_with_mcp(*words, "--allow", "raw", "hi", home=tmp_path, **KEYS)
    assert (done.code, done.text) == (0, "hi\n")
    assert "raw_echo" in done.err
    assert KEYS["OPENAI_API_KEY"] not in done.err
    first, second = (json.loads(request.body) for request in server.requests)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["raw_echo", "raw_env"]
    results = [message["content"] for message in second["messages"] if message["role"] == "tool"]
    assert len(results) == 2
    assert json.loads(results[1])["RAW_TOKEN"] == "[key]"
    assert is_gone(int(pids.read_text()))


def test_ctrl_c_ends_a_call_that_hangs_and_the_server(server: LabServer, tmp_path: Path) -> None:
    pids = named(tmp_path)
    person = Person([*at(server.url), "-m", "echo", "--mcp", "raw:hang", "--allow", "raw", "hi"], tmp_path)
    person.wait_for_text("raw_hang")
    person.child.sendintr()
    assert person.leave() == 130
    assert "stopped" in " ".join(person.rows)
    assert is_gone(int(pids.read_text()))
