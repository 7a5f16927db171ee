"""A program with limits: what it writes is taken, what it leaves is ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from chatbot.outside.processes.running import PIPED, USUAL, Limits, Piece, ProcessRun, Running, Streams, run_bounded
from tests.processes import TOLD, runs

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups")
IN_PROC = pytest.mark.skipif(not TOLD, reason="only Linux tells the tree of processes")
ENV = {"PATH": os.environ["PATH"]}


def shell(script: str, folder: Path, streams: Streams = PIPED, limits: Limits = USUAL) -> ProcessRun:
    return run_bounded(["sh", "-c", script], ENV, folder, streams, limits)


def test_what_it_writes_is_told_apart_and_its_exit_status_is_kept(tmp_path: Path) -> None:
    run = shell("cat; echo error >&2; pwd; exit 3", tmp_path, Streams(stdin=b"question " * 30_000))
    assert run.out == b"question " * 30_000 + f"{tmp_path}\n".encode()
    assert (run.err, run.code, run.ended, run.left) == (b"error\n", 3, "exited", 0)
    assert [piece.at_s for piece in run.pieces] == sorted(piece.at_s for piece in run.pieces)


def test_input_that_nobody_reads_holds_nothing_up(tmp_path: Path) -> None:
    assert shell("exec <&-; echo done", tmp_path, Streams(stdin=b"x" * 1_000_000)).out == b"done\n"


def test_a_terminal_is_one_and_nobody_reads_a_closed_pipe(tmp_path: Path) -> None:
    run = shell("test -t 1 && test -t 2 && echo yes", tmp_path, Streams(output="terminal"))
    assert (run.out, run.code) == (b"yes\r\n", 0)
    run = shell("trap '' PIPE; echo lost || exit 9", tmp_path, Streams(output="closed"))
    assert (run.out, run.code) == (b"", 9)


def test_what_hangs_or_floods_is_ended(tmp_path: Path) -> None:
    run = shell("echo begun; sleep 100", tmp_path, limits=Limits(0.5))
    assert (run.ended, run.out, run.code) == ("too long", b"begun\n", -9)
    run = shell("yes", tmp_path, limits=Limits(20.0, 100_000))
    assert run.ended == "too much" and 100_000 < len(run.out) < 1_000_000


def test_it_is_interrupted_as_by_ctrl_c_once_and_ended_on_a_word(tmp_path: Path) -> None:
    script = "trap 'echo stopped; exit 130' INT; echo begun; sleep 100 & wait"
    run = run_bounded(
        ["sh", "-c", script], ENV, tmp_path, watch=lambda now: "interrupt" if now.elapsed_s > 0.3 else None
    )
    assert (run.out, run.code, run.ended) == (b"begun\nstopped\n", 130, "exited")
    assert run.interrupted_s is not None and run.took_s - run.interrupted_s < 2
    assert run_bounded(["sleep", "100"], ENV, tmp_path, watch=lambda now: "end").ended == "ended"


@IN_PROC
def test_nothing_is_left_of_what_it_started_whoever_its_parent_is(tmp_path: Path) -> None:
    own = os.getpid()  # other runs of this test on the machine have processes too
    leaves = "os.fork() and os._exit(0)\n"
    server = f"import os\n{leaves}os.setsid()\n{leaves}os.execlp('sleep', 'sleep', '300.{own}')"
    run = shell(f"sleep 301.{own} & '{sys.executable}' -c \"{server}\"; echo done", tmp_path)
    assert (run.out, run.ended, run.left) == (b"done\n", "exited", 2)
    assert not runs("sleep", f"300.{own}") and not runs("sleep", f"301.{own}")


@IN_PROC
def test_what_leaves_within_its_grace_is_not_counted(tmp_path: Path) -> None:
    run = shell("setsid sleep 0.2 & exit 4", tmp_path, limits=Limits(grace_s=30))
    assert (run.code, run.ended, run.left) == (4, "exited", 0)
    assert shell("sleep 304 & exit 4", tmp_path, limits=Limits(grace_s=0)).left == 1


def test_both_streams_may_be_one_and_pieces_may_go_elsewhere(tmp_path: Path) -> None:
    kept: list[Piece] = []
    script = "echo one; echo two >&2; echo three; env | grep -c CHAT"
    run = run_bounded(["sh", "-c", script], ENV, tmp_path, Streams(output="merged"), keep=kept.append)
    assert b"".join(piece.data for piece in kept) == b"one\ntwo\nthree\n0\n"
    assert run.pieces == ()


@IN_PROC
def test_the_words_of_all_its_processes_can_be_read_while_it_runs(tmp_path: Path) -> None:
    running = Running(["sh", "-c", "sleep 302; true"], ENV, tmp_path, Streams())
    try:
        until_s = time.monotonic() + 5
        while b"sleep\x00302\x00" not in running.command_lines() and time.monotonic() < until_s:
            time.sleep(0.01)
        assert b"sleep\x00302\x00" in running.command_lines()
    finally:
        running.close()
    assert running.command_lines() == []


def test_what_cannot_be_started_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_bounded(["/no/such/program"], ENV, tmp_path)
    with pytest.raises(FileNotFoundError):
        run_bounded(["/no/such/program"], ENV, tmp_path, Streams(output="terminal"))


def test_the_last_words_before_the_end_are_not_lost(tmp_path: Path) -> None:
    assert [shell("sleep 0.05; echo last", tmp_path).out for _ in range(10)] == [b"last\n"] * 10
