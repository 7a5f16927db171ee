"""A command that prints a key: `op read ...`, `pass show ...`. It runs without a shell, and may ask the person."""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from chatbot.core.errors import Cancelled, ConfigurationError
from chatbot.core.redaction.redactor import MASK, Redactor
from chatbot.core.text import clean
from chatbot.outside.desktop.keyboard import KeptModes
from chatbot.outside.desktop.streams import terminal_to_read

LIMIT_S = 60.0
_MAX_OUT_BYTES = 64 * 1024
_KEPT_SAID_BYTES = 4096
_SAID_LINES = 5
_MIN_KEY_CHARS = 4
_QUIET_S = 0.1
_LONG_WORD = re.compile(r"[\w-]{20,}")  # may be a key, before it is known what the key is
_STOPPED = (-signal.SIGINT, 128 + signal.SIGINT)

Tell = Callable[[str], None]


def key_from(command: str, name: str, environ: Mapping[str, str], tell: Tell, limit_s: float = LIMIT_S) -> str:
    """The first line that `command` writes to standard output: the key for the variable `name`.

    It gets `environ` and the terminal. What it says to the person while it waits goes to `tell`; what it says before it
    fails is in the error. Raises ConfigurationError, and Cancelled where the person stopped it.
    """
    words = words_of(command, name)
    modes = KeptModes()
    try:
        return _run(words, name, environ, tell, limit_s)
    except KeyboardInterrupt:
        raise Cancelled(f"the key command of {name} was stopped") from None
    finally:
        modes.restore()  # a program that was killed while it read in secret leaves the echo off


def words_of(command: str, name: str) -> list[str]:
    """The program and its words. Raises ConfigurationError."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words or "\0" in command:
        raise ConfigurationError(
            f"the key command of {name} is no command: a quote is not closed, or it is empty",
            advice=f"Set it again: chat keys set {name} --command 'op read op://vault/item/key'",
        )
    return words


def _run(words: list[str], name: str, environ: Mapping[str, str], tell: Tell, limit_s: float) -> str:
    running = _Running(_started(words, name, environ), name, words[0], tell)
    try:
        return running.key(time.monotonic() + limit_s)
    finally:
        running.end()


def _started(words: list[str], name: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    what, advice = "", "It runs without a shell: for pipes and ~ write sh -c '...'."
    stdin = terminal_to_read()
    try:
        return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(environ))
    except FileNotFoundError:
        what = f"there is no program {clean(words[0])}"
    except PermissionError:
        what = f"{clean(words[0])} is not executable"
    except (OSError, ValueError) as error:
        what = f"{clean(words[0])}: {(getattr(error, 'strerror', None) or str(error)).lower()}"
    finally:
        if stdin > 0:
            os.close(stdin)
    raise ConfigurationError(f"the key command of {name} cannot be run: {what}", advice=advice)


class _Running:
    """One run: what it writes is taken as it comes, and never more than a bounded part kept."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, program: str, tell: Tell) -> None:
        self._process = process
        self._what = f"the key command of {name} ({clean(program)})"
        self._tell = tell
        self._out, self._said, self._untold = b"", b"", b""
        self._selector = selectors.DefaultSelector()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            self._selector.register(stream, selectors.EVENT_READ)

    def key(self, until_s: float) -> str:
        self._read(until_s)
        status = self._wait(until_s)
        if status in _STOPPED:
            raise Cancelled(f"{self._what} was stopped")
        if status:
            how = f"was killed by signal {-status}" if status < 0 else f"failed with exit code {status}"
            self._refuse(how)
        line = self._out.lstrip().partition(b"\n")[0].strip()
        if not line:
            self._refuse("wrote nothing")
        try:
            return line.decode()
        except UnicodeDecodeError:
            self._refuse("wrote something that is no text")

    def end(self) -> None:
        """Nothing of it is left, and nothing is waited for."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._selector.close()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def _read(self, until_s: float) -> None:
        """To the end of both streams, or of the program: what it left running may hold them open."""
        while self._selector.get_map():
            ready = self._selector.select(_QUIET_S)
            for key, _ in ready:
                self._take(key.fileobj)
            if time.monotonic() > until_s:
                self._refuse("took too long and was ended")
            if not ready:
                if self._process.poll() is not None:
                    return
                self._tell_untold()

    def _take(self, stream: Any) -> None:
        data = os.read(stream.fileno(), 8192)
        if not data:
            self._selector.unregister(stream)
        elif stream is self._process.stdout:
            self._out += data
            if len(self._out) > _MAX_OUT_BYTES:
                self._refuse("writes without end")
        else:
            self._said = (self._said + data)[-_KEPT_SAID_BYTES:]
            self._untold = (self._untold + data)[-_KEPT_SAID_BYTES:]

    def _tell_untold(self) -> None:
        """It waits: what it said last is a question, or says what it waits for."""
        text, self._untold = self._safe(self._untold), b""
        if text:
            self._tell(_LONG_WORD.sub(MASK, text))

    def _wait(self, until_s: float) -> int:
        try:
            return self._process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._refuse("took too long and was ended")

    def _safe(self, data: bytes) -> str:
        """What it said, without what it wrote to standard output."""
        written = [part.decode("utf-8", "replace") for part in self._out[:_KEPT_SAID_BYTES].split()]
        text = Redactor(written)(data.decode("utf-8", "replace"))
        for word in written:  # the redactor leaves short ones
            text = text.replace(word, MASK) if len(word) >= _MIN_KEY_CHARS else text
        return text

    def _refuse(self, how: str) -> NoReturn:
        lines = [line.strip() for line in self._safe(self._said).splitlines() if line.strip()]
        raise ConfigurationError(
            f"{self._what} {how}",
            said=" ".join(lines[-_SAID_LINES:]),
            advice="Run it by itself to see why; chat keys tells which program it is.",
        )
