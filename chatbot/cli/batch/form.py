"""The answer of a row, held against the schema."""

from __future__ import annotations

from typing import Any

from chatbot.cli.ask.structured.outcome import fit_of, mismatched
from chatbot.core.batch.result import MISFIT
from chatbot.core.schemas.structure import Schema
from chatbot.terminal.answer.show_events import AnswerResult


def formed(answer: AnswerResult, schema: Schema | None) -> tuple[AnswerResult, str, Any]:
    """The answer, with the error if it does not fit; the verdict that it has then, else nothing; and its document."""
    found = fit_of(answer, schema) if schema is not None else None
    if found is None:
        return answer, "", None
    return mismatched(answer, found.fault), MISFIT if found.fault else "", found.document
