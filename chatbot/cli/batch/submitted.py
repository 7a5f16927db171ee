"""The rows that a provider's batches have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chatbot.core.batch.known_rows import Known
from chatbot.core.batch.row import key_of
from chatbot.outside.batch.state import read_state, state_path


def submitted_rows(out: Path, redo: tuple[str, ...]) -> Iterator[tuple[int, Known]]:
    """The rows that a batch has which is not fetched yet, so that nobody asks them twice."""
    path = state_path(out)
    if not path.exists():
        return
    for batch in read_state(path).batches:
        if not batch.is_fetched:
            state = Known.LOST if not batch.id and "lost" in redo else Known.SUBMITTED
            yield from ((key_of(identity), state) for _, identity in batch.rows)
