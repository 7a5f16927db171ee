"""The rows of an answer in which the model called tools: a row for each step, and for each call in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from chatbot.core.calls.steps import MadeCall, Step
from chatbot.core.events import Usage
from chatbot.core.messages import ProviderItems
from chatbot.core.surrogates import joined
from chatbot.core.tools.calling import ToolCall, ToolResult


def steps(connection: sqlite3.Connection, turn_id: int) -> tuple[Step, ...]:
    """Those of a turn, in their order."""
    rows = connection.execute(
        "SELECT number, attempts, usage, items, text, reasoning FROM tool_step WHERE turn_id = ? ORDER BY number",
        (turn_id,),
    )
    return tuple(
        Step(
            text,
            reasoning,
            _calls(connection, turn_id, number),
            Usage(*json.loads(usage)) if usage else None,
            attempts,
            ProviderItems(*json.loads(items)) if items else None,
        )
        for number, attempts, usage, items, text, reasoning in rows.fetchall()
    )


def _calls(connection: sqlite3.Connection, turn_id: int, step: int) -> tuple[MadeCall, ...]:
    rows = connection.execute(
        "SELECT id, name, is_started, is_error, took_s, arguments, made_arguments, result FROM tool_call"
        " WHERE turn_id = ? AND step = ? ORDER BY number",
        (turn_id, step),
    )
    return tuple(map(_call, rows))


def _call(row: Sequence[Any]) -> MadeCall:
    call_id, name, is_started, is_error, took_s, arguments, made_arguments, result = row
    call = ToolCall(call_id, name, arguments)
    return MadeCall(
        call,
        bool(is_started),
        None if made_arguments is None else call._replace(arguments=made_arguments),
        None if result is None else ToolResult(call_id, name, result, bool(is_error)),
        took_s,
    )


def store_steps(connection: sqlite3.Connection, turn_id: int, first: int, stored: Sequence[Step]) -> None:
    """Stores steps from number `first` on, in the place of what is there."""
    for number, step in enumerate(stored, first):
        connection.execute(
            "INSERT OR REPLACE INTO tool_step (turn_id, number, attempts, usage, items, text, reasoning)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                turn_id,
                number,
                step.attempts,
                json.dumps(step.usage) if step.usage else None,
                json.dumps(step.items) if step.items else None,
                joined(step.text),
                joined(step.reasoning),
            ),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO tool_call (turn_id, step, number, id, name, is_started, is_error, took_s,"
            " arguments, made_arguments, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(turn_id, number, at, *_values(made)) for at, made in enumerate(step.calls)],
        )


def _values(made: MadeCall) -> tuple[object, ...]:
    call, result = made.call, made.result
    return (
        joined(call.id),
        joined(call.name),
        int(made.is_started),
        int(result is not None and result.is_error),
        made.took_s,
        joined(call.arguments),
        None if made.made is None else joined(made.made.arguments),
        None if result is None else joined(result.text),
    )
