"""The roof: chooses the command, and turns whatever goes wrong into a few lines and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence

from chatbot.cli import commands, standard
from chatbot.core.errors import ChatError
from chatbot.core.redaction import Redactor, is_secret_name
from chatbot.outside.streams import is_terminal, reserve_standard_descriptors
from chatbot.terminal.screen import is_dumb
from chatbot.terminal.voice import Voice

USAGE, FAULT, INTERRUPTED, CLOSED_PIPE = 2, 70, 130, 141
# What a full disk, a quota, a bad medium or a closed terminal says of standard output.
_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def main(argv: Sequence[str]) -> int:
    """Runs one command; returns its exit code. Every exception ends here."""
    reserve_standard_descriptors()
    voice = Voice(
        _write_error, Redactor(_secrets()), colour=_stderr_takes_colour(), columns=lambda: standard.size(2)[0]
    )
    try:
        return commands.find(argv)(list(argv), voice)
    except ChatError as error:
        return _told(error, voice)
    except BrokenPipeError:
        return CLOSED_PIPE
    except OSError as error:
        if error.errno not in _OUTPUT_ERRORS:
            _tell_fault(error, voice, debug="--debug" in argv)
            return FAULT
        return _told(standard.unwritable(error), voice)
    except KeyboardInterrupt:
        _write_error("\n")
        return INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):  # Typer's own errors have it
            from chatbot.cli import mistyped

            voice.error(mistyped.told(error))
            return USAGE
        _tell_fault(error, voice, debug="--debug" in argv)
        return FAULT
    finally:
        gc.enable()


def _told(error: ChatError, voice: Voice) -> int:
    from chatbot.terminal.failures import error_lines

    voice.error(error_lines(error))
    return error.exit_code


def _tell_fault(error: Exception, voice: Voice, *, debug: bool) -> None:
    if debug:
        import traceback

        _write_error(voice.redacted("".join(traceback.format_exception(error))))
    voice.error(
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
    standard.write_aside(text.encode(standard.encoding(sys.stderr), "backslashreplace"))
