"""One turn, stored as it grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import pairwise

from chatbot.core.calls.steps import StepCollector
from chatbot.core.conversations.stored import Failure, ImageReference, Turn, title_of
from chatbot.core.cost.answer import Cost
from chatbot.core.errors import ChatError, Hung
from chatbot.core.events import AnswerPart, Finished, Retrying, StepFinished, ToolEvent, ToolFinished, ToolStarted
from chatbot.core.http.kept import KeptExchange
from chatbot.outside.history.changes import Random, free_id
from chatbot.outside.history.database import Database
from chatbot.outside.history.exchanges import insert_exchanges
from chatbot.outside.history.rows import delete_pieces, end_turn, insert_piece, insert_turn, storable, store_images
from chatbot.outside.history.steps import store_steps
from chatbot.records import NamedTuple

FLUSH_S = 0.25
_INDEXED_WITH_A_TURN = 50


class Desk(NamedTuple):
    """What is needed to store a turn. `now` gives Unix seconds, `clock` monotonic seconds."""

    database: Database
    now: Callable[[], float]
    clock: Callable[[], float]
    redact: Callable[[str], str]
    random: Random


class Draft(NamedTuple):
    """A turn that begins. `conversation_id` None begins a conversation; `asked_s` is a time of the clock."""

    conversation_id: str | None
    turn: Turn
    images: tuple[tuple[ImageReference, bytes], ...]
    asked_s: float


class _Stored(NamedTuple):
    """What is in the database: of how many parts the answer and the reasoning are in it, and in how many pieces; and of
    how many steps before it all that is known.
    """

    connection: sqlite3.Connection | None = None
    turn_id: int = 0
    conversation_id: str = ""
    answer_parts: int = 0
    reasoning_parts: int = 0
    pieces: int = 0
    steps: int = 0


class TurnWriter:
    """A turn that is being written. The question is stored when it is made, the answer at least every FLUSH_S seconds
    while `add` and `frame` are called, and the rest by `finish`, or by `close` where no end comes. No method raises
    because of the database.
    """

    def __init__(self, desk: Desk, draft: Draft) -> None:
        self._desk = desk
        self._draft = draft
        self._answer: list[str] = []
        self._reasoning: list[str] = []
        self._steps = StepCollector()
        self._failures: list[Failure] = []
        self._first_text_s: float | None = None
        self._stored = _Stored()
        self._flushed_s = -FLUSH_S  # the first text is stored at once
        self._finished = False
        self._goes_on = False
        self._save(is_last=False)

    @property
    def conversation_id(self) -> str | None:
        """The id to go on with; None as long as nothing could be stored."""
        return self._stored.conversation_id or self._draft.conversation_id

    def goes_on_from(self, answer: str) -> None:
        """The turn stands for one whose answer broke off after this: what is added is the rest."""
        if answer:
            self._goes_on = True
            self._answer.append(answer)

    def add(self, text: str = "", reasoning: str = "") -> None:
        """The next part of the answer, or of what the model thought before it; stores what is due."""
        self.append(text, reasoning)
        self.frame()

    def append(self, text: str = "", reasoning: str = "") -> None:
        """The same, stored later."""
        if text:
            self._answer.append(text)
            if self._first_text_s is None:
                self._first_text_s = self._desk.clock() - self._draft.asked_s
        if reasoning:
            self._reasoning.append(reasoning)

    def tool(self, event: ToolEvent) -> None:
        """A step has ended, or something has happened to one of its calls; it is stored now: what a program that dies
        has called must be known to the next one.
        """
        self._steps.take([event])
        if isinstance(event, StepFinished):
            text, reasoning = "".join(self._answer), "".join(self._reasoning)
            self._steps.steps[-1] = self._steps.steps[-1]._replace(text=text, reasoning=reasoning)
            self._answer, self._reasoning = [], []
        if isinstance(event, (StepFinished, ToolStarted, ToolFinished)):
            self._save(is_last=False)

    def failed(self, retrying: Retrying) -> None:
        """An attempt that is repeated."""
        self._failures.append(_failure(retrying.error, self._desk.redact, retrying.delay_s))

    def frame(self) -> float | None:
        """Stores what is due; returns the seconds until there is more to do, None for not before the next `add`."""
        if not self._has_more():
            return None
        left_s = self._flushed_s + FLUSH_S - self._desk.clock()
        if left_s > 0:
            return left_s
        self.flush()
        return FLUSH_S if self._has_more() else None

    def flush(self) -> None:
        """Stores what has come so far."""
        if self._has_more():
            self._save(is_last=False)

    def finish(self, finished: Finished, answer: str | None = None, cost: Cost | None = None) -> None:
        """Stores the end of the answer; `answer` is all of it, if it is not just what was added."""
        turn = self._draft.turn
        total_s = self._desk.clock() - self._draft.asked_s
        ended = turn._replace(
            verdict=finished.verdict,
            finish_reason=finished.finish_reason,
            error=_failure(finished.error, self._desk.redact) if finished.error else None,
            usage=finished.usage,
            first_text_s=self._first_text_s,
            total_s=total_s,
            request_id=finished.request_id,
            attempts=finished.attempts,
            failures=(*self._failures, *(_seam(*pair, self._desk.redact) for pair in pairwise(finished.parts))),
            answer="".join(self._answer) if answer is None else answer,
            reasoning="".join(self._reasoning),
            model=turn.model or finished.model,
            items=None if self._goes_on else finished.items,
            cost=cost,
            steps=tuple(self._steps.steps),
        )

        def end(connection: sqlite3.Connection) -> _Stored:
            stored = self._with_steps(connection)
            end_turn(connection, stored.turn_id, ended)
            _touch(connection, stored.conversation_id, self._desk.now(), ended)
            return stored

        self._finished = True
        stored = self._desk.database.attempt(end, is_last=True)
        if stored and stored.connection:
            self._stored = stored
            self._desk.database.index.catch_up(stored.connection, _INDEXED_WITH_A_TURN)

    def keep_exchanges(self, kept: Sequence[KeptExchange]) -> None:
        """Stores the HTTP of the turn; after its end, which must not be lost with it."""
        turn_id = self._stored.turn_id
        if turn_id and kept:
            self._desk.database.attempt(lambda connection: insert_exchanges(connection, turn_id, kept), is_last=True)

    def close(self) -> None:
        """Stores what there is of an answer that never came to an end."""
        if not self._finished:
            self._finished = True
            self._save(is_last=True)

    def _has_more(self) -> bool:
        return not self._finished and (
            self._stored.turn_id == 0
            or len(self._answer) > self._stored.answer_parts
            or len(self._reasoning) > self._stored.reasoning_parts
        )

    def _save(self, *, is_last: bool) -> None:
        self._stored = self._desk.database.attempt(self._grown, is_last=is_last) or self._stored
        if self._answer or self._reasoning:
            self._flushed_s = self._desk.clock()

    def _grown(self, connection: sqlite3.Connection) -> _Stored:
        """What is stored in this database, with all that has come."""
        stored = self._with_steps(connection)
        answer = "".join(self._answer[stored.answer_parts :])
        reasoning = "".join(self._reasoning[stored.reasoning_parts :])
        if not answer and not reasoning:
            return stored
        insert_piece(connection, stored.turn_id, stored.pieces, answer, reasoning)
        return stored._replace(
            answer_parts=len(self._answer), reasoning_parts=len(self._reasoning), pieces=stored.pieces + 1
        )

    def _with_steps(self, connection: sqlite3.Connection) -> _Stored:
        """What is stored in this database, with all steps; the text before a step is no answer any more."""
        stored = self._begun(connection)
        steps = self._steps.steps
        if not steps:
            return stored
        if len(steps) > stored.steps:
            delete_pieces(connection, stored.turn_id)
            stored = stored._replace(answer_parts=0, reasoning_parts=0, pieces=0)
        first = max(0, stored.steps - 1)
        store_steps(connection, stored.turn_id, first, steps[first:])
        return stored._replace(steps=len(steps))

    def _begun(self, connection: sqlite3.Connection) -> _Stored:
        """What is stored in this database, which may be another than before; with the question, if that is not."""
        if self._stored.connection is connection:
            return self._stored
        draft = self._draft
        conversation_id = draft.conversation_id or free_id(connection, self._desk.random)
        connection.execute(
            "INSERT OR IGNORE INTO conversation (id, created_s, updated_s, title) VALUES (?, ?, ?, ?)",
            (conversation_id, draft.turn.created_s, draft.turn.created_s, storable(_title(draft.turn.question))),
        )
        connection.execute("UPDATE conversation SET turns = turns + 1 WHERE id = ?", (conversation_id,))
        _touch(connection, conversation_id, draft.turn.created_s, draft.turn)
        (position,) = connection.execute(
            "SELECT coalesce(max(position) + 1, 0) FROM turn WHERE conversation_id = ?", (conversation_id,)
        ).fetchone()
        store_images(connection, draft.images)
        turn = draft.turn._replace(conversation_id=conversation_id, position=position)
        return _Stored(connection, insert_turn(connection, turn), conversation_id)


def _title(question: str) -> str:
    """The conversation's title; one without is better than none."""
    try:
        return title_of(question)
    except (Exception, Hung):
        return ""


def _touch(connection: sqlite3.Connection, conversation_id: str, now_s: float, turn: Turn) -> None:
    connection.execute(
        "UPDATE conversation SET updated_s = max(updated_s, ?), provider = ?, model = ? WHERE id = ?",
        (now_s, storable(turn.provider), storable(turn.model), conversation_id),
    )


def _seam(before: AnswerPart, after: AnswerPart, redact: Callable[[str], str]) -> Failure:
    """That an answer broke off, where, and who went on."""
    error, ended = before.finished.error, f"the answer ended early ({before.finished.verdict})"
    failed = _failure(error, redact) if error else Failure("AnswerError", ended)
    who = "/".join(filter(None, (after.provider, after.finished.model)))
    return failed._replace(message=f"{failed.message}; asked {who} to go on at character {before.end}", delay_s=0.0)


def _failure(error: ChatError, redact: Callable[[str], str], delay_s: float | None = None) -> Failure:
    said = f" ({error.said})" if error.said and error.said not in str(error) else ""
    return Failure(type(error).__name__, redact(f"{error}{said}"), error.status, delay_s)
