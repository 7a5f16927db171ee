"""`chat NAME` where `chat-NAME` is a program on PATH, as git has it.

It is given where things are, and never a key: it may be anybody's, and asks by running `$CHAT_EXECUTABLE`, which finds
the keys that are kept in files or in the keyring by itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from chatbot.core.errors import UsageError
from chatbot.outside.desktop.programs import become, find_program, programs_beginning

_BEGINS_WITH = "chat-"
_SIGNS = str.maketrans("", "", "-_.")


def find_external(word: str) -> str | None:
    """The path of `chat-WORD`; None where there is none, or the word is no name."""
    is_name = word[:1].isalnum() and word.isascii() and word.translate(_SIGNS).isalnum()
    return find_program(_BEGINS_WITH + word, os.environ.get("PATH", "")) if is_name else None


def external_names() -> list[str]:
    """All that are there."""
    return programs_beginning(_BEGINS_WITH, os.environ.get("PATH", ""))


def run_external(path: str, words: list[str]) -> int:
    """Goes on as this program. Raises UsageError where it cannot be started."""
    try:
        return become(path, words, _environment(os.environ))
    except OSError as error:
        name = Path(path).name
        raise UsageError(
            f"{path} cannot be started: {(error.strerror or str(error)).lower()}",
            advice=f'A script begins with a line as #!/bin/sh . To ask it: chat -- "{name.removeprefix(_BEGINS_WITH)}"',
        ) from error


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that are called keys, and where this program and its folders are."""
    from chatbot.outside.desktop.pager import without_secrets
    from chatbot.outside.files.folders import cache_folder, config_folder, data_folder

    places = {
        "CHAT_EXECUTABLE": _this_program(),
        "CHAT_CONFIG_FOLDER": config_folder(),
        "CHAT_DATA_FOLDER": data_folder(),
        "CHAT_CACHE_FOLDER": cache_folder(),
    }
    return without_secrets(environ) | {name: str(place) for name, place in places.items() if place}


def _this_program() -> str | None:
    """The command `chat` that runs here; with `python -m`, the one beside that Python."""
    started = Path(sys.argv[0]).absolute()
    beside = Path(sys.executable).with_name(started.name if started.suffix == ".exe" else "chat")
    places = (path for path in (started, beside) if path.suffix != ".py" and os.access(path, os.X_OK))
    return next(map(str, places), None) or find_program("chat", os.environ.get("PATH", ""))
