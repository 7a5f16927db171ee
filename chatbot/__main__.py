"""`python -m chatbot`, and the command `chat`."""

from __future__ import annotations

import atexit
import gc
import os
import sys


def run() -> None:
    """Runs `chat` with the words of the command line and ends the process with its exit code.

    The collector finds nothing while modules load, and everything is free again at exit: keeping it out of both saves
    a quarter of the CPU of a short answer.
    """
    code = 1

    def leave() -> None:
        threading = sys.modules.get("threading")  # most that tell something about `chat` never load it
        if threading and threading.active_count() > 1:
            # One that nothing waits for may be within a library, without the interpreter's lock: OpenSSL gives up its
            # memory at exit and crashes whoever still reads certificates.
            _give_up_output()
            os._exit(code)

    atexit.register(leave)  # the first, so the last to run
    gc.disable()
    from chatbot.cli.main import main

    code = main(sys.argv[1:])
    gc.freeze()
    _give_up_output()
    sys.exit(code)


def _give_up_output() -> None:
    """What standard output did not take has been told; Python would try again at exit, and end with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1 if stream is sys.stdout else 2)


if __name__ == "__main__":
    run()
