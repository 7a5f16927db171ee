from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatbot.core.batch.known_rows import Known
from chatbot.core.batch.result import Result
from chatbot.core.batch.row import key_of
from chatbot.core.errors import FileUnwritable, ServerFault, UsageError
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.outside.batch.results import ResultFile


def line(identity: str, verdict: Verdict = Verdict.COMPLETE) -> bytes:
    error = ServerFault("broken") if verdict is Verdict.FAILED else None
    return Result(identity, 1, "lab", "m", "é" * 20, Finished(verdict, usage=Usage(1, 2), error=error)).line()


def known(path: Path) -> dict[int, Known]:
    results = ResultFile(path)
    try:
        return dict(results.known())
    finally:
        results.close()


def test_the_last_result_of_a_row_counts(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    results = ResultFile(path)
    for each in (line("a", Verdict.FAILED), line("b"), line("a"), line("c", Verdict.CUT)):
        assert results.add(each) is None
    results.close()
    assert known(path) == {key_of("a"): Known.COMPLETE, key_of("b"): Known.COMPLETE, key_of("c"): Known.FAILED}


def test_wherever_a_writer_is_ended_the_lines_before_stay_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path, whole = tmp_path / "out.jsonl", line("b")
    for cut in range(1, len(whole)):
        path.write_bytes(line("a") + whole[:cut])
        results = ResultFile(path)
        assert results.repaired is (cut < len(whole) - 1)
        assert results.add(line("c")) is None
        results.close()
        ids = [json.loads(each)["id"] for each in path.read_bytes().splitlines()]
        assert ids == (["a", "c"] if cut < len(whole) - 1 else ["a", "b", "c"])


def test_a_long_line_that_was_cut_off_is_removed_too(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(line("a") + b'{"text": "' + b"x" * 300_000)
    assert known(path) == {key_of("a"): Known.COMPLETE}
    assert path.read_bytes() == line("a")


@pytest.mark.parametrize("data", [b"hello\n", b'{"id": 3}\n', b"[]\n", b"no newline at all"])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"no result|no file of results"):
        known(path)
    assert path.read_bytes() == data


def test_two_programs_do_not_write_to_one_file(tmp_path: Path) -> None:
    results = ResultFile(tmp_path / "out.jsonl")
    with pytest.raises(UsageError, match="another program writes"):
        ResultFile(tmp_path / "out.jsonl")
    results.close()
    ResultFile(tmp_path / "out.jsonl").close()


def test_what_is_no_file_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable, match="no such file"):
        ResultFile(tmp_path / "none" / "out.jsonl")
    with pytest.raises(FileUnwritable, match="is a directory"):
        ResultFile(tmp_path)
    with pytest.raises(UsageError, match="not a file"):
        ResultFile(Path("/dev/null"))
