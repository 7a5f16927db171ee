"""A secret put anywhere is in no view, log, archive, cassette or report."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import get_args
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.events import TextDelta
from chatbot.core.http.cassette import to_lines
from chatbot.core.http.exchange import Chunk, ConnectionFacts, Exchange, SafeEvent, SafeExchange, Wait
from chatbot.core.http.har import har
from chatbot.core.http.kept import kept
from chatbot.core.http.limit_headers import seen_limits
from chatbot.core.http.log_line import log_line
from chatbot.core.http.safe import safe
from chatbot.core.http.seen import Arrivals, seen_events
from chatbot.core.redaction.redactor import Redactor
from chatbot.core.sse.decoder import SseEvent
from chatbot.options.chat import Form
from chatbot.terminal.http.exchange_list import exchange_lines
from chatbot.terminal.http.report_page import report_page
from chatbot.terminal.http.rows import as_text
from chatbot.terminal.http.side_by_side import side_by_side
from chatbot.terminal.http.slow_motion_frame import opened, plain
from chatbot.terminal.http.snippets.forms import snippet
from chatbot.terminal.http.verbose import end_rows, event_rows, request_rows, response_rows
from chatbot.terminal.http.waterfall import waterfall
from tests.terminal.http.records import ANSWERED

KEY = "xq7-Zp93Wk-f0aBcD-9Lm2"
REDACT = Redactor([KEY])
FORMS = {
    "as it is": KEY,
    "percent-encoded": quote(KEY.replace("-", "+"), safe="").replace("%2B", "-"),
    "in Base64": base64.b64encode(f"user:{KEY}!".encode()).decode(),
}


def said(event: SseEvent) -> list[TextDelta]:
    return [TextDelta(event.data)]


def views(seen: SafeExchange) -> Iterator[str]:
    rows = [*request_rows(seen, 3), *response_rows(seen, 3), *end_rows(seen, 3, 1)]
    events = list(seen_events(seen.chunks, said))
    for event in events:
        rows += event_rows(SafeEvent(event))  # of bytes that are safe
    yield as_text([*rows, *waterfall([seen], [Arrivals()], 80, unicode=True)], styles=True)
    yield as_text(side_by_side([seen, seen], 100), styles=False)
    yield from (snippet(seen, form, "OPENAI_API_KEY") for form in get_args(Form))
    yield "".join(har([seen], "1", str))
    yield "".join(log_line(seen, Arrivals(), "ts", bodies=True))
    yield "\n".join(to_lines(seen))
    yield repr(kept(seen)) + "\n".join(exchange_lines([kept(seen)], 80, str))
    yield report_page([seen], said, [], bodies=True)
    yield "\n".join(plain(opened(seen, said)))
    yield repr(seen_limits(seen, 0.0))


def with_secret(secret: str, borders: list[int]) -> Exchange:
    body = json.dumps({"model": "m", "messages": [{"content": secret}]}).encode()
    stream = f"data: {json.dumps({'choices': [{'delta': {'content': secret}}]})}\n\ndata: {secret}\n\n".encode()
    ends = sorted({min(border, len(stream)) for border in borders} | {len(stream)})
    return ANSWERED._replace(
        url=f"https://me:{quote(secret, safe='')}@h/v1?key={quote(secret, safe='')}",
        model=secret,
        request_headers=(("Authorization", f"Bearer {secret}"), ("x-api-key", secret), ("X-Other", secret)),
        request_body=body,
        connection=ConnectionFacts("h:1", proxy=f"http://me:{quote(secret, safe='')}@proxy:1"),
        reason=secret,
        response_headers=(("set-cookie", secret), ("x-echo", secret), ("x-ratelimit-limit-requests", secret)),
        chunks=tuple(Chunk(1.0, stream[a:b]) for a, b in zip([0, *ends], ends, strict=False)),
        error=f"the server said {secret}",
        finish_reason=secret,
        wait=Wait(1.0, secret),
    )


@pytest.mark.parametrize("form", FORMS)
@given(st.lists(st.integers(0, 120), max_size=6))
def test_a_secret_is_in_no_view(form: str, borders: list[int]) -> None:
    secret = FORMS[form]
    for view in views(safe(with_secret(secret, borders), REDACT)):
        assert KEY not in view and (secret not in view) and KEY[1:-1] not in view
