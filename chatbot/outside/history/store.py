"""What the program asks of the history."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from chatbot.core.conversations.json_form import as_plain, from_plain
from chatbot.core.conversations.stored import (
    AmbiguousId,
    Hit,
    ImageReference,
    PaidTurn,
    Replaced,
    Stats,
    StoredConversation,
    Summary,
    Turn,
    UnknownConversation,
    id_prefix,
)
from chatbot.core.http.kept import KeptExchange
from chatbot.core.messages import Attachment, Image
from chatbot.outside.history import changes, exchanges, rows
from chatbot.outside.history.database import Database
from chatbot.outside.history.opening import Connect, Opener
from chatbot.outside.history.search import search
from chatbot.outside.history.writing import Desk, Draft, TurnWriter
from chatbot.records import NamedTuple

_CANDIDATES = 5


class Imported(NamedTuple):
    """What an import did: the ids of the conversations that were added, and how many were there already."""

    added: tuple[str, ...]
    known: int


class History:
    """The conversations in `folder`, opened when the first of them is needed.

    `now` gives Unix seconds, `clock` monotonic seconds. `warn` is told each trouble once; `redact` takes keys out of
    the errors that are kept. One thread writes; others may read. Keeping an answer raises nothing; what a person asks
    of stored conversations raises UsageError (what was asked for does not exist) or HistoryUnavailable.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], float],
        clock: Callable[[], float],
        warn: Callable[[str], None],
        redact: Callable[[str], str] = str,
        random: changes.Random = os.urandom,
        connect: Connect = sqlite3.connect,
    ) -> None:
        self._now, self._clock, self._random = now, clock, random
        self._database = Database(Opener(folder, now, connect), warn)
        self._desk = Desk(self._database, now, clock, redact, random)

    @property
    def path(self) -> Path:
        """The file, which need not exist."""
        return self._database.path

    def close(self) -> None:
        """Closes the database; it is opened again when it is needed."""
        self._database.close()

    def begin(
        self,
        conversation_id: str | None,
        question: str,
        attachments: Sequence[Attachment] = (),
        system: str | None = None,
        provider: str = "",
        model: str = "",
        asked_s: float | None = None,
    ) -> TurnWriter:
        """Stores a question, of a new conversation if the id is None; returns what stores its answer.

        `asked_s` is the time of the clock when it was sent; now, if it is not given.
        """
        found = tuple((_reference(each), each.data) for each in attachments)
        turn = Turn(
            id=0,
            conversation_id="",
            position=0,
            created_s=self._now(),
            question=question,
            images=tuple(reference for reference, _ in found),
            system=system,
            provider=provider,
            model=model,
        )
        return TurnWriter(
            self._desk, Draft(conversation_id, turn, found, self._clock() if asked_s is None else asked_s)
        )

    def last_conversation_id(self) -> str | None:
        """The conversation in which something was said last; None if there is none."""
        found = self.conversations(1)
        return found[0].id if found else None

    def find(self, prefix: str) -> str:
        """The id that begins with `prefix`. Raises UnknownConversation, or AmbiguousId with some candidates."""
        prefix = id_prefix(prefix)
        rest = "WHERE id >= ? AND id < ? ORDER BY updated_s DESC, id DESC LIMIT ?"
        last = prefix + "{"  # the character after "z"
        found = self._database.read(lambda db: rows.summaries(db, rest, (prefix, last, _CANDIDATES)))
        if not found:
            raise UnknownConversation(f"no conversation begins with {prefix}")
        if len(found) > 1:
            raise AmbiguousId(prefix, found)
        return found[0].id

    def conversation(self, conversation_id: str) -> StoredConversation:
        """A conversation with its turns. Raises UnknownConversation."""
        return self._database.read(lambda db: rows.conversation(db, conversation_id))

    def images(self, turns: Iterable[Turn]) -> dict[str, bytes]:
        """The bytes of all images of these turns, by SHA-256."""
        wanted = {image.sha256 for turn in turns for image in turn.images}
        return self._database.read(lambda db: rows.image_bytes(db, wanted))

    def conversations(self, limit: int, before: Summary | None = None) -> tuple[Summary, ...]:
        """A page of the list, the newest first; `before` is the last one of the page before it."""
        at = "WHERE (updated_s, id) < (?, ?) " if before else ""
        values = (*((before.updated_s, before.id) if before else ()), limit)
        rest = f"{at}ORDER BY updated_s DESC, id DESC LIMIT ?"
        return tuple(self._database.read(lambda db: rows.summaries(db, rest, values)))

    def search(self, text: str, limit: int) -> tuple[Hit, ...]:
        """The newest turns that have every word of `text`: as the beginning of a word with FTS5, else anywhere."""

        def found(connection: sqlite3.Connection) -> tuple[Hit, ...]:
            if self._database.is_open_for_writing:
                self._database.index.catch_up(connection)
            return search(connection, self._database.index, text, limit)

        return self._database.read(found)

    def stats(self) -> Stats:
        """The history in numbers."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        size_bytes = sum(file.stat().st_size for file in files if file.exists())
        return self._database.read(rows.stats)._replace(file_bytes=size_bytes)

    def paid_turns(self, since_s: float = 0.0) -> list[PaidTurn]:
        """What was asked from a time on, and what it cost as far as that is kept; the oldest first."""
        return self._database.read(lambda db: list(rows.paid_turns(db, since_s)))

    def fork(self, conversation_id: str, upto: int | None = None) -> str:
        """A new conversation with the turns of another up to the position `upto`, without those that were taken back;
        its id. The other one does not change. Raises UnknownConversation.
        """
        return self._database.change(lambda db: changes.fork(db, conversation_id, upto, self._now(), self._random))

    def compare(self, ids: Iterable[str], first: str) -> None:
        """Notes that these conversations ask the questions of the `first` one of other models."""
        self._database.change(lambda db: changes.compare(db, ids, first))

    def compared(self, conversation_id: str) -> list[Summary]:
        """The other conversations that ask the same questions of other models, the first one first."""
        return self._database.read(lambda db: rows.compared(db, conversation_id))

    def bring_forward(self, conversation_id: str) -> None:
        """Makes it the conversation in which something was said last."""
        self._database.change(lambda db: changes.bring_forward(db, conversation_id, self._now()))

    def withdraw_last(self, conversation_id: str, last_is: Replaced) -> bool:
        """Takes back the last turn that has an answer, or the very last one if that has none: it stays in the history,
        marked, and is not sent again. Whether there was one.
        """
        return self._database.change(lambda db: changes.withdraw_last(db, conversation_id, last_is))

    def delete(self, ids: Iterable[str]) -> int:
        """Removes conversations for good; how many there were."""
        ids = tuple(ids)
        self._database.read(lambda db: self._database.index.forget(db, ids))
        deleted = self._database.change(lambda db: changes.delete(db, ids))
        self._database.empty_log()
        return deleted

    def exchanges(self, prefix: str = "") -> list[KeptExchange]:
        """The kept exchanges whose id begins so, the newest first."""
        return self._database.read(lambda db: exchanges.exchanges(db, prefix))

    def exchanges_beside(self, exchange_id: str) -> list[KeptExchange]:
        """All exchanges of the question that one belongs to, in their order."""
        return self._database.read(lambda db: exchanges.exchanges_beside(db, exchange_id))

    def clear_exchanges(self) -> int:
        """Removes all of them; how many there were."""
        cleared = self._database.change(exchanges.clear)
        self._database.empty_log()
        return cleared

    def export(self, ids: Iterable[str] | None = None) -> Iterator[dict[str, Any]]:
        """Each conversation (all of them, the oldest first, if no ids are given) as plain data that JSON can carry."""
        for conversation_id in self._database.read(rows.all_ids) if ids is None else ids:
            conversation = self.conversation(conversation_id)
            yield as_plain(conversation, self.images(conversation.turns))

    def import_(self, conversations: Iterable[object]) -> Imported:
        """Adds what `export` gave, without touching what is here. A conversation that is here already is left out; one
        with a taken id gets a new one. Raises UsageError for what is no export; those before it stay added.
        """
        ids = [self._import(plain) for plain in conversations]
        added = tuple(filter(None, ids))
        return Imported(added, len(ids) - len(added))

    def _import(self, plain: object) -> str | None:
        transferred = from_plain(plain)
        new = self._database.change(lambda db: changes.insert_imported(db, transferred, self._random))
        self._database.read(self._database.index.catch_up)
        return new


def _reference(attachment: Attachment) -> ImageReference:
    sha256 = hashlib.sha256(attachment.data).hexdigest()
    width, height = (attachment.width, attachment.height) if isinstance(attachment, Image) else (0, 0)
    return ImageReference(sha256, attachment.media_type, width, height, attachment.name)
