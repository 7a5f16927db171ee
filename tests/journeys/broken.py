"""`chat`, with one thing in it that fails: `python -m tests.journeys.broken MODULE:NAME raises|hangs WORDS...`

NAME may have dots (a method). A call of it raises, or never returns; then there is a file `hanging` in the folder, and
the alarm clock of the process runs three times as fast, so that an end by it comes sooner.
"""

from __future__ import annotations

import importlib
import signal
import sys
import time
from pathlib import Path
from typing import Any


def fail(*_: Any, **__: Any) -> Any:
    raise RuntimeError("broken on purpose")


def hang(*_: Any, **__: Any) -> Any:
    Path("hanging").touch()
    while True:
        time.sleep(0.01)


def main() -> None:
    place, how, *words = sys.argv[1:]
    module, _, name = place.partition(":")
    owner: Any = importlib.import_module(module)
    *owners, last = name.split(".")
    for part in owners:
        owner = getattr(owner, part)
    assert hasattr(owner, last), f"{place} is not there to be broken"
    setattr(owner, last, {"raises": fail, "hangs": hang}[how])
    if how == "hangs":
        alarm_after = signal.setitimer
        signal.setitimer = lambda which, *times_s: alarm_after(which, *(time_s / 3 for time_s in times_s))
    from chatbot.__main__ import run

    sys.argv[1:] = words
    run()


if __name__ == "__main__":
    main()
