"""What changes stored conversations. Each function is called inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence

from chatbot.core.conversations.json_form import Transferred
from chatbot.core.conversations.stored import (
    ID_ALPHABET,
    ID_LENGTH,
    ImageReference,
    Replaced,
    Summary,
    Turn,
    UnknownConversation,
    short_id,
)
from chatbot.outside.history.rows import conversation, insert_turn, storable, store_images, summaries, turns

Random = Callable[[int], bytes]


def free_id(connection: sqlite3.Connection, random: Random) -> str:
    """An id that no conversation has."""
    while True:
        conversation_id = short_id(random(ID_LENGTH))
        if not connection.execute("SELECT 1 FROM conversation WHERE id = ?", (conversation_id,)).fetchone():
            return conversation_id


def insert_conversation(connection: sqlite3.Connection, summary: Summary, kept: Sequence[Turn]) -> None:
    """Stores a conversation with turns whose images are stored already."""
    last = kept[-1]
    connection.execute(
        "INSERT INTO conversation (id, created_s, updated_s, turns, provider, model, forked_from, compared_to, title)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            summary.id,
            summary.created_s,
            summary.updated_s,
            sum(not turn.withdrawn for turn in kept),
            storable(last.provider),
            storable(last.model),
            summary.forked_from and storable(summary.forked_from),
            summary.compared_to and storable(summary.compared_to),
            storable(summary.title),
        ),
    )
    for position, turn in enumerate(kept):
        insert_turn(connection, turn._replace(conversation_id=summary.id, position=position))


def fork(
    connection: sqlite3.Connection,
    conversation_id: str,
    upto: int | None,
    now_s: float,
    random: Random,
) -> str:
    """Copies a conversation up to the position `upto`; the id of the copy. Raises UnknownConversation."""
    summary, all_turns = conversation(connection, conversation_id)
    kept = [turn for turn in all_turns if not turn.withdrawn and (upto is None or turn.position <= upto)]
    if not kept:
        raise UnknownConversation(f"{conversation_id} has no turn to fork from")
    copy = summary._replace(
        id=free_id(connection, random), created_s=now_s, updated_s=now_s, forked_from=conversation_id, compared_to=None
    )
    insert_conversation(connection, copy, kept)
    return copy.id


def compare(connection: sqlite3.Connection, ids: Iterable[str], first: str) -> None:
    """Notes that these conversations ask the questions of the `first` one of other models. What that one is compared
    to, they are compared to.
    """
    connection.executemany(
        "UPDATE conversation SET compared_to ="
        " (SELECT ifnull(compared_to, id) FROM conversation WHERE id = ?) WHERE id = ?",
        [(first, each) for each in ids],
    )


def bring_forward(connection: sqlite3.Connection, conversation_id: str, now_s: float) -> None:
    """Makes it the one in which something was said last."""
    latest = "(SELECT max(updated_s) + 0.001 FROM conversation)"
    connection.execute(f"UPDATE conversation SET updated_s = max(?, {latest}) WHERE id = ?", (now_s, conversation_id))


_IS_ANSWERED = (
    "(trim(answer, char(9, 10, 13, 32)) <> '' OR EXISTS (SELECT 1 FROM piece WHERE turn_id = turn.id"
    " AND trim(piece.answer, char(9, 10, 13, 32)) <> ''))"
)


def withdraw_last(connection: sqlite3.Connection, conversation_id: str, last_is: Replaced) -> bool:
    """Takes back the last turn that has an answer, or the very last one if that has none; whether there was one."""
    answered = "" if last_is == "unanswered" else f"AND {_IS_ANSWERED}"
    count = connection.execute(
        f"UPDATE turn SET withdrawn = 1 WHERE id = (SELECT id FROM turn"
        f" WHERE conversation_id = ? AND NOT withdrawn {answered} ORDER BY position DESC LIMIT 1)",
        (conversation_id,),
    ).rowcount
    connection.execute("UPDATE conversation SET turns = turns - ? WHERE id = ?", (count, conversation_id))
    return bool(count)


def delete(connection: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Removes conversations, and the images and system prompts that nothing else uses; how many there were."""
    deleted = sum(connection.execute("DELETE FROM conversation WHERE id = ?", (each,)).rowcount for each in ids)
    connection.execute("DELETE FROM image WHERE sha256 NOT IN (SELECT sha256 FROM turn_image)")
    connection.execute(
        "DELETE FROM system_prompt WHERE NOT EXISTS (SELECT 1 FROM turn WHERE system_sha256 = system_prompt.sha256)"
    )
    return deleted


def insert_imported(connection: sqlite3.Connection, transferred: Transferred, random: Random) -> str | None:
    """Stores a conversation from elsewhere; its id, a new one if its own is taken. None if all of it is here."""
    summary, imported = transferred.conversation
    if not (len(summary.id) == ID_LENGTH and set(summary.id) <= set(ID_ALPHABET)):
        summary = summary._replace(id=free_id(connection, random))
    if summaries(connection, "WHERE id = ?", (summary.id,)):
        here = turns(connection, "WHERE conversation_id = ? ORDER BY position", (summary.id,))
        if [_compared(turn) for turn in here[: len(imported)]] == [_compared(turn) for turn in imported]:
            return None
        summary = summary._replace(id=free_id(connection, random))
    used = {image.sha256: image for turn in imported for image in turn.images}
    store_images(connection, [(used[sha256], data) for sha256, data in transferred.images.items() if sha256 in used])
    insert_conversation(connection, summary, [_with_kept_images(turn, transferred.images) for turn in imported])
    return summary.id


def _compared(turn: Turn) -> Turn:
    """A turn without what depends on where it is kept, and on what became of it since."""
    images = tuple(ImageReference(image.sha256, "", 0, 0, image.name) for image in turn.images)
    return turn._replace(id=0, conversation_id="", images=images, withdrawn=False)


def _with_kept_images(turn: Turn, images: Mapping[str, bytes]) -> Turn:
    return turn._replace(images=tuple(image for image in turn.images if image.sha256 in images))
