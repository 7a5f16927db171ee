"""All the tools of a run."""

from __future__ import annotations

from contextlib import ExitStack

from chatbot.cli.tools.chosen import chosen_tools
from chatbot.core.request import USUAL_ROUTE
from chatbot.options.chat import Tools
from chatbot.terminal.notices import Notices


def test_a_name_that_allows_nothing_is_told() -> None:
    told: list[str] = []
    notices = Notices(told.append, str, colour=False)
    with ExitStack() as open_things:
        for allowed in ("read", "shell"):
            chosen_tools(Tools(tool=("list", "read"), allow=(allowed,)), USUAL_ROUTE, (), notices, open_things)
    assert told == ["chat: --allow shell allows nothing: there are list, read\n"]
