"""Bodies go to disk as they come: what a long answer takes of the memory does not grow with a file for its HTTP."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.journeys.chat import COMMAND, KEY, KEYS, run_code
from tests.outside.wire import says, wire

BODY_BYTES = 8_000_000
MORE_MB = 10
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is counted in other units")


def long_body() -> bytes:
    """Few words in many bytes, as from a service that says much of each; one event gives the key back."""

    def event(word: str, beside: str) -> bytes:
        choice = {"index": 0, "delta": {"content": word}}
        return b"data: " + json.dumps({"id": beside, "choices": [choice]}).encode() + b"\n\n"

    one = event("a", "word " * 400)
    return event("a", KEY) + one * (BODY_BYTES // len(one)) + event("z", KEY) + b"data: [DONE]\n\n"


def peak_mb(home: Path, *words: str) -> float:
    """The largest resident size of a `chat` that asks for a long answer. It is started by a small process: a child's
    peak begins with the size of whoever starts it.
    """
    with wire(says(_HEAD + long_body())) as server:
        asked = [*COMMAND, "-n", "--provider", "openai", "--base-url", server.url, "-m", "x", *words, "hello"]
        done = run_code(_PEAK, *asked, home=home, **KEYS)
    return float(done.text) / 1024


@pytest.fixture(scope="module")
def plain_mb(tmp_path_factory: pytest.TempPathFactory) -> float:
    return peak_mb(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("flag", ["--log-file", "--har", "--record"])
def test_a_file_for_the_http_of_a_long_answer_takes_no_memory_and_has_all_of_it_but_the_key(
    flag: str, plain_mb: float, tmp_path: Path
) -> None:
    assert peak_mb(tmp_path, flag, "kept") < plain_mb + MORE_MB
    kept = (tmp_path / "kept").read_text()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["kept"]
    assert len(kept) > BODY_BYTES and KEY not in kept and kept.count("[key]") >= 2
    if flag == "--har":
        [entry] = json.loads(kept)["log"]["entries"]
        assert entry["response"]["content"]["text"].endswith("data: [DONE]\n\n")
