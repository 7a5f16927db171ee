"""The person's own folders of this program, where there is a home for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path


def data_folder() -> Path | None:
    """What is kept. None without a home: in a container a user may have no HOME and no entry in the list of users."""
    from platformdirs import user_data_dir

    return _named(lambda: user_data_dir("chat", appauthor=False))


def cache_folder() -> Path | None:
    """What may be lost at any time; None without a home."""
    from platformdirs import user_cache_dir

    return _named(lambda: user_cache_dir("chat", appauthor=False))


def config_folder() -> Path | None:
    """What the person writes; None without a home."""
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:
        # Looked into before each question: platformdirs, which says the same, takes 7 ms to load.
        named = os.environ.get("XDG_CONFIG_HOME", "").strip() or "~/.config"
        return _named(lambda: str(Path(named).expanduser() / "chat"))
    from platformdirs import user_config_dir

    return _named(lambda: user_config_dir("chat", appauthor=False))


def _named(find: Callable[[], str]) -> Path | None:
    try:
        folder = Path(find())
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None
