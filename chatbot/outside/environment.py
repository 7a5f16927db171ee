"""The variables of the shell, of `./.env` and of `--env-file`, each with where it was found.

`./.env` belongs to whoever made the folder, so it is read with care: only this folder's, a plain file of ours, few
names, no interpolation (which could copy another secret into a URL), and never put into the process's environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from chatbot.core.errors import FileUnreadable
from chatbot.core.options import SettingSource
from chatbot.outside.files.reading import read_text_file

MAX_ENV_BYTES = 64 * 1024
_MEANT = r"\s*(?:export\s+)?([A-Z][A-Z0-9_]{2,})\s*([:=])(.*)"
LOCAL_NAME = ".env"


def read_variables(
    environ: Mapping[str, str],
    names: Collection[str],
    *,
    local_names: Collection[str] = (),
    folder: Path | None = None,
    env_file: Path | None = None,
) -> tuple[dict[str, SettingSource], tuple[str, ...]]:
    """The variables called `names`, and notices about files that were left out or are not all UTF-8.

    What counts first: `env_file` (named by the person), the environment, then `folder/.env` (only `local_names`; not
    read when `folder` is None). Empty values count as not set. Raises FileUnreadable when `env_file` cannot be read.
    """
    found: dict[str, SettingSource] = {}
    remarks: list[str] = []
    if folder is not None and os.path.lexists(folder / LOCAL_NAME):
        try:
            _require_own(folder / LOCAL_NAME)
            values = _read(folder / LOCAL_NAME, local_names, remarks)
            remarks += [
                f"{name} in ./.env is ignored: no command is taken from a folder; keep it with chat keys set"
                for name in values
                if name.endswith("_COMMAND") and name.removesuffix("_COMMAND") in local_names
            ]
            found |= {name: SettingSource(values[name], "./.env", True) for name in values if name in local_names}
        except FileUnreadable as error:
            remarks.append(f"{error}; it is left out")
    found |= {name: SettingSource(environ[name], "the environment") for name in names if environ.get(name, "").strip()}
    if env_file is not None:
        values = _read(env_file, names, remarks)
        found |= {name: SettingSource(values[name], str(env_file)) for name in values if name in names}
    return found, tuple(remarks)


def _require_own(path: Path) -> None:
    """In a folder for everybody (/tmp), anybody may have put the file there."""
    try:
        owner = path.stat().st_uid
    except OSError:
        return  # reading it says why
    if hasattr(os, "geteuid") and owner not in (os.geteuid(), 0):
        raise FileUnreadable(f"{path} belongs to another user")


def _read(path: Path, names: Collection[str], remarks: list[str]) -> dict[str, str]:
    text, warning = read_text_file(path, MAX_ENV_BYTES)
    if warning:
        remarks.append(warning)
    values = _parsed(text)
    remarks += _not_assigned(path, text, set(names) - set(values))
    return values


def _not_assigned(path: Path, text: str, names: set[str]) -> Iterator[str]:
    """The lines that are meant to set a variable and do not: `NAME: value`, a quote that is not closed."""
    for number, line in enumerate(text.splitlines(), start=1):
        meant = re.match(_MEANT, line)
        if meant and meant[1] in names and meant[3].strip():
            yield f"{path}, line {number} does not set {meant[1]}: it wants {meant[1]}=value"


def _parsed(text: str) -> dict[str, str]:
    import io
    import logging

    from dotenv import dotenv_values

    # A line that is no assignment is passed over; python-dotenv would print a log record about it.
    logging.getLogger("dotenv").addHandler(logging.NullHandler())
    values = dotenv_values(stream=io.StringIO(text.removeprefix("\ufeff").replace("\0", "")), interpolate=False)
    return {name: value for name, value in values.items() if value and value.strip()}
