"""The person at the terminal, who says whether a call may be made."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from chatbot.core.tools.calling import Approve
from chatbot.outside.desktop.typed_answer import is_somebody_there, typed_answer
from chatbot.terminal.notices import Notices

_NAME = "arguments.json"


def at_terminal(notices: Notices, look: Callable[[], bool], always: set[tuple[str, str]]) -> Approve | None:
    """Asks at the terminal, see TerminalApproval; None where nobody is there to be asked. `look` is called while it
    waits, see typed_answer: it raises where the person stopped the answer.
    """
    if not is_somebody_there():
        return None
    from chatbot.terminal.tools.approval import Person, TerminalApproval

    is_unicode = (getattr(sys.stderr, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")
    person = Person(lambda show: typed_answer(show, look), _edited)
    return TerminalApproval(notices, person, always, is_unicode=is_unicode)


def _edited(text: str) -> str | None:
    """Raises UsageError where the editor cannot be started."""
    from chatbot.outside.desktop.editor import edit

    with tempfile.TemporaryDirectory(prefix="chat-") as folder:
        return edit(text, Path(folder), os.environ, name=_NAME)
