"""Reading a receipt: where between the pipe in and the pipe out something was lost, in words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.receipts.receipt import FORMAT
from chatbot.records import NamedTuple

_CLOSED_PIPE = 141
_ENDED = {
    "cut": "broke off on the way from the service",
    "failed": "ended in an error",
    "empty": "is empty",
    "cancelled": "was stopped here",
    "length": "stops at the token limit of the model",
    "filtered": "was withheld by the provider's filter",
    "refused": "was declined by the model",
}


class Found(NamedTuple):
    """What a receipt says of one border; `is_whole` is whether nothing was lost there."""

    border: str
    is_whole: bool
    words: str


def check(document: object, given: bytes | None = None, got: bytes | None = None) -> list[Found]:
    """Border by border; `given` is what should have been piped in, `got` what should have come out. Raises UsageError
    for what is no receipt.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError("this is no receipt of chat", advice="chat --receipt FILE writes one.")
    try:
        return list(_found(document, given, got))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise UsageError("this receipt is not whole", advice="It was changed after it was written.") from error


def _found(document: Mapping[str, Any], given: bytes | None, got: bytes | None) -> Iterator[Found]:
    if document["exit_code"] is None:
        yield Found(
            "chat", False, "did not come to its end, and measured nothing: it was killed, or the machine stopped"
        )
        return
    yield from _stdin(document["stdin"], given)
    several = len(document["answers"]) > 1
    for answer in document["answers"]:
        yield from _of_answer(answer, f" of {answer['provider']}/{answer['model']}" if several else "")
    yield _stdout(document)
    if got is not None:
        yield _compared("output", got, document["stdout"], "what chat wrote", "behind chat")


def _stdin(stdin: Mapping[str, Any] | None, given: bytes | None) -> Iterator[Found]:
    if stdin is None:
        yield Found("input", given is None, "nothing was piped in")
        return
    whole = f"{_words(stdin)} piped in"
    if stdin["in_request"] is False:
        yield Found("input", False, f"{whole}, and not all of it is in the request")
    else:
        yield Found("input", True, whole)
    if given is not None:
        size = int(stdin["bytes"])
        if size < len(given) and _sha256(given[:size]) == stdin["sha256"]:
            words = f"only the first {_bytes(size)} of {_bytes(len(given))} were piped in: lost before chat"
            yield Found("input", False, words)
        else:
            yield _compared("input", given, stdin, "what was piped in", "somewhere")


def _of_answer(answer: Mapping[str, Any], name: str) -> Iterator[Found]:
    for exchange in answer["exchanges"]:
        status, sent = exchange["status"], f"{_words(exchange['sent'])} sent to {exchange['host']}"
        told = f"HTTP {status}, {_words(exchange['received'])} came back" if status else "no answer"
        yield Found(f"request{name}", status is not None, f"{sent}; {told}")
    verdict, text = answer["verdict"], answer["text"]
    came = f"{text['characters']} characters came"
    if verdict == "complete":
        yield Found(f"answer{name}", True, f"complete: {came}")
    else:
        how = _ENDED.get(verdict, "was not received to its end")
        why = f" ({answer['error']['message']})" if answer["error"] else ""
        yield Found(f"answer{name}", False, f"{how}{why}: {came}")


def _stdout(document: Mapping[str, Any]) -> Found:
    stdout, answers = document["stdout"], document["answers"]
    written = f"{_words(stdout)} written to standard output"
    if document["exit_code"] == _CLOSED_PIPE:
        return Found("output", False, f"{written}, then it was closed: the answer goes on")
    if stdout["lost_bytes"]:
        return Found("output", False, f"{written}, and {_bytes(stdout['lost_bytes'])} more could not be")
    if stdout["holds"] == "text":
        return Found("output", True, f"{written}: all of the text that came")
    is_missing = any(answer["text"]["bytes"] for answer in answers) and stdout["holds"] == "nothing"
    form = {"screen": ", as a terminal shows it", "other": ", in another form than the text"}.get(stdout["holds"], "")
    return Found("output", not is_missing, written + form)


def _compared(border: str, data: bytes, noted: Mapping[str, Any], what: str, where: str) -> Found:
    size, has = int(noted["bytes"]), len(data)
    if has == size and _sha256(data) == noted["sha256"]:
        return Found(border, True, f"the file is {what}, byte for byte")
    if has < size:
        lost = f"{_bytes(size - has)} lost {where}"
        return Found(border, False, f"the file has {_bytes(has)}, {what} has {_bytes(size)}: {lost}")
    if has > size and _sha256(data[:size]) == noted["sha256"]:
        return Found(border, False, f"the file has {_bytes(has - size)} more than {what}")
    return Found(border, False, f"the file is not {what}")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def _words(measure: Mapping[str, Any]) -> str:
    return _bytes(int(measure["bytes"]))
