"""The answers on disk: private, bounded, and never in the way of an answer."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from chatbot.core.cache.entries import CacheUnavailable
from chatbot.core.events import Usage
from chatbot.outside.cache.database import NAME
from chatbot.outside.cache.store import AnswerCache
from tests.conftest import FakeTime
from tests.outside.cache.kept import answer, question
from tests.tables import each

posix = pytest.mark.skipif(os.name != "posix", reason="needs file modes")


class Told(list[str]):
    __call__ = list.append


@pytest.fixture
def told() -> Told:
    return Told()


def a_cache(folder: Path, time: FakeTime | None = None, told: Told | None = None, **limits: int) -> AnswerCache:
    return AnswerCache(folder, now=(time or FakeTime()).clock, warn=pytest.fail if told is None else told, **limits)


def texts(cache: AnswerCache) -> list[str]:
    return [entry.answer.text() for entry in cache.entries()]


def test_what_is_kept_is_found_by_its_key_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    time = FakeTime()
    cache = a_cache(tmp_path, time)
    assert cache.find(question(1).key) is None
    assert cache.missed(question(1), answer())
    time.sleep(5)
    cache.hit(question(1).key, Usage(9, 2))
    cache.close()
    found = a_cache(tmp_path).find(question(1).key)
    assert found is not None and found.question == question(1) and found.answer == answer()
    assert (found.created_s, found.used_s, found.hits) == (1000.0, 1005.0, 1)


def test_a_new_answer_replaces_the_old_one_and_no_answer_leaves_it(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.missed(question(1), answer("first"))
    assert not cache.missed(question(1), None)
    assert texts(cache) == ["first"]
    cache.missed(question(1), answer("second"))
    assert texts(cache) == ["second"]
    assert cache.stats()[:3] == (0, 3, 1)
    assert cache.stats().bytes == cache.entries()[0].size_bytes


@posix
@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_folder_and_files_are_the_persons_own_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        cache = a_cache(tmp_path / "made" / "chat")
        cache.missed(question(1), answer())
        assert cache.claim(question(1).key)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "made" / "chat").stat().st_mode) == 0o700
    files = list((tmp_path / "made" / "chat").iterdir())
    assert {file.name for file in files} >= {NAME, f"{NAME}-wal", "asking.lock"}
    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files} == {0}
    cache.close()


@posix
def test_a_folder_in_which_others_may_write_is_not_used(tmp_path: Path, told: Told) -> None:
    tmp_path.chmod(0o777)
    cache = a_cache(tmp_path, told=told)
    assert cache.find("0" * 64) is None and not cache.missed(question(1), answer())
    assert len(told) == 1 and told[0].startswith("the cache is not used: other users may write in ")
    assert not (tmp_path / NAME).exists()


@posix
def test_a_pipe_in_the_place_of_the_file_blocks_nothing(tmp_path: Path, told: Told) -> None:
    os.mkfifo(tmp_path / NAME)
    assert a_cache(tmp_path, told=told).find("0" * 64) is None
    assert told == [f"the cache is not used: {tmp_path / NAME} is not a regular file"]


def test_what_was_not_used_for_longest_leaves_where_there_is_no_room(tmp_path: Path) -> None:
    time = FakeTime()
    cache = a_cache(tmp_path, time, limit_bytes=20_000)
    for number in range(300):
        time.sleep(1)
        cache.missed(question(number), answer(f"{number} " + "x" * 60))
        cache.hit(question(0).key, None)
        assert cache.stats().bytes <= 20_000
    kept = [int(entry.question.key, 16) for entry in cache.entries()]
    assert 50 < len(kept) == cache.stats().cache_size < 150
    assert kept == [0, *range(299, 300 - len(kept), -1)], "the first one was used all the time"


def test_an_answer_above_one_in_a_hundred_of_the_room_is_not_kept_and_the_older_one_stays(tmp_path: Path) -> None:
    cache = a_cache(tmp_path, limit_bytes=30_000)
    assert cache.missed(question(1), answer("short"))
    assert not cache.missed(question(1), answer("x" * 301))
    assert texts(cache) == ["short"] and cache.stats().misses == 2


@pytest.mark.parametrize("damage", [b"this is no database " * 300, b"\0" * 8192])
def test_a_damaged_file_is_set_aside_with_one_warning_and_a_new_one_begun(
    tmp_path: Path, told: Told, damage: bytes
) -> None:
    first = a_cache(tmp_path)
    first.missed(question(1), answer())
    first.close()
    (tmp_path / NAME).write_bytes(damage)
    cache = a_cache(tmp_path, told=told)
    assert cache.find(question(1).key) is None
    assert cache.missed(question(1), answer()) and texts(cache) == ["Because."]
    [aside] = tmp_path.glob(f"{NAME}.corrupt-*")
    assert told == [f"the cache was damaged: it is set aside as {aside}, and a new one is begun"]
    assert aside.read_bytes() == damage


def test_a_file_that_is_damaged_while_it_is_open_is_set_aside_too(tmp_path: Path, told: Told) -> None:
    cache = a_cache(tmp_path, told=told)
    for number in range(50):
        cache.missed(question(number), answer("x" * 2000))
    cache.close()
    with (tmp_path / NAME).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    assert cache.find(question(7).key) is None or texts(cache)
    cache.missed(question(100), answer())
    assert cache.find(question(100).key) is not None
    assert len(told) == 1 and "set aside" in told[0]


@each("column", ["answer", "fields"])
@each("text", ["{", "[]", ""])
def test_an_entry_that_cannot_be_read_is_none(tmp_path: Path, column: str, text: str) -> None:
    cache = a_cache(tmp_path)
    cache.missed(question(1), answer())
    with sqlite3.connect(tmp_path / NAME) as other:
        other.execute(f"UPDATE entry SET {column} = ?", (text,))
    other.close()
    assert cache.find(question(1).key) is None and cache.entries() == []


def test_a_cache_that_another_program_keeps_locked_is_told_once_and_stops_nothing(tmp_path: Path, told: Told) -> None:
    cache = a_cache(tmp_path, told=told)
    cache.missed(question(1), answer())
    other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    found = cache.find(question(1).key)
    assert found is not None, "who reads waits for nobody"
    assert not cache.missed(question(2), answer())
    cache.hit(question(1).key, None)
    other.execute("ROLLBACK")
    other.close()
    assert told == ["the cache cannot be written: another program keeps it locked"]
    assert cache.missed(question(2), answer())


def test_a_place_that_is_a_file_stops_nothing_and_a_command_says_what_is_wrong(tmp_path: Path, told: Told) -> None:
    (tmp_path / "cache").write_text("")
    cache = a_cache(tmp_path / "cache", told=told)
    assert cache.find("0" * 64) is None and not cache.missed(question(1), answer()) and cache.claim("0" * 64)
    assert len(told) == 1
    with pytest.raises(CacheUnavailable, match="the cache cannot be read: "):
        cache.stats()


REMOVALS: list[tuple[Callable[[AnswerCache], int], list[int]]] = [
    (lambda cache: cache.remove(), []),
    (lambda cache: cache.remove(question(1).key), [2, 3]),
    (lambda cache: cache.remove(model="gpt-*"), [3]),
    (lambda cache: cache.remove(model="openai/gpt-4*"), [2, 3]),
    (lambda cache: cache.remove(model="gpt"), [1, 2, 3]),
    (lambda cache: cache.remove(older_than_s=15), [3]),
    (lambda cache: cache.remove(model="claude", older_than_s=15), [1, 2, 3]),
]


@each(("remove", "left"), REMOVALS)
def test_what_is_removed_is_exactly_what_was_named(
    tmp_path: Path, remove: Callable[[AnswerCache], int], left: list[int]
) -> None:
    """Others' invalidation forgets options and so misses its entry, or, with messages alone, clears everything."""
    time = FakeTime()
    cache = a_cache(tmp_path, time)
    for number, model in ((1, "gpt-4o"), (2, "gpt-5"), (3, "claude")):
        cache.missed(question(number, model), answer())
        time.sleep(10)
    assert remove(cache) == 3 - len(left)
    assert sorted(int(entry.question.key, 16) for entry in cache.entries()) == left
    assert cache.stats().cache_size == len(left)
    cache.close()


def test_what_was_removed_is_gone_from_the_disk(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    for number in range(200):
        cache.missed(question(number), answer("the secret of the sphinx " * 40))
    cache.remove()
    cache.close()
    assert b"sphinx" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert (tmp_path / NAME).stat().st_size < 100_000


def test_of_a_model_the_last_used_come_first(tmp_path: Path) -> None:
    time = FakeTime()
    cache = a_cache(tmp_path, time)
    for number in range(5):
        cache.missed(question(number), answer())
        time.sleep(1)
    cache.hit(question(1).key, None)
    assert [int(entry.question.key, 16) for entry in cache.of_model("openai", "m", 3)] == [1, 4, 3]
    assert cache.of_model("openai", "n", 3) == []
