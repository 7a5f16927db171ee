"""Files that several processes change at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.outside.files.at_once import PROCESSES, TIMES, in_eight_processes

KEYS = """
from chatbot.options.stored_keys import StoredKey
from chatbot.outside.keys.file import KeyFile
file = KeyFile(path, [f"N{process}{time}" for process in range(8) for time in range(5)])
def write(time): file.write(f"N{number}{time}", StoredKey(key="k"))
"""
PROVIDERS = """
from chatbot.outside.files.own_providers import save_row
def write(time): save_row(path, f"n{number}{time}", {"base_url": "http://h"}, "said")
"""


@pytest.mark.parametrize("written", [KEYS, PROVIDERS], ids=["keys", "providers"])
def test_eight_processes_that_write_at_once_lose_nothing(written: str, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.toml"
    in_eight_processes(written, path)
    names = {f"N{process}{time}" for process in range(PROCESSES) for time in range(TIMES)}
    assert {name.upper() for name in tomllib.loads(path.read_text())} == names
    assert [each.name for each in path.parent.iterdir()] == [path.name]
