"""The short way to the folders of Linux names those that platformdirs names."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from chatbot.outside.files.folders import cache_folder, config_folder, data_folder


@pytest.mark.parametrize(
    ("home", "xdg"),
    [
        ("/home/me", ""),
        ("/home/me", "/elsewhere"),
        ("/home/me", "elsewhere"),
        ("/home/me/", "/elsewhere/"),
        ("me", ""),
        ("me", "/elsewhere"),
        ("", ""),
    ],
)
def test_the_folders_are_those_of_platformdirs(home: str, xdg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    for name in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", xdg)
    assert config_folder() == Path(platformdirs.user_config_dir("chat", appauthor=False))
    assert cache_folder() == Path(platformdirs.user_cache_dir("chat", appauthor=False))
    assert data_folder() == Path(platformdirs.user_data_dir("chat", appauthor=False))


def test_without_a_variable_of_home_it_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert config_folder() == Path(platformdirs.user_config_dir("chat", appauthor=False))
