"""What `chat` keeps on this computer: the history and the cache, whole or not, and the room for them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from chatbot.cli.doctor.looking import Looking
from chatbot.cli.history import history_folder
from chatbot.core.amounts import size_words
from chatbot.core.checkup.finding import Finding, fault, warning
from chatbot.outside.cache.database import NAME as CACHE_NAME
from chatbot.outside.databases import damage
from chatbot.outside.files.folders import cache_folder
from chatbot.outside.files.reading import display_name
from chatbot.outside.history import place

_CHECK_WITHIN_S = 5.0
_LITTLE_BYTES, _NOTHING_BYTES = 200_000_000, 5_000_000


def history(_: Looking) -> Iterator[Finding]:
    """The history can be read and written."""
    folder = history_folder()
    path = folder / place.NAME
    if folder.exists():
        place.check(folder)
    yield _whole(path, "the history", "It is set aside, and a new one begun, with the next question.", fault)
    aside = sorted(each.name for each in folder.glob(f"{place.NAME}.corrupt-*"))
    if aside:
        yield warning(f"a damaged history was set aside: {', '.join(aside)}", "Delete it when you do not miss it.")
    if path.exists() and place.is_read_only(path):
        yield warning(
            "the history is read-only: answers are not kept", f"To change that: chmod u+w {display_name(path)}"
        )
    elif not _can_write(folder):
        name = display_name(folder)
        yield fault(f"nothing can be written in {name}", f"Make it yours: chown and chmod u+rwx {name}")


def disk(_: Looking) -> Iterator[Finding]:
    """The room that is left where the history is."""
    folder = next(each for each in (history_folder(), *history_folder().parents) if each.exists())
    left = shutil.disk_usage(folder).free
    if left < _LITTLE_BYTES:
        judge: Callable[[str, str], Finding] = fault if left < _NOTHING_BYTES else warning
        yield judge(
            f"{size_words(left)} are left on the disk", "Make room: chat cache clear, or delete something else."
        )
    else:
        yield Finding(f"{size_words(left)} are left on the disk")


def cache(_: Looking) -> Iterator[Finding]:
    """The cache, which may be lost at any time."""
    folder = cache_folder()
    if folder is None:
        yield warning("there is no home folder for a cache", "Set HOME, or XDG_CACHE_HOME.")
        return
    yield _whole(folder / CACHE_NAME, "the cache", "It is begun anew when it is next used.", warning)


def _whole(path: Path, name: str, advice: str, judge: Callable[[str, str], Finding]) -> Finding:
    if not path.exists():
        return Finding(f"{name} {display_name(path)} is not there yet")
    size = size_words(path.stat().st_size)
    try:
        damaged = damage(path, _CHECK_WITHIN_S)
    except sqlite3.Error as error:
        damaged = str(error)
    if damaged:
        return judge(f"{name} {display_name(path)} is damaged ({damaged})", advice)
    if damaged is None:
        return Finding(f"{name} {display_name(path)} has {size}: too much to look through in {_CHECK_WITHIN_S:g} s")
    return Finding(f"{name} {display_name(path)} is whole, {size}")


def _can_write(folder: Path) -> bool:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return os.access(there, os.W_OK | os.X_OK)
