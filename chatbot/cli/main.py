"""The roof: chooses the command, and turns whatever goes wrong into a few lines and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence

from chatbot.cli import commands
from chatbot.cli.output import stdio
from chatbot.core.errors import ChatError
from chatbot.core.redaction.redactor import Redactor, is_secret_name
from chatbot.outside.desktop.lost_signals import sending_again
from chatbot.outside.desktop.streams import is_terminal, reserve_standard_descriptors
from chatbot.terminal.notices import Notices
from chatbot.terminal.screen import is_dumb

FAULT, INTERRUPTED, CLOSED_PIPE = 70, 130, 141
# What a full disk, a quota, a bad medium or a closed terminal says of standard output.
_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def main(argv: Sequence[str]) -> int:
    """Runs one command; returns its exit code. Every exception ends here."""
    before, sys.unraisablehook = sys.unraisablehook, sending_again(sys.unraisablehook)
    reserve_standard_descriptors()
    notices = Notices(
        _write_error, Redactor(_secrets()), colour=_stderr_takes_colour(), columns=lambda: stdio.size(2)[0]
    )
    try:
        run, words = commands.find(argv)
        return run(words, notices)
    except ChatError as error:
        return _told(error, notices)
    except BrokenPipeError:
        return CLOSED_PIPE
    except OSError as error:
        if error.errno not in _OUTPUT_ERRORS:
            _tell_fault(error, notices, debug="--debug" in argv)
            return FAULT
        return _told(stdio.unwritable(error), notices)
    except KeyboardInterrupt:
        _write_error("\n")
        return INTERRUPTED
    except Exception as error:
        _tell_fault(error, notices, debug="--debug" in argv)
        return FAULT
    except SystemExit as ended:  # of a signal in the session
        return ended.code if isinstance(ended.code, int) else FAULT
    finally:
        sys.unraisablehook = before
        gc.enable()


def _told(error: ChatError, notices: Notices) -> int:
    from chatbot.terminal.failures import error_lines

    notices.error(error_lines(error))
    return error.exit_code


def _tell_fault(error: Exception, notices: Notices, *, debug: bool) -> None:
    if debug:
        import traceback

        _write_error(notices.redacted("".join(traceback.format_exception(error))))
    notices.error(
        [
            f"a fault of chat itself: {type(error).__name__}: {error}",
            "" if debug else "Run it again with --debug to see where.",
        ]
    )


def _secrets() -> list[str]:
    """Everything in the environment that is called a key, for the redactor."""
    return [value for name, value in os.environ.items() if is_secret_name(name)]


def _stderr_takes_colour() -> bool:
    return is_terminal(2) and not os.environ.get("NO_COLOR") and not is_dumb(os.environ)


def _write_error(text: str) -> None:
    stdio.write_aside(text.encode(stdio.encoding(sys.stderr), "backslashreplace"))
