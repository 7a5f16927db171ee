"""A receipt tells at which border something was lost, wherever that was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatbot.core.errors import ConnectionLost, UsageError
from chatbot.core.events import Finished, Verdict
from chatbot.core.http.exchange import Chunk, Exchange
from chatbot.core.receipts.checking import check
from chatbot.core.receipts.receipt import Answered, Measure, Output, Ran, receipt
from tests.any_json import any_json
from tests.tables import each

RAN = Ran({"chat": "1"}, "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", 0)
COMPLETE = Finished(Verdict.COMPLETE, "stop", has_text=True, model="m")
texts = st.text(min_size=1, max_size=40)


def exchange(question: str = "", *chunks: bytes, status: int | None = 200) -> Exchange:
    body = json.dumps({"messages": [{"content": f"look\n\n{question}"}]}, ensure_ascii=False).encode("utf-8", "replace")
    url, headers = "https://user:secret@api.example/v1/chat/completions?key=secret", (("Authorization", "secret"),)
    begun = Exchange("1", 1, 0.0, "openai", "openai", "m", "POST", url, headers, body)
    return begun._replace(status=status, chunks=tuple(Chunk(0.0, chunk) for chunk in chunks))


def made(
    text: str = "Because.",
    piped: bytes | None = None,
    *,
    asked: Exchange | None = None,
    finished: Finished | None = COMPLETE,
    taken: bytes | None = None,
    ran: Ran = RAN,
) -> dict[str, Any]:
    """The receipt of an answer that was whole, but for what is said."""
    whole = text.encode("utf-8", "replace")
    written = whole if whole.endswith(b"\n") else whole + b"\n"
    sent = exchange((piped or b"").decode("utf-8", "replace"), b"data: {}") if asked is None else asked
    output = Output(Measure(written), Measure(written if taken is None else taken))
    answer = Answered("openai", "m", Measure(whole), len(text), (sent,), finished)
    document: dict[str, Any] = json.loads(json.dumps(receipt(ran, piped, output, [answer])))
    return document


def lost(document: dict[str, Any], given: bytes | None = None, got: bytes | None = None) -> list[str]:
    """The borders at which something was lost."""
    return [found.border for found in check(document, given, got) if not found.is_whole]


@given(texts, st.binary(max_size=60).filter(lambda data: b"\0" not in data))
def test_what_is_whole_is_whole_at_every_border(text: str, piped: bytes) -> None:
    out = text.encode("utf-8", "replace")
    out = out if out.endswith(b"\n") else out + b"\n"
    assert lost(made(text, piped), piped, out) == []


@given(st.binary(min_size=1, max_size=60), st.data())
def test_input_that_is_cut_before_chat_is_told(whole: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(whole) - 1))
    found = check(made(piped=whole[:cut]), whole)
    assert [row.border for row in found if not row.is_whole] == ["input"]
    assert f"only the first {cut} byte" in "".join(row.words for row in found)


@given(st.text('ab \n"\\世', min_size=2, max_size=40), st.data())
def test_input_that_is_not_whole_in_the_request_is_told(piped: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(piped) - 1))
    assume(piped not in f"look\n\n{piped[:cut]}")
    assert lost(made(piped=piped.encode(), asked=exchange(piped[:cut]))) == ["input"]


@given(texts, st.data())
def test_output_that_is_cut_by_a_closed_pipe_or_behind_chat_is_told(text: str, data: st.DataObject) -> None:
    out = text.encode("utf-8", "replace") + b"\n"
    cut = data.draw(st.integers(0, len(out) - 2))
    assume(out[:cut] != text.encode("utf-8", "replace"))
    assert lost(made(text, taken=out[:cut])) == ["output"]
    assert lost(made(text), got=out[:cut]) == ["output"]
    assert lost(made(text), got=out + b"more") == ["output"]
    assert lost(made(text), got=bytes([out[0] ^ 1]) + out[1:]) == ["output"]


@each("verdict", [verdict for verdict in Verdict if verdict is not Verdict.COMPLETE])
def test_an_answer_that_is_not_complete_is_told_with_its_reason(verdict: Verdict) -> None:
    error = ConnectionLost("the connection broke off")
    document = made(finished=Finished(verdict, error=error, has_text=True))
    assert lost(document) == ["answer"]
    assert "(the connection broke off): 8 characters" in "".join(found.words for found in check(document))


def test_what_never_came_to_its_end_is_told() -> None:
    assert lost(made(asked=exchange(status=None))) == ["request"]
    assert lost(made(finished=None, ran=RAN._replace(exit_code=141))) == ["answer", "output"]
    unfinished = receipt(RAN._replace(exit_code=None, ended=None), None, Output(Measure(), Measure()), [])
    assert lost(unfinished, b"what was piped in", b"half of the ans") == ["chat"]  # nothing is known of the others


def test_a_disk_that_is_full_is_not_a_closed_pipe() -> None:
    [found] = [
        row for row in check(made("Because.", taken=b"Beca", ran=RAN._replace(exit_code=74))) if not row.is_whole
    ]
    assert found.words == "4 bytes written to standard output, and 5 bytes more could not be"


def test_there_is_no_secret_in_it_and_no_text() -> None:
    document = json.dumps(made("The text", b"The input"))
    assert "secret" not in document and "The" not in document
    assert '"host": "api.example"' in document


@given(any_json())
def test_what_is_no_receipt_is_refused(document: object) -> None:
    with pytest.raises(UsageError):
        check(document)
    if isinstance(document, dict):
        with pytest.raises(UsageError, match="not whole"):
            check({"format": "chat-receipt-1", **document})


@each("number", ["x", float("nan"), float("inf"), None, []])
def test_a_receipt_with_another_kind_of_number_is_refused(number: object) -> None:
    document = made()
    document["stdout"]["bytes"] = number
    with pytest.raises(UsageError, match="not whole"):
        check(document)


@given(st.sampled_from(["exit_code", "stdin", "answers", "stdout"]))
def test_a_receipt_without_a_part_is_refused(part: str) -> None:
    document = made()
    del document[part]
    with pytest.raises(UsageError, match="not whole"):
        check(document)
