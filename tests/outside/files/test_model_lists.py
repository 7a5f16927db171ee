from __future__ import annotations

import json
import os
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from chatbot.core.models.listed import ListedModel
from chatbot.core.options import Endpoint
from chatbot.outside.files.model_lists import FRESH_S, KeptList, keep, kept_names, list_name, load
from tests.tables import each

KEY = "sk-0123456789abcdef"
NAME = list_name("openai", Endpoint("https://h/v1", ("Authorization", f"Bearer {KEY}")))
KEPT = KeptList(1000.0, (ListedModel("a", 5, images=False, input_usd=Decimal("0.10")), ListedModel("ü/b:c")))


def test_a_list_is_there_in_the_next_run_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "models"
    assert load(folder, NAME) is None
    keep(folder, NAME, KEPT)
    keep(folder, NAME, KEPT._replace(asked_s=2000.0))
    assert load(folder, NAME) == KEPT._replace(asked_s=2000.0)
    [file] = folder.iterdir()
    assert KEY not in file.name + file.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_another_key_address_header_or_service_is_another_list() -> None:
    endpoint = Endpoint("https://h/v1", ("Authorization", "Bearer 1"))
    others = [
        endpoint._replace(auth=("Authorization", "Bearer 2")),
        endpoint._replace(auth=None),
        endpoint._replace(base_url="https://h/v2"),
        endpoint._replace(headers=(("OpenAI-Project", "p"),)),
        endpoint._replace(query="api-version=1"),
    ]
    names = {list_name("openai", each) for each in (endpoint, *others)} | {list_name("groq", endpoint)}
    assert len(names) == 7
    assert list_name("openai", endpoint) in names


@each(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"asked_s": "x", "models": []}',
        b'{"asked_s": 1, "models": [3]}',
        b'{"asked_s": 1, "models": [{"name": "a", "tools": "yes"}]}',
        b'{"asked_s": 1, "models": [{"name": "a", "input_usd": "NaN"}]}',
        b'{"asked_s": 1' + b"0" * 400 + b', "models": []}',
    ],
)
def test_a_damaged_file_is_as_none_and_is_replaced(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / f"{NAME}.json").write_bytes(damaged)
    assert load(tmp_path, NAME) is None
    assert kept_names(tmp_path) in ({}, {"openai": []})
    keep(tmp_path, NAME, KEPT)
    assert load(tmp_path, NAME) == KEPT


@pytest.mark.skipif(os.name != "posix", reason="links and modes are those of POSIX")
def test_a_link_and_a_folder_for_everybody_are_not_used(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps({"asked_s": 1, "models": [{"name": "planted"}]}))
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / f"{NAME}.json").symlink_to(elsewhere)
    assert load(folder, NAME) is None
    folder.chmod(0o777)
    keep(folder, "groq-0123456789ab", KEPT)
    assert not (folder / "groq-0123456789ab.json").exists()


@each(("age_s", "fresh"), [(0, True), (FRESH_S - 1, True), (FRESH_S, False), (-5, False)])
def test_a_list_is_fresh_for_an_hour_and_not_when_the_clock_was_set_back(age_s: float, fresh: bool) -> None:
    assert KEPT.is_fresh(KEPT.asked_s + age_s) is fresh


def test_names_are_found_by_service_without_a_server(tmp_path: Path) -> None:
    keep(tmp_path, NAME, KEPT)
    keep(tmp_path, "openai-0123456789ab", KEPT._replace(models=(ListedModel("a"), ListedModel("d"))))
    keep(tmp_path, "azure-dated-0123456789ab", KEPT)
    keep(tmp_path, "../openai-0123456789ab", KEPT)
    (tmp_path / "notes.json").write_text("{}")
    assert {name: set(names) for name, names in kept_names(tmp_path).items()} == {
        "openai": {"a", "ü/b:c", "d"},
        "azure-dated": {"a", "ü/b:c"},
    }
    assert list(kept_names(tmp_path, ["openai"])) == ["openai"]
    assert kept_names(tmp_path / "missing") == {}


def test_a_list_that_nobody_asked_for_in_a_month_is_forgotten(tmp_path: Path) -> None:
    keep(tmp_path, "groq-0123456789ab", KEPT)
    old = tmp_path / "groq-0123456789ab.json"
    now_s = old.stat().st_mtime
    keep(tmp_path, NAME, KEPT._replace(asked_s=now_s + 29 * 86_400))
    assert old.exists()
    keep(tmp_path, NAME, KEPT._replace(asked_s=now_s + 31 * 86_400))
    assert not old.exists()


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep(tmp_path / "file" / "models", NAME, KEPT)
    assert load(tmp_path / "file" / "models", NAME) is None
