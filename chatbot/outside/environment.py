"""The variables of the shell, of `./.env` and of `--env-file`, each with where it was found.

`./.env` belongs to whoever made the folder, so it is read with care: only this folder's, a plain file of ours, few
names, no interpolation (which could copy another secret into a URL), and never put into the process's environment.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from chatbot.core.errors import ChatError, FileUnreadable
from chatbot.core.settings import Variable

MAX_ENV_BYTES = 64 * 1024
LOCAL_NAME = ".env"


def read_variables(
    environ: Mapping[str, str],
    names: Collection[str],
    *,
    local_names: Collection[str] = (),
    folder: Path | None = None,
    env_file: Path | None = None,
) -> tuple[dict[str, Variable], tuple[str, ...]]:
    """The variables called `names`, and notices about a local file that was left out.

    What counts first: `env_file` (named by the person), the environment, then `folder/.env` (only `local_names`; not
    read when `folder` is None). Empty values count as not set. Raises FileUnreadable when `env_file` cannot be read.
    """
    found: dict[str, Variable] = {}
    notices: tuple[str, ...] = ()
    if folder is not None and os.path.lexists(folder / LOCAL_NAME):
        try:
            values = _parsed(_read(folder / LOCAL_NAME, owners={os.geteuid(), 0} if hasattr(os, "geteuid") else None))
            found |= {name: Variable(values[name], "./.env", True) for name in values if name in local_names}
        except ChatError as error:
            notices = (f"{error}; it is left out",)
    found |= {name: Variable(environ[name], "the environment") for name in names if environ.get(name, "").strip()}
    if env_file is not None:
        values = _parsed(_read(env_file, owners=None))
        found |= {name: Variable(values[name], str(env_file)) for name in values if name in names}
    return found, notices


def _read(path: Path, owners: Collection[int] | None) -> str:
    """The text of a small regular file. A pipe or a device would block or never end, so it is not even opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileUnreadable(f"{path} is not a regular file")
        if owners is not None and status.st_uid not in owners:
            raise FileUnreadable(f"{path} belongs to another user")
        data = file.read(MAX_ENV_BYTES + 1)
    if len(data) > MAX_ENV_BYTES:
        raise FileUnreadable(f"{path} is larger than {MAX_ENV_BYTES // 1024} kB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"{path} is not UTF-8 text") from error


def _parsed(text: str) -> dict[str, str]:
    import io
    import logging

    from dotenv import dotenv_values

    # A line that is no assignment is passed over; python-dotenv would print a log record about it.
    logging.getLogger("dotenv").addHandler(logging.NullHandler())
    values = dotenv_values(stream=io.StringIO(text.replace("\0", "")), interpolate=False)
    return {name: value for name, value in values.items() if value and value.strip()}
