"""The roof: chooses the command, and turns whatever goes wrong into a few lines and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence

from chatbot.cli import standard
from chatbot.core.errors import ChatError
from chatbot.core.redaction import Redactor, is_secret_name
from chatbot.outside.streams import is_terminal, reserve_standard_descriptors
from chatbot.terminal.voice import Voice

_SUBCOMMANDS = ("lab", "logs", "templates")
USAGE, FAULT, INTERRUPTED, CLOSED_PIPE = 2, 70, 130, 141


def main(argv: Sequence[str]) -> int:
    """Runs one command; returns its exit code. Every exception ends here."""
    reserve_standard_descriptors()
    voice = Voice(
        _write_error, Redactor(_secrets()), colour=_stderr_takes_colour(), columns=lambda: standard.size(2)[0]
    )
    try:
        return _command(argv)(list(argv), voice)
    except ChatError as error:
        from chatbot.terminal.failures import error_lines

        voice.tell(error_lines(error))
        return error.exit_code
    except BrokenPipeError:
        return CLOSED_PIPE
    except KeyboardInterrupt:
        _write_error("\n")
        return INTERRUPTED
    except Exception as error:
        words = getattr(error, "format_message", None)  # Typer's own errors have it
        if words is not None:
            voice.tell(
                [_sentence(words()), f"Try: chat {argv[0]} --help" if argv[0] in _SUBCOMMANDS else "Try: chat --help"]
            )
            return USAGE
        _tell_fault(error, voice, debug="--debug" in argv)
        return FAULT
    finally:
        gc.enable()


def _command(argv: Sequence[str]) -> Callable[[list[str], Voice], int]:
    """A first word that is exactly a subcommand means it; everything else is a question."""
    match argv[0] if argv else "":
        case "lab":
            from chatbot.cli.lab import lab

            return lambda words, voice: lab(words[1:], voice)
        case "logs":
            from chatbot.cli.logs import logs

            return lambda words, voice: logs(words[1:], voice)
        case "templates":
            from chatbot.cli.templates import templates

            return lambda words, voice: templates(words[1:], voice)
    from chatbot.cli.ask import ask

    return ask


def _tell_fault(error: Exception, voice: Voice, *, debug: bool) -> None:
    if debug:
        import traceback

        _write_error(voice.redacted("".join(traceback.format_exception(error))))
    voice.tell(
        [
            f"a fault of chat itself: {type(error).__name__}: {error}",
            "" if debug else "Run it again with --debug to see where.",
        ]
    )


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _secrets() -> list[str]:
    """Everything in the environment that is called a key, for the redactor."""
    return [value for name, value in os.environ.items() if is_secret_name(name)]


def _stderr_takes_colour() -> bool:
    return is_terminal(2) and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _write_error(text: str) -> None:
    standard.write_aside(text.encode(standard.encoding(sys.stderr), "backslashreplace"))
