"""What is to be asked: all rows are gone through once before the first is sent, so that what is wrong costs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.cli.batch.asking import Words
from chatbot.cli.batch.options import Shard
from chatbot.cli.batch.workers import BatchRow
from chatbot.core.batch.known_rows import Known, KnownRows
from chatbot.core.batch.row import ID, Row, key_of
from chatbot.core.conversations.resume import estimated_tokens
from chatbot.core.errors import UsageError
from chatbot.outside.batch.rows import RowFile
from chatbot.records import NamedTuple

_REDO = {"failed": Known.FAILED, "expired": Known.EXPIRED, "lost": Known.LOST}


class Plan(NamedTuple):
    """How many rows there are, and of those of this shard how many are to be asked, with about how many tokens; how
    many have a complete result; how many are the same as an earlier one, and asked with it; how many a batch of the
    provider has.
    """

    rows: int = 0
    to_ask: int = 0
    input_tokens: int = 0
    complete: int = 0
    same: int = 0
    submitted: int = 0


class Planner:
    """`known` is what the results say. `redo` are ids, `failed`, `expired` or `lost`: only those rows are asked."""

    def __init__(self, file: RowFile, words: Words, known: KnownRows, shard: Shard, redo: tuple[str, ...]) -> None:
        self._file, self._words, self._known, self._shard = file, words, known, shard
        self._kinds = [_REDO[word] for word in redo if word in _REDO]
        self._ids = {key_of(word): word for word in redo if word not in _REDO}
        self._redoes = bool(redo)

    def plan(self) -> Plan:
        """All rows, looked at. Raises UsageError, with the file and the line, for the first that cannot be asked."""
        rows = to_ask = tokens = complete = same = submitted = 0
        missing = dict(self._ids)
        for row in self._file.rows():
            rows, known = row.number, self._known[row.key]
            if known & Known.SEEN:
                same += self._is_same(row)
                continue
            self._known[row.key] = known | Known.SEEN
            missing.pop(row.key, None)
            if self._shard.has(row.number):
                complete += bool(known & Known.COMPLETE)
                submitted += bool(known & Known.SUBMITTED)
                if self._is_wanted(row, known):
                    to_ask += 1
                    tokens += self._asked(row).input_tokens
        if missing:
            raise UsageError(f"{self._file.name} has no row {next(iter(missing.values()))!r} to ask again")
        return Plan(rows, to_ask, tokens, complete, same, submitted)

    def rows(self) -> Iterator[BatchRow]:
        """The rows to ask, one at a time."""
        for row in self._file.rows():
            known = self._known[row.key]
            if not known & Known.TAKEN:
                self._known[row.key] = known | Known.TAKEN
                if self._shard.has(row.number) and self._is_wanted(row, known):
                    yield self._asked(row)

    def _is_wanted(self, row: Row, known: Known) -> bool:
        if known & Known.SUBMITTED:
            return False
        if self._redoes:
            is_kind = not known & Known.COMPLETE and any(known & kind for kind in self._kinds)
            return row.key in self._ids or is_kind
        return not known & (Known.COMPLETE | Known.LOST)

    def _is_same(self, row: Row) -> bool:
        """Rows without an id are called by their content, and may be the same; an id stands once."""
        if row.has_own_id:
            raise self._file.fault(
                row.line, f"the {ID} {row.id!r} stands in an earlier row too", "Each id stands once."
            )
        return True

    def _asked(self, row: Row) -> BatchRow:
        try:
            conversation = self._words.conversation(row)
        except UsageError as error:
            raise self._file.fault(row.line, str(error), error.advice) from None
        return BatchRow(row, conversation, estimated_tokens(conversation))
