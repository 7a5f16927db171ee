"""`--out DIR`: a file for the answer of each model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from chatbot.cli.output.written import write_output
from chatbot.core.errors import FileUnwritable, OutputUnwritable
from chatbot.outside.files.private import replace

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100  # characters; file systems take 255 bytes


class AnswerFiles:
    """One file for each name, made at once, so that what cannot be written is known before anything is sent.

    Raises UsageError where one is there already: nothing is overwritten.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputUnwritable(f"{folder} cannot be made: {error.strerror}") from error
        self.paths: list[Path] = []
        try:
            for name in safe_names(names):
                write_output(folder / name, [])
                self.paths.append(folder / name)
        except BaseException:
            self.close()
            raise

    def write(self, number: int, text: str) -> Path:
        """Writes an answer. Raises FileUnwritable."""
        path = self.paths[number]
        try:
            replace(path, text.encode("utf-8", "replace"))
        except OSError as error:
            raise FileUnwritable(f"{path} cannot be written: {error.strerror or error}") from error
        return path

    def close(self) -> None:
        """Takes away those that nothing was written to."""
        for path in self.paths:
            try:
                if not path.stat().st_size:
                    path.unlink()
            except OSError:
                pass  # somebody else has taken it


def safe_names(names: Sequence[str]) -> list[str]:
    """Names of files that any system takes, none like another, also where letters are not told apart by their size."""
    found: list[str] = []
    for name in names:
        safe = _UNSAFE.sub("-", name).strip("-.")[:_LONGEST] or "answer"
        number = 1
        while (file := f"{safe}{'' if number == 1 else f'-{number}'}.md").lower() in map(str.lower, found):
            number += 1
        found.append(file)
    return found
