"""A row of `providers.toml`, written beside what a person wrote."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chatbot.core.errors import ConfigurationError
from chatbot.outside.files.own_providers import save_row
from tests.tables import each

WRITTEN = """# my servers

[Desk]   # the one under it
base_url = "http://old/v1"   # to be moved
title = "Mine"

[other]
base_url = "http://other/v1"
"""


def test_a_new_file_is_private(tmp_path: Path) -> None:
    file = tmp_path / "new" / "providers.toml"
    save_row(file, "desk", {"base_url": "http://h/v1", "key_required": False}, "by chat probe")
    assert file.read_text() == '[desk]\n# by chat probe\nbase_url = "http://h/v1"\nkey_required = false\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["providers.toml"]


def test_comments_order_and_other_fields_stay(tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(WRITTEN)
    save_row(file, "desk", {"base_url": "http://new/v1", "seed_field": ""}, "never said")
    assert file.read_text() == WRITTEN.replace("http://old/v1", "http://new/v1").replace(
        'title = "Mine"\n', 'title = "Mine"\nseed_field = ""\n'
    )


def test_a_row_is_added_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(WRITTEN)
    save_row(file, "new", {"base_url": "http://new/v1"}, "said")
    assert file.read_text().startswith(WRITTEN)
    assert '[new]\n# said\nbase_url = "http://new/v1"\n' in file.read_text()


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = tmp_path / "providers.toml"
    (tmp_path / "real" / "p.toml").write_text("")
    file.symlink_to(tmp_path / "real" / "p.toml")
    save_row(file, "desk", {"base_url": "http://h/v1"}, "said")
    assert file.is_symlink()
    assert "[desk]" in (tmp_path / "real" / "p.toml").read_text()


@each("text", ["[desk", "desk = 3", "x = [1,"])
def test_what_is_not_toml_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="no provider is saved"):
        save_row(file, "desk", {"base_url": "http://h/v1"}, "said")
    assert file.read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["providers.toml"]


def test_a_folder_of_others_gets_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(ConfigurationError, match="other users may write"):
        save_row(tmp_path / "providers.toml", "desk", {}, "said")
    tmp_path.chmod(0o700)
    assert list(tmp_path.iterdir()) == []
