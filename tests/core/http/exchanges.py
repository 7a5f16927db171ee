"""Any exchange at all, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from chatbot.core.events import Usage
from chatbot.core.http.exchange import Chunk, ConnectionFacts, Exchange, Moments, Wait

numbers = st.floats(0, 1e9)
texts = st.text(st.characters(exclude_categories=["Cs"]))
counts = st.none() | st.integers(0, 2**53)
headers = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
exchanges = st.builds(
    Exchange,
    id=texts, attempt=st.integers(1, 9), started_s=numbers, provider=texts, wire=texts, model=texts, method=texts,
    url=st.just("https://h:1/v1?a=b&c"), request_headers=headers, request_body=st.binary(),
    connection=st.builds(ConnectionFacts, texts, texts, texts, texts, st.booleans()),
    moments=st.builds(Moments, *[st.none() | numbers] * 6),
    status=st.integers(100, 999), reason=texts, response_headers=headers,
    chunks=st.lists(st.builds(Chunk, numbers, st.binary()), max_size=5).map(tuple),
    body_bytes=st.integers(0), wire_bytes=counts,
    end=st.sampled_from(["", "eof", "reset", "timeout", "cancelled", "refused"]), error=texts, verdict=texts,
    finish_reason=texts, usage=st.none() | st.builds(Usage, counts, counts, counts, counts),
    wait=st.none() | st.builds(Wait, numbers, texts),
)  # fmt: skip
