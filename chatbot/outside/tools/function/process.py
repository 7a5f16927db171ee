"""One function of a person's file, described or called: a program of its own, for the Python that the person uses.

    python process.py FILE NAME describe|call

`call` takes the arguments as JSON from standard input. On standard output comes the letter `r` and the result (for
`describe` the definition, as JSON), the letter `u` and why there is no such function, or the letter `e` and what was
raised. What the function prints itself, and what its children print, is on standard error.
"""

from __future__ import annotations

import os
import sys

_HERE_BELOW_ROOT = 5


def main(words: list[str]) -> None:
    """Does what these words say."""
    file, name, what = words
    # The Python may be one in which this program is not installed.
    root = os.path.abspath(__file__).rsplit(os.sep, _HERE_BELOW_ROOT)[0]  # noqa: PTH100
    sys.path[0] = root
    from chatbot.outside.tools.function import calling, definition, loading

    sys.path[0] = os.path.dirname(os.path.abspath(file))  # noqa: PTH100, PTH120  (as for python FILE)
    sys.argv = [file]
    arguments = sys.stdin.buffer.read().decode() if what == "call" else ""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        function = loading.function(file, name)
        text = definition.described(function) if what == "describe" else calling.called(function, arguments)
        said.write("r" + text)
    except loading.Unusable as error:
        said.write(f"u{error}")
    except BaseException as error:  # SystemExit too: a file may call sys.exit
        said.write("e" + loading.told(error, file))
    for stream in (said, sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)  # threads that the function left behind are not waited for


if __name__ == "__main__":
    main(sys.argv[1:])
