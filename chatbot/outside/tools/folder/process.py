"""One look at the files below the current folder: a program of its own.

Standard input is JSON: `tool` (read, list or search), its `arguments`, and the paths that are `closed`. On standard
output comes the letter `r` and what was found, or the letter `e` and what went wrong.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

_HERE_BELOW_ROOT = 5


def main() -> None:
    """Does what standard input says."""
    # Isolated as it is, it finds this program by its own place, and nothing in the current folder.
    sys.path.insert(0, os.path.abspath(__file__).rsplit(os.sep, _HERE_BELOW_ROOT)[0])  # noqa: PTH100
    from chatbot.core.errors import FileUnreadable
    from chatbot.outside.tools.folder.closed import Closed
    from chatbot.outside.tools.folder.opening import Folder
    from chatbot.outside.tools.folder.reading import listed, read
    from chatbot.outside.tools.folder.searching import search

    asked = json.load(sys.stdin)
    tools: dict[str, Callable[..., str]] = {"read": read, "list": listed, "search": search}
    folder = Folder(os.curdir, Closed.of(asked["closed"]))
    try:
        text = "r" + tools[asked["tool"]](folder, **asked["arguments"])
    except FileUnreadable as error:
        text = f"e{error}"
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
