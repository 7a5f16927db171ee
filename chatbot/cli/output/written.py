"""What a person asked for in writing: a new file, or a request in one of its forms."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from chatbot.cli.output import stdio
from chatbot.core.errors import OutputUnwritable, UsageError
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import USUAL_ROUTE, Route
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.private import write_new


def write_output(path: Path, parts: Iterable[bytes]) -> None:
    """A new file that only the person can read: nothing is overwritten. Raises UsageError, or OutputUnwritable."""
    try:
        write_new(path, parts)
    except FileExistsError as error:
        raise _there_already(path) from error
    except OSError as error:
        raise OutputUnwritable(f"{path} cannot be written: {error.strerror}") from error


def require_new(path: Path) -> None:
    """Before long work whose result is to be written there. Raises UsageError, or OutputUnwritable."""
    if path.exists():
        raise _there_already(path)
    if not os.access(path.parent, os.W_OK):
        why = "it may not be written there" if path.parent.is_dir() else f"there is no folder {path.parent}"
        raise OutputUnwritable(f"{path} cannot be written: {why}")


def _there_already(path: Path) -> UsageError:
    return UsageError(f"{path} is there already", advice="Choose another name: nothing is overwritten.")


def write_as(
    exchange: SafeExchange, form: str, key_variable: str, folder: Path | None = None, route: Route = USUAL_ROUTE
) -> None:
    """Writes a request in one of the forms; what has to stand beside it goes into `folder`.

    Raises UsageError where it needs one, OutputUnwritable where that cannot be written.
    """
    from chatbot.terminal.http.snippets.forms import snippet
    from chatbot.terminal.http.snippets.shell import files_of
    from chatbot.terminal.sanitise import sanitise

    text = snippet(exchange, form, key_variable, route, has_folder=folder is not None)
    if folder is not None:
        for name, data in files_of(exchange, form).items():
            write_output(folder / name, [data])
    stdio.write_answer((sanitise(text) if is_terminal(1) else text).encode())
