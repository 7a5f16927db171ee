"""Work that whoever wrote an expression, a file or a page may make endless: a program of its own, that can be ended.

Standard input is JSON: `work`, its `arguments`, and the paths that are `closed`. On standard output comes the letter
`r` and the result, or the letter `e` and what went wrong.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial

_HERE_BELOW_ROOT = 4


def main() -> None:
    """Does what standard input says."""
    # Isolated as it is, it finds this program by its own place, and nothing in the current folder.
    sys.path.insert(0, os.path.abspath(__file__).rsplit(os.sep, _HERE_BELOW_ROOT)[0])  # noqa: PTH100
    from chatbot.core.calls.bounded import bounded
    from chatbot.core.errors import FileUnreadable
    from chatbot.outside.tools.folder.closed import Closed
    from chatbot.outside.tools.folder.opening import Folder
    from chatbot.outside.tools.folder.reading import listed, read
    from chatbot.outside.tools.folder.searching import search

    asked = json.load(sys.stdin)
    folder = Folder(os.curdir, Closed.of(asked["closed"]))
    works: dict[str, Callable[..., str]] = {
        "read": partial(read, folder),
        "list": partial(listed, folder),
        "search": lambda **given: bounded(search(folder, **given)),
        "readable": lambda html, url: bounded(_readable(html, url)),
    }
    try:
        text = "r" + works[asked["work"]](**asked["arguments"])
    except FileUnreadable as error:
        text = f"e{error}"
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()
    os._exit(0)  # what was loaded is not taken apart


def _readable(html: str, url: str) -> str:
    from chatbot.core.tools.html_text import readable  # loads slowly

    return readable(html, url)


if __name__ == "__main__":
    main()
