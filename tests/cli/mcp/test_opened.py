"""The servers of --mcp from their files to the tools: who is started, what is said, and what a tool gives back."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from chatbot.cli.mcp.configured import Configured, find_servers
from chatbot.cli.mcp.opened import OpenedServers, opened_servers
from chatbot.cli.mcp.trust import is_trusted, require_trust
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.redaction.redactor import Redactor
from chatbot.core.tools.calling import Tool
from chatbot.terminal.notices import Notices
from tests.outside.mcp.served import NEEDS_MCP, RAW

pytestmark = NEEDS_MCP


def raw(*words: str, **env: str) -> dict[str, Any]:
    return {"command": sys.executable, "args": ["-S", "-E", RAW, *words], "env": env}


class Home:
    """A person with files of servers, in a folder with one."""

    def __init__(self, home: Path) -> None:
        self.own, self.shared = home / "config/chat/mcp.json", home / "work/.mcp.json"
        self.seen = home / "data/chat/mcp.json"
        self.own.parent.mkdir(parents=True, mode=0o700)
        self.shared.parent.mkdir()
        self.told: list[str] = []
        self.notices = Notices(self.told.append, Redactor(), colour=False)

    def names(self, file: Path, **servers: Mapping[str, Any]) -> None:
        file.write_text(json.dumps({"mcpServers": servers}))
        file.chmod(0o600)

    @property
    def said(self) -> str:
        text = "".join(self.told)
        self.told.clear()
        return text

    def opened(self, *words: str, use: Callable[[OpenedServers], Any] = lambda opened: opened) -> Any:
        with opened_servers(words, self.notices) as opened:
            return use(opened)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    person = Home(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(person.shared.parent)
    return person


def never() -> bool:
    return False


def names(servers: list[Configured]) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(one.entry.name, one.entry.is_shared, one.wanted) for one in servers]


def test_servers_are_found_by_name_and_the_persons_own_count_first(home: Home) -> None:
    home.names(home.own, time={"command": "mine"}, **{"a:b": {"command": "odd"}})
    home.shared.write_text('\ufeff{"mcpServers": {"time": {"command": "theirs"}, "db": {"command": "db"}}}')
    found = find_servers(("time", "db:query", "db:list", "a:b"))
    assert names(found) == [("time", False, ()), ("db", True, ("query", "list")), ("a:b", False, ())]
    assert names(find_servers(("db", "db:query"))) == [("db", True, ())]
    with pytest.raises(UsageError, match="there is no MCP server tme") as raised:
        find_servers(("tme",))
    assert raised.value.advice == "Did you mean time?"
    with pytest.raises(UsageError, match="--mcp wants the name of a server"):
        find_servers(("",))


def test_a_broken_file_of_the_folder_is_not_in_the_way_of_the_persons_own(home: Home) -> None:
    home.names(home.own, time={"command": "mine"}, bad={})
    home.shared.write_text('{"mcpServers": {\n')
    assert names(find_servers(("time",))) == [("time", False, ())]
    with pytest.raises(ConfigurationError, match=r"\.mcp\.json:2: this is not JSON"):
        find_servers(("db",))
    with pytest.raises(ConfigurationError, match="bad: it has neither a command nor a url"):
        find_servers(("bad",))
    home.own.chmod(0o666)
    with pytest.raises(ConfigurationError, match="other users may write"):
        find_servers(("time",))


def test_a_server_of_the_folder_wants_a_yes_for_just_what_its_entry_says(home: Home) -> None:
    home.names(home.own, mine={"command": "a"})
    home.names(home.shared, db={"command": "sh", "args": ["-c", "touch started"]}, other={"command": "a"})
    with pytest.raises(
        ConfigurationError, match="was not agreed to, as it stands now: sh -c 'touch started'"
    ) as raised:
        home.opened("db")
    assert raised.value.advice == "Agree to it with: chat mcp trust db (without a terminal add --yes)"
    assert not Path("started").exists()
    [db] = find_servers(("db",))
    assert require_trust(db, home.notices, yes=True)
    assert [is_trusted(one) for one in find_servers(("mine", "db", "other"))] == [True, True, False]
    assert home.seen.stat().st_mode & 0o777 == 0o600
    home.names(home.shared, db={"command": "sh", "args": ["-c", "touch more"]})
    assert [is_trusted(one) for one in find_servers(("db",))] == [False]
    home.names(home.shared, db={"command": "sh", "args": ["-c", "touch started"]})
    assert [is_trusted(one) for one in find_servers(("db",))] == [True]
    home.seen.write_text("[")
    assert [is_trusted(one) for one in find_servers(("db",))] == [False]


def test_tools_are_made_of_what_answers_and_the_rest_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELD", "held-by-the-person")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody-0123456789")
    home.names(
        home.own,
        one=raw("huge", MY_TOKEN="${HELD}"),
        broken={
            "command": "sh",
            "args": ["-c", "echo \x1b[31mbad $T_TOKEN >&2; exit 1"],
            "env": {"T_TOKEN": "${HELD}"},
        },
        lacks={"command": "sh", "env": {"A": "${NOT_SET_ANYWHERE}"}},
        many=raw("1000"),
    )

    def use(opened: OpenedServers) -> dict[str, Tool]:
        tools = {tool.definition.name: tool for tool in opened.tools}
        assert opened.failed == ("lacks", "broken")
        assert len(tools) == 128
        echo = tools["one_echo"]
        assert (echo.source, echo.is_safe, echo.always_asks) == ("mcp: one", False, False)
        assert echo.run({"text": "hi"}, never) == ("hi", False)
        environ = json.loads(tools["one_env"].run({}, never).text)
        assert environ["MY_TOKEN"] == "[key]"
        assert "OPENAI_API_KEY" not in environ
        return tools

    tools = home.opened("one:echo", "one:env", "one:nope", "lacks", "broken", "many", use=use)
    assert tools["one_echo"].run({}, never) == ("the MCP server one was ended", True)
    said = home.said
    for sentence in (
        "the MCP server lacks is left out: it wants NOT_SET_ANYWHERE, which is not set",
        "the MCP server broken is left out: it ended with exit code 1",
        "It said: ␛[31mbad [key]",
        "it has no tool nope",
        "cut, as the description is too long: echo",
        "it has 1000 tools, and 126 of them are offered: choose with --mcp NAME:TOOL",
    ):
        assert sentence in said
    assert "held-by" not in said + home.seen.read_text()


def test_what_a_server_lists_otherwise_than_before_is_shown_once(home: Home) -> None:
    home.names(home.own, one=raw())
    home.opened("one")
    assert home.said == ""
    home.names(home.own, one=raw("huge", "extra"))
    home.opened("one")
    said = home.said
    assert "the tools of the MCP server one have changed since the last time" in said
    assert "new: huge, extra\n" in said
    assert "described in other words: echo" in said
    assert "To read them: chat mcp tools one" in said
    home.opened("one")
    assert "changed" not in home.said


def test_without_the_package_it_is_said_how_to_install_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.names(home.own, time={"command": "x"})
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(ConfigurationError) as raised:
        home.opened("time")
    assert raised.value.advice == "Install it: pip install 'chat-cli[mcp]'"
