from __future__ import annotations

import os
import stat
from pathlib import Path

from chatbot.core.http.limits import Limit, Limits, SeenLimits
from chatbot.outside.files.seen_limits import keep, load, load_all
from tests.tables import each


def seen(service: str = "openai", seen_s: float = 5.0, *known: Limit) -> SeenLimits:
    return SeenLimits(service, "m", seen_s, Limits(known))


ONE = Limit("requests", 500, 499, 12.5, "minute", ("a", "b"))


def test_what_was_seen_is_there_in_the_next_run_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "limits"
    assert load(folder, "openai") is None
    assert load_all(folder) == []
    keep(folder, seen("openai", 5.0, ONE))
    keep(folder, seen("groq", 7.0))
    keep(folder, seen("openai", 6.0, ONE, ONE))
    assert load(folder, "openai") == seen("openai", 6.0, ONE, ONE)
    assert [found.service for found in load_all(folder)] == ["groq", "openai"]
    assert sorted(path.name for path in folder.iterdir()) == ["groq.json", "openai.json"]
    if os.name == "posix":
        assert stat.S_IMODE((folder / "openai.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_answer_that_tells_nothing_takes_nothing_away(tmp_path: Path) -> None:
    keep(tmp_path, seen("openai", 5.0, ONE))
    keep(tmp_path, seen("openai", 6.0))
    assert load(tmp_path, "openai") == seen("openai", 5.0, ONE)
    keep(tmp_path, seen("groq", 5.0))
    keep(tmp_path, seen("groq", 6.0))
    assert load(tmp_path, "groq") == seen("groq", 6.0)


@each("damaged", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"limits": 3}'])
def test_a_damaged_file_is_as_none_and_is_replaced(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "openai.json").write_bytes(damaged)
    assert load(tmp_path, "openai") is None
    assert load_all(tmp_path) == []
    keep(tmp_path, seen("openai", 5.0, ONE))
    assert load(tmp_path, "openai") == seen("openai", 5.0, ONE)


def test_a_part_that_another_run_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f".openai.{os.getpid()}.part").write_text("half")
    keep(tmp_path, seen())
    assert [path.name for path in tmp_path.iterdir()] == ["openai.json"]


@each("name", ["", "../x", "a/b", ".hidden", "x" * 80])
def test_a_service_that_is_no_name_of_a_file_is_not_kept(tmp_path: Path, name: str) -> None:
    keep(tmp_path / "limits", seen(name, 5.0, ONE))
    assert list(tmp_path.iterdir()) == []
    assert load(tmp_path, name) is None
