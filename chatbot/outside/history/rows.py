"""Rows of the tables to records, and what is written into them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from chatbot.core.conversations.stored import (
    Ending,
    Failure,
    ImageReference,
    ModelUse,
    PaidTurn,
    Stats,
    StoredConversation,
    Summary,
    Turn,
    UnknownConversation,
)
from chatbot.core.cost.answer import Cost
from chatbot.core.cost.price import amount, plain_price, price_from
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import ProviderItems
from chatbot.core.surrogates import joined
from chatbot.outside.history.steps import steps, store_steps

# The last turn that was not taken back, found in the index of positions.
_LAST = "FROM turn WHERE conversation_id = conversation.id AND withdrawn = 0 ORDER BY position DESC LIMIT 1"
_SUMMARY = (
    "id, created_s, updated_s, title, turns, provider, model, forked_from,"
    f" (SELECT ifnull(verdict, 'partial') {_LAST}), compared_to"
)
_TURN = (
    "turn.id, conversation_id, position, created_s, verdict, withdrawn, provider, model,"
    " input_tokens, output_tokens, reasoning_tokens, cached_tokens, cache_write_tokens,"
    " first_text_s, total_s, attempts,"
    " finish_reason, request_id, error, failures, system_prompt.text, question, answer, reasoning, items,"
    " cost_usd, price"
)
# A verdict of a later version is an answer that was not whole.
_VERDICTS: dict[str | None, Verdict | None] = {None: None, **{str(verdict): verdict for verdict in Verdict}}
_ENDINGS: dict[str | None, Ending | None] = {"partial": "partial", **_VERDICTS}


def summaries(connection: sqlite3.Connection, rest: str, values: Sequence[object] = ()) -> list[Summary]:
    """The conversations that `rest`, the end of a query, chooses."""
    rows = connection.execute(f"SELECT {_SUMMARY} FROM conversation {rest}", values)
    return [Summary._make((*row, _ENDINGS.get(verdict, Verdict.FAILED), compared)) for *row, verdict, compared in rows]


def turns(connection: sqlite3.Connection, rest: str, values: Sequence[object] = ()) -> list[Turn]:
    """The turns that `rest`, the end of a query, chooses."""
    query = f"SELECT {_TURN} FROM turn LEFT JOIN system_prompt ON sha256 = system_sha256 {rest}"
    return [_turn(connection, row) for row in connection.execute(query, values)]


def _turn(connection: sqlite3.Connection, row: Sequence[Any]) -> Turn:
    (turn_id, conversation_id, position, created_s, verdict, withdrawn, provider, model, *numbers) = row
    *counts, first_text_s, total_s, attempts = numbers[:8]
    finish_reason, request_id, error, failures, system, question, answer, reasoning, items, *cost = numbers[8:]
    if verdict is None:
        answer, reasoning = _pieces(connection, turn_id)
    return Turn(
        id=turn_id,
        conversation_id=conversation_id,
        position=position,
        created_s=created_s,
        question=question,
        images=_images(connection, turn_id),
        system=system,
        provider=provider,
        model=model,
        answer=answer,
        reasoning=reasoning,
        verdict=_VERDICTS.get(verdict, Verdict.FAILED),
        finish_reason=finish_reason,
        error=Failure(*json.loads(error)) if error else None,
        usage=Usage(*counts) if any(count is not None for count in counts) else None,
        first_text_s=first_text_s,
        total_s=total_s,
        request_id=request_id,
        attempts=attempts,
        failures=tuple(Failure(*failure) for failure in json.loads(failures)),
        withdrawn=bool(withdrawn),
        items=ProviderItems(*json.loads(items)) if items else None,
        cost=_cost(*cost, is_paid=attempts > 0),
        steps=steps(connection, turn_id),
    )


def _cost(usd: str | None, price: str | None, *, is_paid: bool) -> Cost | None:
    """None where nobody looked, or what stands there is none of ours."""
    if price is None:
        return None
    try:
        return Cost(amount(usd) if usd else None, price_from(json.loads(price)) if price else None, is_paid)
    except (ValueError, LookupError):
        return None


def paid_turns(connection: sqlite3.Connection, since_s: float) -> Iterator[PaidTurn]:
    """Every turn from a time on that has ended, also those that were taken back: they were paid for all the same. A
    copy that a fork made was not.
    """
    rows = connection.execute(
        "SELECT turn.created_s, turn.provider, turn.model, attempts, cost_usd, price IS NOT NULL, input_tokens,"
        " output_tokens, reasoning_tokens, cached_tokens, cache_write_tokens"
        " FROM turn JOIN conversation ON conversation.id = conversation_id"
        " WHERE turn.created_s >= ? AND verdict IS NOT NULL"
        " AND (forked_from IS NULL OR turn.created_s >= conversation.created_s) ORDER BY turn.created_s",
        (since_s,),
    )
    for created_s, provider, model, attempts, usd, is_priced, *counts in rows:
        known = Decimal(usd) if usd else None
        yield PaidTurn(created_s, provider, model, attempts, known, bool(is_priced), Usage(*counts))


def _pieces(connection: sqlite3.Connection, turn_id: int) -> tuple[str, str]:
    rows = connection.execute("SELECT answer, reasoning FROM piece WHERE turn_id = ? ORDER BY number", (turn_id,))
    found = rows.fetchall()
    return "".join(answer for answer, _ in found), "".join(reasoning for _, reasoning in found)


def _images(connection: sqlite3.Connection, turn_id: int) -> tuple[ImageReference, ...]:
    rows = connection.execute(
        "SELECT sha256, media_type, width, height, name FROM turn_image JOIN image USING (sha256)"
        " WHERE turn_id = ? ORDER BY number",
        (turn_id,),
    )
    return tuple(ImageReference(sha256.hex(), *others) for sha256, *others in rows)


def conversation(connection: sqlite3.Connection, conversation_id: str) -> StoredConversation:
    """One conversation. Raises UnknownConversation."""
    found = summaries(connection, "WHERE id = ?", (conversation_id,))
    if not found:
        raise UnknownConversation(f"there is no conversation {conversation_id}")
    rest = "WHERE conversation_id = ? ORDER BY position"
    return StoredConversation(found[0], tuple(turns(connection, rest, (conversation_id,))))


def compared(connection: sqlite3.Connection, conversation_id: str) -> list[Summary]:
    """The other conversations that ask the same questions of other models, the first one first."""
    found = connection.execute("SELECT compared_to FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
    first = (found and found[0]) or conversation_id
    rest = "WHERE (id = ? OR compared_to = ?) AND id <> ? ORDER BY id <> ?, created_s, id"
    return summaries(connection, rest, (first, first, conversation_id, first))


def all_ids(connection: sqlite3.Connection) -> list[str]:
    """All conversations, the oldest first."""
    return [row[0] for row in connection.execute("SELECT id FROM conversation ORDER BY updated_s, id")]


def image_bytes(connection: sqlite3.Connection, wanted: Iterable[str]) -> dict[str, bytes]:
    """The bytes of those of the wanted images (SHA-256 in hex) that are there."""
    query = "SELECT data FROM image WHERE sha256 = ?"
    found = ((sha256, connection.execute(query, (bytes.fromhex(sha256),)).fetchone()) for sha256 in wanted)
    return {sha256: row[0] for sha256, row in found if row}


def stats(connection: sqlite3.Connection) -> Stats:
    """The whole history in numbers, but for the size of its file; reads every turn, but not its texts."""
    (conversations,) = connection.execute("SELECT count(*) FROM conversation").fetchone()
    models = connection.execute(
        "SELECT provider, model, count(*),"
        " total(input_tokens * (attempts > 0)), total(output_tokens * (attempts > 0)),"  # no attempt: from the cache
        " min(created_s), max(created_s),"
        " sum(verdict IS NULL OR verdict NOT IN ('complete', 'length')) FROM turn"
        " GROUP BY provider, model ORDER BY count(*) DESC, provider, model"
    ).fetchall()
    images, size_bytes = connection.execute("SELECT count(*), total(length(data)) FROM image").fetchone()
    return Stats(
        conversations=conversations,
        turns=sum(row[2] for row in models),
        incomplete=sum(row[7] for row in models),
        images=images,
        image_bytes=int(size_bytes),
        file_bytes=0,
        first_s=min((row[5] for row in models), default=None),
        last_s=max((row[6] for row in models), default=None),
        models=tuple(ModelUse(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in models),
    )


def insert_turn(connection: sqlite3.Connection, turn: Turn) -> int:
    """Stores a turn whose conversation and images are stored already; its id."""
    values = {
        "conversation_id": turn.conversation_id,
        "position": turn.position,
        "created_s": turn.created_s,
        "withdrawn": int(turn.withdrawn),
        "provider": storable(turn.provider),
        "system_sha256": store_system(connection, turn.system) if turn.system is not None else None,
        "question": storable(turn.question),
        **_answer_values(turn),
    }
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    turn_id = connection.execute(f"INSERT INTO turn ({columns}) VALUES ({places})", values).lastrowid or 0
    if turn.verdict is None and (turn.answer or turn.reasoning):
        insert_piece(connection, turn_id, 0, turn.answer, turn.reasoning)
    store_steps(connection, turn_id, 0, turn.steps)
    connection.executemany(
        "INSERT INTO turn_image (turn_id, number, sha256, name) VALUES (?, ?, ?, ?)",
        [
            (turn_id, number, bytes.fromhex(image.sha256), storable(image.name))
            for number, image in enumerate(turn.images)
        ],
    )
    return turn_id


def end_turn(connection: sqlite3.Connection, turn_id: int, turn: Turn) -> None:
    """Puts the end of an answer in the place of its pieces."""
    values = _answer_values(turn)
    changes = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(f"UPDATE turn SET {changes} WHERE id = :id", {**values, "id": turn_id})
    delete_pieces(connection, turn_id)


def delete_pieces(connection: sqlite3.Connection, turn_id: int) -> None:
    """Removes the parts of an answer that is whole now, or is none any more."""
    connection.execute("DELETE FROM piece WHERE turn_id = ?", (turn_id,))


def _answer_values(turn: Turn) -> dict[str, object]:
    """The columns of an answer; while it is written its texts are in `piece`."""
    return {
        "verdict": str(turn.verdict) if turn.verdict else None,
        "model": storable(turn.model),
        **(turn.usage or Usage())._asdict(),
        "first_text_s": turn.first_text_s,
        "total_s": turn.total_s,
        "attempts": turn.attempts,
        "finish_reason": turn.finish_reason and storable(turn.finish_reason),
        "request_id": turn.request_id and storable(turn.request_id),
        "error": json.dumps(turn.error) if turn.error else None,
        "failures": json.dumps(turn.failures),
        "answer": storable(turn.answer) if turn.verdict else "",
        "reasoning": storable(turn.reasoning) if turn.verdict else "",
        "items": json.dumps(turn.items) if turn.items else None,
        **_cost_values(turn),
    }


def _cost_values(turn: Turn) -> dict[str, str | None]:
    cost = turn.cost
    if cost is None:
        return {"cost_usd": None, "price": None}
    input_tokens = (turn.usage and turn.usage.input_tokens) or 0
    return {
        "cost_usd": None if cost.usd is None else f"{cost.usd:f}",
        "price": json.dumps(plain_price(cost.price, input_tokens)) if cost.price and cost.is_paid else "",
    }


def insert_piece(connection: sqlite3.Connection, turn_id: int, number: int, answer: str, reasoning: str) -> None:
    """Stores the next part of an answer that is not finished."""
    connection.execute(
        "INSERT INTO piece (turn_id, number, answer, reasoning) VALUES (?, ?, ?, ?)",
        (turn_id, number, storable(answer), storable(reasoning)),
    )


def store_images(connection: sqlite3.Connection, images: Iterable[tuple[ImageReference, bytes]]) -> None:
    """Stores the bytes of images, each only once."""
    connection.executemany(
        "INSERT OR IGNORE INTO image (sha256, media_type, width, height, data) VALUES (?, ?, ?, ?, ?)",
        [(bytes.fromhex(image.sha256), image.media_type, image.width, image.height, data) for image, data in images],
    )


def store_system(connection: sqlite3.Connection, text: str) -> bytes:
    """Stores a system prompt, once; its key."""
    text = storable(text)
    sha256 = hashlib.sha256(text.encode()).digest()
    connection.execute("INSERT OR IGNORE INTO system_prompt (sha256, text) VALUES (?, ?)", (sha256, text))
    return sha256


def storable(text: str) -> str:
    """SQLite takes no lone surrogates."""
    return text if text.isascii() else joined(text)
