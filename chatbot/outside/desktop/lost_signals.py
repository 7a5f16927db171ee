"""A signal that shall end something by an exception, where Python loses that: in a finalizer, and in what a weak
reference calls. It tells of the exception on standard error and goes on (docs.python.org, sys.unraisablehook), and
whoever pressed Ctrl-C would wait for nothing.
"""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chatbot.core.errors import Hung

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SOON_S = 0.01
_BY_A_SIGNAL = 128  # an exit code above it


def sending_again(otherwise: Callable[[UnraisableHookArgs], Any]) -> Callable[[UnraisableHookArgs], None]:
    """What `sys.unraisablehook` shall be: it sends such a signal again when that is over which it has struck. Of all
    else `otherwise` is told.
    """

    def hook(lost: UnraisableHookArgs) -> None:
        number = _number(lost.exc_value)
        if number:
            _thread.start_new_thread(_send, (number,))  # threading may be what it has struck, and hold its own lock
        elif not isinstance(lost.exc_value, Hung):  # the watchdog raises that again by itself
            otherwise(lost)

    return hook


def _number(error: BaseException | None) -> int:
    """Of the signal that raised this; 0 for none."""
    from signal import NSIG, SIGINT

    if isinstance(error, KeyboardInterrupt):
        return SIGINT
    code = error.code if isinstance(error, SystemExit) else None
    number = code - _BY_A_SIGNAL if isinstance(code, int) else 0
    return number if 0 < number < NSIG else 0


def _send(number: int) -> None:
    time.sleep(_SOON_S)
    if os.name == "posix":
        os.kill(os.getpid(), number)
    else:  # where that ends the process at once
        _thread.interrupt_main(number)  # type: ignore[arg-type]
