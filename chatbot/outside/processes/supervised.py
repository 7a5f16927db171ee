"""A command under a supervisor: however it ends, or this program does, nothing that it started is left."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_FOLDER = str(Path(__file__).parent)
# As a module, which is compiled once; a script is each time.
_SUPERVISOR = f"import sys; sys.path.append({_FOLDER!r}); import supervisor; supervisor.run()"


class Supervised:
    """The `words` and `descriptors` to start it with, and the line to what runs it.

    What is left when it ends, or this program does, has `grace_s` to end too. The process that is started so ends as
    the command does. Elsewhere than on POSIX it is the command, and nobody is on the line.
    """

    def __init__(self, words: Sequence[str], *, grace_s: float = 0.0) -> None:
        self._line, self._theirs = socket.socketpair()
        self._said = b""
        self.words, self.descriptors = list(words), [self._theirs.fileno()] if os.name == "posix" else []
        for descriptor in self.descriptors:
            self.words[:0] = [sys.executable, "-I", "-S", "-c", _SUPERVISOR, str(descriptor), str(grace_s)]

    def fileno(self) -> int:
        """Readable when something is said."""
        return self._line.fileno()

    def begun(self) -> None:
        """The process was started, or could not be."""
        self._theirs.close()

    def hear(self, *, waits: bool = False) -> bool:
        """Takes what is said; whether more may come."""
        try:
            self._line.setblocking(waits)
            said = self._line.recv(512)
        except BlockingIOError:
            return True
        except OSError:  # the supervisor was killed
            return False
        self._said += said
        return bool(said)

    @property
    def fault(self) -> OSError | None:
        """Why the command could not be started, as far as it is said."""
        self.hear()
        number = int(self._said.split()[0]) if self._said else 0
        return OSError(number, os.strerror(number)) if number else None

    @property
    def is_over(self) -> bool:
        """Whether it is heard that the command ended by itself."""
        return b"over" in self._said

    @property
    def left(self) -> int:
        """How many processes were left of it, as far as it is heard."""
        return int(self._said.split()[-1]) if self._said.count(b"\n") > 1 + self.is_over else 0

    def signal(self, number: int) -> None:
        """To the command and its group; SIGKILL to all that it started."""
        with suppress(OSError):
            self._line.send(bytes([number]))

    def close(self) -> None:
        """Of what is still there only the end is left."""
        self._theirs.close()
        self._line.close()
