"""Several processes at one cache, and processes that die."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from chatbot.outside.cache.store import AnswerCache
from tests.forked import start_code
from tests.outside.cache.kept import answer, question
from tests.outside.cache.test_store import a_cache, texts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

PROLOGUE = """
import os, sys, time
from pathlib import Path
from chatbot.outside.cache.store import AnswerCache
from tests.outside.cache.kept import answer, question
def cache():
    return AnswerCache(Path(sys.argv[1]), now=time.time, warn=lambda text: print("warned:", text, flush=True))
"""


def script(code: str, folder: Path, **how: Any) -> subprocess.Popen[str]:
    return start_code(PROLOGUE + code, str(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)


def ended(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=50)
    assert process.returncode == 0, output
    return output


def test_four_processes_lose_no_entry_and_no_count(tmp_path: Path) -> None:
    code = """
pids = []
for number in range(4):
    pid = os.fork()
    if not pid:
        try:
            mine = cache()
            for at in range(50):
                assert mine.missed(question(number * 50 + at), answer(f"{number} {at}"))
                mine.hit(question(number * 50).key, None)
            os._exit(0)
        finally:
            os._exit(1)
    pids.append(pid)
assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * 4
"""
    assert ended(script(code, tmp_path)) == ""
    cache = a_cache(tmp_path)
    assert cache.stats()[:3] == (200, 200, 200)
    assert set(texts(cache)) == {f"{number} {at}" for number in range(4) for at in range(50)}
    assert sum(entry.hits for entry in cache.entries()) == 200
    assert cache.stats().bytes == sum(entry.size_bytes for entry in cache.entries())


def test_a_process_that_is_killed_while_it_writes_loses_nothing_older(tmp_path: Path) -> None:
    code = """
mine = cache()
number = int(sys.stdin.readline())
while True:
    assert mine.missed(question(number), answer(str(number) * 500))
    print(number, flush=True)
    number += 1
"""
    written = 0
    for turn in range(4):
        with script(code, tmp_path, stdin=subprocess.PIPE, bufsize=1) as process:
            assert process.stdin and process.stdout
            process.stdin.write(f"{written}\n")
            process.stdin.flush()
            for _ in range(3 + 9 * turn):
                written = int(process.stdout.readline()) + 1
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                written = int(line) + 1
        cache = a_cache(tmp_path)
        numbers = sorted(int(entry.question.key, 16) for entry in cache.entries())
        assert numbers[: written + 1] == list(range(written)) + numbers[written:][:1] and len(numbers) - written in (
            0,
            1,
        )
        assert cache.stats().cache_size == len(numbers) and cache.stats().misses == len(numbers)
        for entry in cache.entries():
            assert entry.answer.text() == str(int(entry.question.key, 16)) * 500
        cache.close()
        written = len(numbers)


def test_a_question_is_asked_by_one_process_and_free_again_when_that_is_killed(tmp_path: Path) -> None:
    code = """
mine = cache()
mine.find("0")
print(mine.claim("1" * 64), mine.claim("2" * 64), mine.claim("1" * 64), flush=True)
time.sleep(40)
"""
    mine = AnswerCache(tmp_path, now=time.time, warn=pytest.fail)
    mine.find("0")
    with script(code, tmp_path) as process:
        assert process.stdout is not None and process.stdout.readline() == "True True False\n"
        assert not mine.claim("1" * 64) and not mine.claim("2" * 64)
        assert mine.claim("3" * 64), "another question is another lock"
        assert mine.claim("1" * 63 + "2") is False, "what two keys share in their first digits counts as one"
        process.kill()
    assert mine.claim("1" * 64) and mine.claim("2" * 64)
    mine.release("1" * 64)
    assert mine.claim("1" * 64)
    mine.close()


def test_one_question_is_released_for_others_while_another_is_held(tmp_path: Path) -> None:
    mine = a_cache(tmp_path)
    mine.missed(question(1), answer())
    assert mine.claim("a" * 64) and mine.claim("b" * 64)
    mine.release("a" * 64)
    code = 'mine = cache(); mine.find("0"); print(mine.claim("a" * 64), mine.claim("b" * 64))'
    assert ended(script(code, tmp_path)) == "True False\n"
    mine.close()
    assert ended(script(code, tmp_path)) == "True True\n"


def test_two_processes_that_find_the_file_damaged_set_it_aside_once(tmp_path: Path) -> None:
    (tmp_path / "answers-1.db").write_bytes(b"no database " * 500)
    code = """
while not Path(sys.argv[1], "go").exists():
    time.sleep(0.001)
mine = cache()
assert mine.missed(question(os.getpid()), answer())
"""
    processes = [script(code, tmp_path) for _ in range(4)]
    time.sleep(0.3)
    (tmp_path / "go").touch()
    warned = "".join(map(ended, processes))
    assert warned.count("warned:") == 1 and "set aside" in warned
    assert len(list(tmp_path.glob("*.corrupt-*"))) == 1
    assert a_cache(tmp_path).stats()[:3] == (0, 4, 4)
