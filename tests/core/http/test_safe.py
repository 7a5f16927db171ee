"""No key gets past the one door to views, logs and files."""

from __future__ import annotations

import base64
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.events import (
    CallPiece,
    EndMarker,
    FinishReason,
    Notice,
    OutputItems,
    ReasoningDelta,
    TextDelta,
    Usage,
    Verdict,
)
from chatbot.core.http.exchange import Chunk, ConnectionFacts, Exchange, SeenEvent, Wait
from chatbot.core.http.safe import safe, safe_chunks, safe_events, safe_url
from chatbot.core.redaction.redactor import HIDDEN, MASK, Redactor
from chatbot.core.sse.decoder import SseEvent

KEY = "xq7-Zp+93/Wk=f0aBcD"
FORMS = (KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode())
REDACT = Redactor([KEY])
EXCHANGE = Exchange("a1", 1, 1e9, "openai", "openai", "gpt", "POST", "https://h/v1", (), b"{}")

keys_in_text = st.builds(lambda before, key, after: before + key + after, st.text(), st.sampled_from(FORMS), st.text())


def cut(data: bytes, borders: list[int]) -> tuple[Chunk, ...]:
    ends = sorted({min(border, len(data)) for border in borders} | {len(data)})
    return tuple(Chunk(float(end), data[start:end]) for start, end in zip([0, *ends], ends, strict=False))


@given(keys_in_text, keys_in_text, st.lists(st.integers(0, 80), max_size=12))
def test_a_key_put_anywhere_is_nowhere(text: str, other: str, borders: list[int]) -> None:
    body = f"data: {text}\n\ndata: {other}\n\n".encode("utf-8", "replace")
    exchange = EXCHANGE._replace(
        url=f"https://user:{quote(KEY)}@h/v1?key={quote(KEY)}&other={quote(other.encode('utf-8', 'replace'))}",
        provider=text,
        model=text,
        request_headers=(("Authorization", f"Bearer {text}"), ("X-Other", other), (text, "1")),
        request_body=body,
        connection=ConnectionFacts(proxy=f"http://me:{quote(KEY)}@proxy:1"),
        reason=text,
        response_headers=(("set-cookie", other), ("x-echo", text)),
        chunks=cut(body, borders),
        error=text,
        finish_reason=other,
        wait=Wait(1.0, text),
    )
    seen = safe(exchange, REDACT)
    everything = repr(seen) + repr(seen.response_body)
    assert not [form for form in FORMS if form in everything]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_a_body_without_keys_stays_as_it_is_to_the_byte_and_border(data: bytes, borders: list[int]) -> None:
    chunks = cut(data, borders)
    assert tuple(safe_chunks(chunks, lambda text: text)) == chunks


@given(st.lists(st.sampled_from([KEY, "a", "\n", " data: ", '"', "é"]), max_size=12), st.data())
def test_chunks_are_the_whole_body_redacted_however_it_is_cut(parts: list[str], data: st.DataObject) -> None:
    body = "".join(parts).encode()
    chunks = cut(body, data.draw(st.lists(st.integers(0, len(body)), max_size=20)))
    found = list(safe_chunks(chunks, REDACT))
    assert [chunk.at_ms for chunk in found] == [chunk.at_ms for chunk in chunks]
    assert b"".join(chunk.data for chunk in found).decode() == "\n".join(map(REDACT, body.decode().split("\n")))


def test_a_chunk_is_given_on_once_its_last_line_is_whole() -> None:
    came = iter([Chunk(1, b"data: on"), Chunk(2, b"e\n"), Chunk(3, b"\ndata: tw")])
    safe_ones = safe_chunks(came, REDACT)
    assert next(safe_ones) == Chunk(1, b"data: on")
    assert next(came) == Chunk(3, b"\ndata: tw"), "no more was read than was needed"


def test_the_borders_stay_and_the_mask_stands_where_the_key_began() -> None:
    body = f'data: "{KEY}" and more\n\n'.encode()
    at = body.index(KEY.encode())
    first, second = safe_chunks(cut(body, [at + 5]), REDACT)
    assert (first.data, second.data) == (b'data: "' + MASK.encode(), b'" and more\n\n')


def test_of_a_credential_the_scheme_is_shown() -> None:
    headers = (("Authorization", "Bearer abc"), ("x-api-key", "abc def"), ("Cookie", "a=b"), ("Accept", "text/plain"))
    seen = safe(EXCHANGE._replace(request_headers=headers), REDACT).request_headers
    assert [value for _, value in seen] == [f"Bearer {HIDDEN}", HIDDEN, HIDDEN, "text/plain"]


def test_of_a_url_only_what_is_no_key_is_shown() -> None:
    assert safe_url("https://me:pw@h:1/a?key=abc&alt=sse&x", REDACT) == f"https://h:1/a?key={MASK}&alt=sse&x"
    assert safe_url("https://h/v1?a=%20", REDACT) == "https://h/v1?a=%20"


@given(
    st.sampled_from(["type", "data", "text", "reasoning", "notice", "finish", "items", "call", "arguments", "error"]),
    st.booleans(),
)
def test_no_event_that_is_safe_has_a_key_whatever_says_it(place: str, is_torn: bool) -> None:
    key = f"{KEY[:9]}\x1b[0m{KEY[9:]}" if is_torn else KEY
    said = {place: f"a {key} b"}
    parts = (
        TextDelta(said.get("text", "t")),
        ReasoningDelta(said.get("reasoning", "r")),
        Notice(said.get("notice", "n")),
        FinishReason(said.get("finish", "f"), Verdict.COMPLETE),
        OutputItems(said.get("items", "i")),
        CallPiece(0, "c1", said.get("call", "tool"), said.get("arguments", "{}")),
        Usage(1, 2),
        EndMarker(),
    )
    seen = SeenEvent(1.0, SseEvent(said.get("type", "message"), said.get("data", "d")), parts, said.get("error", "e"))
    other = SeenEvent(2.0, SseEvent("message", "whole"), (TextDelta("whole"),))
    first, second = safe_events([seen, other], REDACT, lambda text: text.replace("\x1b[0m", ""))
    assert KEY not in repr(first).replace("\\x1b[0m", "") and repr(first).count(MASK) == 1
    assert second == other and len(first.added) == len(parts)
