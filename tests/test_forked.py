"""What is run in a process that others share says and leaves the same as in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pexpect
import pytest

from tests import forked
from tests.forked import STARTED_WITH
from tests.processes import is_gone
from tests.tables import each

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="each is started anew")

LEFT = {
    "a thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a thread that is waited for": "import threading; threading.Timer(0.1, print, ['later']).start()",
    "an open file": "import os; os.open('file', os.O_CREAT)",
    "a child": "import subprocess; subprocess.Popen(['sleep', '0.1'])",
    "a blocked signal": "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])",
    "an alarm": "import signal; signal.signal(signal.SIGALRM, signal.SIG_DFL); signal.alarm(60)",
    "a module": "import this_is_nowhere_else",
    "a hook": "import sys; sys.excepthook = print",
    "a place to import from": "import sys; sys.path.append('elsewhere')",
    "a filter of warnings": "import warnings; warnings.simplefilter('ignore')",
    "a limit": "import sys; sys.setrecursionlimit(3000)",
    "a locale": "import locale; locale.setlocale(locale.LC_ALL, 'C')",
    "a mask of files": "import os; os.umask(0o77)",
}
END = "import os, sys; print(os.getpid()); print('aside', file=sys.stderr); sys.exit(7)"


def done(
    home: Path, code: str, *, alone: bool = False, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    script = home / "script.py"
    script.write_text(code)
    env = {"PATH": os.environ["PATH"], **STARTED_WITH, **(variables or {})}
    return forked.run([str(script), "word"], env, home, stdin=b"piped in", timeout_s=20, alone=alone)


def test_what_leaves_nothing_shares_a_process(tmp_path: Path) -> None:
    runs = [done(tmp_path, END) for _ in range(3)]
    assert len({run.stdout for run in runs}) == 1
    assert {(run.returncode, run.stderr) for run in runs} == {(7, b"aside\n")}
    assert done(tmp_path, END, alone=True).stdout != runs[0].stdout


def test_what_is_to_be_done_at_exit_is_done_then_and_once(tmp_path: Path) -> None:
    run = done(tmp_path, f"import atexit; atexit.register(print, 'later')\n{END}")
    pid, later = run.stdout.decode().split()
    assert (run.returncode, later) == (7, "later")
    assert done(tmp_path, END).stdout.decode().split() == [pid]


@each("what", LEFT)
def test_a_process_in_which_something_is_left_ends_as_python_ends(tmp_path: Path, what: str) -> None:
    (tmp_path / "this_is_nowhere_else.py").touch()
    run = done(tmp_path, f"{LEFT[what]}\n{END}")
    pid, *later = run.stdout.decode().split()
    assert (run.returncode, run.stderr) == (7, b"aside\n")
    assert later == (["later"] if what == "a thread that is waited for" else [])
    assert is_gone(int(pid))
    assert done(tmp_path, END).stdout.decode().split() != [pid]


def test_what_one_run_does_at_a_signal_the_next_one_does_not(tmp_path: Path) -> None:
    run = done(tmp_path, f"import signal; signal.signal(signal.SIGUSR1, print)\n{END}")
    after = done(tmp_path, "import os, signal; print(os.getpid(), int(signal.getsignal(signal.SIGUSR1)))")
    assert after.stdout == run.stdout.strip() + b" 0\n"


def on_terminal(home: Path, words: list[str]) -> pexpect.spawn[bytes]:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color", **STARTED_WITH}
    return forked.start_on_terminal(["-m", "chatbot", *words], env, home, timeout=10)


def test_on_terminals_too_a_process_does_several_runs_each_with_a_terminal_of_its_own(tmp_path: Path) -> None:
    pids = set()
    for words, code, told in (["--version"], 0, b"chat "), (["--nope"], 2, b"--nope"), (["--version"], 0, b"chat "):
        child = on_terminal(tmp_path, words)
        child.expect(pexpect.EOF)
        assert child.wait() == code and told in (child.before or b"")
        pids.add(child.pid)
    assert len(pids) == 1


def test_a_key_that_was_typed_after_the_end_is_not_typed_into_the_next_run(tmp_path: Path) -> None:
    for _ in range(2):
        child = on_terminal(tmp_path, ["-m", "lab/echo"])
        child.expect(b"> ")
        child.send(b"/exit\rmore")
        child.expect(pexpect.EOF)
        assert child.wait() == 0 and b"more" not in (child.before or b"").replace(b"/exit\rmore", b"")


def test_who_was_sent_a_signal_does_no_other_run(tmp_path: Path) -> None:
    first = on_terminal(tmp_path, ["-m", "lab/hang-in-stream", "hi"])
    first.expect(b"The lab")
    first.kill(signal.SIGINT)
    first.expect(pexpect.EOF)
    assert first.wait() == 130
    second = on_terminal(tmp_path, ["--version"])
    second.expect(pexpect.EOF)
    assert second.wait() == 0 and second.pid != first.pid


def test_each_has_a_place_in_the_world_of_its_own(tmp_path: Path) -> None:
    tell = (
        "import os, sys, time; print(sys.argv[1:], os.getcwd(), sorted(os.environ), sys.stdin.read(), time.tzname[0])"
    )
    for name, variables in (("here", {"TZ": "UTC"}), ("there", {"TZ": "Asia/Tokyo", "MORE": "1"}), ("here", {})):
        (tmp_path / name).mkdir(exist_ok=True)
        run = done(tmp_path / name, tell, variables=variables)
        names = sorted({"PATH", *STARTED_WITH, *variables})
        zone = {"Asia/Tokyo": "JST"}.get(variables.get("TZ", ""), "UTC")
        assert run.stdout.decode() == f"['word'] {tmp_path / name} {names} piped in {zone}\n"


def test_what_is_not_caught_is_told_as_python_tells_it(tmp_path: Path) -> None:
    failed, left = done(tmp_path, "print('so far'); 1 / 0"), done(tmp_path, "import sys; sys.exit('no more')")
    assert (failed.returncode, failed.stdout) == (1, b"so far\n")
    assert failed.stderr.startswith(b"Traceback") and failed.stderr.endswith(b"ZeroDivisionError: division by zero\n")
    assert (left.returncode, left.stderr) == (1, b"no more\n")


def test_an_end_by_a_signal_or_in_the_middle_is_seen(tmp_path: Path) -> None:
    killed = done(tmp_path, "import os, signal; os.write(1, b'so far'); os.kill(os.getpid(), signal.SIGKILL)")
    assert (killed.returncode, killed.stdout) == (-9, b"so far")
    assert done(tmp_path, "import os; os._exit(3)").returncode == 3


def test_what_takes_too_long_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)")
    env = {"PATH": os.environ["PATH"], **STARTED_WITH}
    with pytest.raises(subprocess.TimeoutExpired):
        forked.run([str(script)], env, tmp_path, timeout_s=0.5)
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_results_that_the_program_keeps_in_memory_are_forgotten(tmp_path: Path) -> None:
    tell = "import os; from chatbot.cli.cost.prices import price_table as kept; print(os.getpid(), kept.cache_info())"
    first = done(tmp_path, f"{tell}; kept()")
    assert b"currsize=0" in first.stdout
    assert done(tmp_path, tell).stdout == first.stdout
