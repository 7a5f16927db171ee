"""How the lab's models call tools, rightly and wrongly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from chatbot.lab.answers import Answer, Asked, Call, Ending
from chatbot.lab.example import example

Json = dict[str, Any]
UseOfTools = Literal["rightly", "twice", "broken", "unknown", "nameless", "mixed", "cut", "pieces", "signed"]
_PIECE_CHARS = 8  # of arguments, in a stream


def calling(answer: Answer, asked: Asked, use: UseOfTools) -> Answer:
    """The answer in which every tool that the request offers is called, with arguments that fit; or as `use` says."""
    calls = [Call(name, json.dumps(example(schema))) for name, schema in asked.tools]
    if use in ("twice", "mixed"):
        calls = [call for call in calls for _ in range(2)]
    first, *others = calls
    if use == "unknown":
        first = first._replace(name="no_such_tool")
    elif use == "broken":
        first = first._replace(arguments=first.arguments[:-1])
    elif use == "cut":
        first, others = first._replace(arguments=first.arguments[: len(first.arguments) // 2]), []
    return answer._replace(
        text="",
        reasoning=answer.reasoning or ("A tool knows." if use == "signed" else ""),
        calls=(first, *others),
        ending=None if use == "cut" else Ending.CALLS,
        use=use,
    )


def call_pieces(answer: Answer) -> Iterator[tuple[int, str]]:
    """The arguments of all calls in pieces, each with the number of its call; those of `mixed` ones in turn."""
    size = 1 if answer.use == "pieces" else _PIECE_CHARS
    cut = [[call.arguments[at : at + size] for at in range(0, len(call.arguments), size)] for call in answer.calls]
    if answer.use != "mixed":
        yield from ((number, piece) for number, pieces in enumerate(cut) for piece in pieces)
        return
    for at in range(max(map(len, cut), default=0)):
        yield from ((number, pieces[at]) for number, pieces in enumerate(cut) if at < len(pieces))


def read_or(arguments: str) -> Json:
    """Arguments as an object, for wire formats that have no other: where they are no JSON, a member that says so."""
    try:
        found = json.loads(arguments)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"INVALID_JSON": arguments}


def results_in_words(asked: Asked) -> str:
    """What the tools said; without any, the question."""
    return "\n".join(f"{name} said: {text}" for name, text in asked.results) or asked.question
