"""How far a person is, exercise by exercise: a small file of JSON, private, always whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatbot.core.errors import FileUnreadable, FileUnwritable
from chatbot.outside.files.private import private_folder, read_end, replace
from chatbot.records import NamedTuple

_NAME = "learn.json"
_MAX_BYTES = 1_000_000


class Step(NamedTuple):
    """One exercise: the file of its starter, when it was started and passed (Unix seconds), and the hints seen."""

    file: str = ""
    started_s: float = 0.0
    passed_s: float = 0.0
    hints: int = 0


def load(folder: Path) -> dict[int, Step]:
    """The steps by the numbers of their exercises. Raises FileUnreadable for a file that is broken."""
    file = folder / _NAME
    try:
        kept = json.loads(read_end(file, _MAX_BYTES))
        return {int(number): _step(step) for number, step in kept.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileUnreadable(f"the progress cannot be read: {error.strerror}: {file}") from error
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise FileUnreadable(f"the progress is broken: {file}", advice="Remove the file to begin anew.") from None


def keep(folder: Path, steps: Mapping[int, Step]) -> None:
    """Keeps them in the place of the old ones; a reader finds those or these. Raises FileUnwritable."""
    text = json.dumps({str(number): step._asdict() for number, step in sorted(steps.items())}, indent=1)
    try:
        replace(private_folder(folder) / _NAME, text.encode())
    except OSError as error:
        raise FileUnwritable(f"the progress is not kept: {error.strerror}: {folder / _NAME}") from error


def _step(kept: Any) -> Step:
    """Raises ValueError, TypeError or AttributeError for what is none."""
    usual = Step()
    values = {name: type(default)(kept.get(name, default)) for name, default in usual._asdict().items()}
    return Step(**values)
