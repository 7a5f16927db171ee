"""The person's own folders of this program, where there is a home for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

# Loading platformdirs takes 9 ms, and these are asked for before a request leaves.
_IS_XDG = sys.platform == "linux" and "ANDROID_DATA" not in os.environ


def data_folder() -> Path | None:
    """What is kept. None without a home: in a container a user may have no HOME and no entry in the list of users."""
    return _folder("data", "XDG_DATA_HOME", "/.local/share")


def cache_folder() -> Path | None:
    """What may be lost at any time; None without a home."""
    return _folder("cache", "XDG_CACHE_HOME", "/.cache")


def config_folder() -> Path | None:
    """What the person writes; None without a home."""
    return _folder("config", "XDG_CONFIG_HOME", "/.config")


def settings_file() -> Path | None:
    """Where the settings are, or would be; None without a home."""
    folder = config_folder()
    return folder and folder / "config.toml"


def keys_file() -> Path | None:
    """Where keys are kept, or would be; None without a home."""
    folder = config_folder()
    return folder and folder / "keys.toml"


def _folder(kind: str, variable: str, usual: str) -> Path | None:
    """As platformdirs names it; on Linux by the same rule (XDG Base Directory Specification 0.8)."""
    above = os.environ.get(variable) or (os.environ.get("HOME") or ".") + usual
    if _IS_XDG and Path(above).is_absolute():
        return Path(above) / "chat"
    import platformdirs

    find: Callable[..., str] = getattr(platformdirs, f"user_{kind}_dir")
    try:
        folder = Path(find("chat", appauthor=False))
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None
