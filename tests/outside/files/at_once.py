"""A file that several processes change at once."""

from __future__ import annotations

from pathlib import Path

from tests.forked import start_code

PROCESSES, TIMES = 8, 5

_FORKS = """
import os, sys
import tomlkit  # what each would load to write
from pathlib import Path
path, number = Path(sys.argv[1]), -1
{}
reading, writing = os.pipe()
pids = []
for number in range({processes}):
    pids.append(os.fork())
    if not pids[-1]:
        os.close(writing)
        os.read(reading, 1)  # all begin at once
        for time in range({times}): write(time)
        os._exit(0)
os.close(writing)
sys.exit(any([os.waitpid(pid, 0)[1] for pid in pids]))
"""


def in_eight_processes(code: str, path: Path) -> None:
    """`code` has a function `write(time)`, which each process, with a `number` of its own, calls a few times."""
    code = _FORKS.format(code, processes=PROCESSES, times=TIMES)
    with start_code(code, str(path)) as process:
        assert process.wait() == 0
