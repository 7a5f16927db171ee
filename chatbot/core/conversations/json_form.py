"""Kept conversations as plain data that JSON can carry, and back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from chatbot.core.calls.steps import MadeCall, Step
from chatbot.core.conversations.stored import Failure, ImageReference, StoredConversation, Summary, Turn
from chatbot.core.cost.answer import Cost
from chatbot.core.cost.price import amount, plain_price, price_from
from chatbot.core.errors import UsageError
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import ProviderItems
from chatbot.core.tools.calling import ToolCall, ToolResult
from chatbot.records import NamedTuple

FORMAT = "chat-conversation-1"
_MAX_NUMBER = 2**53  # beyond it JSON's numbers are not exact


class Transferred(NamedTuple):
    """A conversation outside the history, with the bytes of its images by SHA-256."""

    conversation: StoredConversation
    images: Mapping[str, bytes]


def as_plain(conversation: StoredConversation, images: Mapping[str, bytes]) -> dict[str, Any]:
    """A conversation as dicts, lists, strings and numbers; images in Base64, each once."""
    summary = conversation.summary._asdict()
    used = {image.sha256 for turn in conversation.turns for image in turn.images} & images.keys()
    return {
        "format": FORMAT,
        **{name: summary[name] for name in ("id", "created_s", "updated_s", "title", "forked_from", "compared_to")},
        "turns": [_plain_turn(turn) for turn in conversation.turns],
        "images": {sha256: base64.b64encode(images[sha256]).decode() for sha256 in sorted(used)},
    }


def _plain_turn(turn: Turn) -> dict[str, Any]:
    plain = turn._asdict()
    del plain["id"], plain["conversation_id"]
    return plain | {
        "verdict": str(turn.verdict) if turn.verdict else "partial",
        "images": [image._asdict() for image in turn.images],
        "usage": turn.usage._asdict() if turn.usage else None,
        "items": turn.items._asdict() if turn.items else None,
        "cost": _plain_cost(turn),
        "error": turn.error._asdict() if turn.error else None,
        "failures": [failure._asdict() for failure in turn.failures],
        "steps": list(map(plain_step, turn.steps)),
    }


def plain_step(step: Step) -> dict[str, Any]:
    """A step as it is exported, and as it stands in --json."""
    return {
        "text": step.text,
        "reasoning": step.reasoning or None,
        "calls": list(map(_plain_call, step.calls)),
        "usage": step.usage._asdict() if step.usage else None,
        "attempts": step.attempts,
        "items": step.items._asdict() if step.items else None,
    }


def _plain_call(made: MadeCall) -> dict[str, Any]:
    return {
        **made.call._asdict(),
        "made_arguments": made.made.arguments if made.made else None,
        "is_started": made.is_started,
        "result": made.result.text if made.result else None,
        "is_error": made.result.is_error if made.result else None,
        "took_s": made.took_s,
    }


def _plain_cost(turn: Turn) -> dict[str, Any] | None:
    if turn.cost is None:
        return None
    usd, price, is_paid = turn.cost
    rates = plain_price(price, (turn.usage and turn.usage.input_tokens) or 0) if price and is_paid else None
    return {"usd": None if usd is None else f"{usd:f}", "price": rates}


def from_plain(plain: object) -> Transferred:
    """The conversation in plain data. Fields that are not known pass by. Raises UsageError if it is something else,
    or if the bytes of an image are not those it names.
    """
    document = _Fields(plain, "an entry")
    if document.values.get("format") != FORMAT:
        raise UsageError("this is no conversation exported by chat", advice="chat logs export --format json makes one.")
    turns = tuple(_turn(_Fields(turn, f"turn {at}"), at) for at, turn in enumerate(document.items("turns")))
    if not turns:
        raise UsageError("the conversation has no turns")
    images = {sha256: _image_bytes(sha256, data) for sha256, data in document.mapping("images").items()}
    created_s = document.number("created_s")
    summary = Summary(
        id=document.text("id"),
        created_s=created_s,
        updated_s=document.number("updated_s"),
        title=document.text("title"),
        turns=len(turns),
        provider=turns[-1].provider,
        model=turns[-1].model,
        forked_from=document.text_or_none("forked_from"),
        compared_to=document.text_or_none("compared_to"),
    )
    return Transferred(StoredConversation(summary, turns), images)


def _turn(fields: _Fields, position: int) -> Turn:
    verdict = fields.text("verdict")
    if verdict != "partial" and verdict not in list(Verdict):
        raise UsageError(f"{fields.name} of the conversation has an unknown verdict: {verdict[:40]!r}")
    usage, error, items, cost = (fields.values.get(name) for name in ("usage", "error", "items", "cost"))
    sent = fields.integer_or_none("attempts")
    attempts = 1 if sent is None else sent
    return Turn(
        id=0,
        conversation_id="",
        position=position,
        created_s=fields.number("created_s"),
        question=fields.text("question"),
        images=tuple(_image(_Fields(image, fields.name)) for image in fields.items("images")),
        system=fields.text_or_none("system"),
        provider=fields.text("provider"),
        model=fields.text("model"),
        answer=fields.text("answer"),
        reasoning=fields.text("reasoning"),
        verdict=None if verdict == "partial" else Verdict(verdict),
        finish_reason=fields.text_or_none("finish_reason"),
        error=_failure(_Fields(error, fields.name)) if error is not None else None,
        usage=_usage(_Fields(usage, fields.name)) if usage is not None else None,
        first_text_s=fields.number_or_none("first_text_s"),
        total_s=fields.number_or_none("total_s"),
        request_id=fields.text_or_none("request_id"),
        attempts=attempts,
        failures=tuple(_failure(_Fields(failure, fields.name)) for failure in fields.items("failures")),
        withdrawn=fields.values.get("withdrawn") is True,
        items=_items(_Fields(items, fields.name)) if items is not None else None,
        cost=_cost(_Fields(cost, fields.name), is_paid=attempts > 0) if cost is not None else None,
        steps=tuple(_step(_Fields(step, fields.name)) for step in fields.items_or_none("steps")),
    )


def _step(fields: _Fields) -> Step:
    usage, items, attempts = fields.values.get("usage"), fields.values.get("items"), fields.integer_or_none("attempts")
    return Step(
        fields.text("text"),
        fields.text_or_none("reasoning") or "",
        tuple(_made_call(_Fields(made, fields.name)) for made in fields.items("calls")),
        _usage(_Fields(usage, fields.name)) if usage is not None else None,
        1 if attempts is None else attempts,
        _items(_Fields(items, fields.name)) if items is not None else None,
    )


def _made_call(fields: _Fields) -> MadeCall:
    call = ToolCall(fields.text("id"), fields.text("name"), fields.text("arguments"))
    made, result = fields.text_or_none("made_arguments"), fields.text_or_none("result")
    is_error = fields.values.get("is_error") is True
    return MadeCall(
        call,
        fields.values.get("is_started") is True,
        None if made is None else call._replace(arguments=made),
        None if result is None else ToolResult(call.id, call.name, result, is_error),
        fields.number_or_none("took_s"),
    )


def _image(fields: _Fields) -> ImageReference:
    return ImageReference(
        fields.text("sha256"),
        fields.text("media_type"),
        fields.integer_or_none("width") or 0,
        fields.integer_or_none("height") or 0,
        fields.text("name"),
    )


def _failure(fields: _Fields) -> Failure:
    status = fields.integer_or_none("status")
    return Failure(fields.text("kind"), fields.text("message"), status, fields.number_or_none("delay_s"))


def _items(fields: _Fields) -> ProviderItems:
    return ProviderItems(*(fields.text(name) for name in ProviderItems._fields))


def _usage(fields: _Fields) -> Usage:
    return Usage(*(fields.integer_or_none(name) for name in Usage._fields))


def _cost(fields: _Fields, *, is_paid: bool) -> Cost:
    usd, price = fields.values.get("usd"), fields.values.get("price")
    try:
        return Cost(None if usd is None else amount(usd), None if price is None else price_from(price), is_paid)
    except (ValueError, LookupError, TypeError) as error:
        raise UsageError(f"{fields.name} of the conversation has no usable 'cost'") from error


def _image_bytes(sha256: str, data: object) -> bytes:
    try:
        decoded = base64.b64decode(data if isinstance(data, str) else "", validate=True)
    except ValueError:
        decoded = b""
    if hashlib.sha256(decoded).hexdigest() != sha256:
        raise UsageError(f"the image {sha256[:12]} of the conversation is damaged")
    return decoded


class _Fields:
    """The fields of an object that somebody else wrote; each reading raises UsageError if it is not of its kind."""

    def __init__(self, values: object, name: str) -> None:
        if not isinstance(values, dict):
            raise UsageError(f"{name} of the conversation is not an object")
        self.values: dict[str, Any] = values
        self.name = name

    def text(self, field: str) -> str:
        return str(self._read(field, str))

    def text_or_none(self, field: str) -> str | None:
        return None if self.values.get(field) is None else self.text(field)

    def number(self, field: str) -> float:
        value = self._read(field, (int, float))
        if not abs(value) < _MAX_NUMBER:  # NaN is not less either
            raise self._unusable(field)
        return float(value)

    def number_or_none(self, field: str) -> float | None:
        return None if self.values.get(field) is None else self.number(field)

    def integer_or_none(self, field: str) -> int | None:
        return None if self.values.get(field) is None else int(self.number(field))

    def items(self, field: str) -> list[Any]:
        return list(self._read(field, list))

    def items_or_none(self, field: str) -> list[Any]:
        return [] if self.values.get(field) is None else self.items(field)

    def mapping(self, field: str) -> dict[str, Any]:
        return dict(self._read(field, dict))

    def _read(self, field: str, kind: type | tuple[type, ...]) -> Any:
        value = self.values.get(field)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._unusable(field)
        return value

    def _unusable(self, field: str) -> UsageError:
        return UsageError(f"{self.name} of the conversation has no usable {field!r}")
