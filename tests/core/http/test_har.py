"""The archive is one by the standard, whatever the exchange."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

import jsonschema
from haralyzer import HarEntry
from hypothesis import given, settings

from chatbot.core.http.exchange import Chunk, Exchange, SafeExchange
from chatbot.core.http.har import har
from tests.core.http.exchanges import exchanges
from tests.core.http.har_schema import HAR
from tests.terminal.http.records import AGAIN, ANSWERED, REFUSED, shown


@cache
def standard() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(HAR)  # once: it costs ten times as much as an archive
    return jsonschema.Draft202012Validator(HAR)


def archived(*found: Exchange) -> dict[str, Any]:
    pieces = har([*map(SafeExchange, found)], "1.0", lambda seconds: "2026-01-02T03:04:05.678Z")
    document: dict[str, Any] = json.loads("".join(pieces))
    standard().validate(document)
    return document


@settings(max_examples=25)  # the schema is slow
@given(exchanges)
def test_any_exchange_makes_a_valid_archive(exchange: Exchange) -> None:
    json.dumps(archived(exchange))


def test_each_attempt_is_an_entry_with_its_phases() -> None:
    first, second = archived(shown(REFUSED), shown(AGAIN))["log"]["entries"]
    assert first["timings"] == {
        "blocked": -1, "dns": 8.0, "connect": 43.0, "ssl": 31.0, "send": 1.0, "wait": 204.0, "receive": 1.0,
    }  # fmt: skip
    assert first["time"] == 8 + 43 + 1 + 204 + 1, "TLS lies inside connect"
    assert [second["timings"][name] for name in ("dns", "connect", "ssl")] == [-1, -1, -1]
    assert (first["response"]["status"], second["response"]["status"]) == (503, 200)
    assert second["_chunks"][0] == {"at_ms": 300.0, "bytes": 59}


def test_an_attempt_without_an_answer_has_status_0_and_says_why() -> None:
    [entry] = archived(shown(REFUSED, status=None, end="refused", error="nothing answers"))["log"]["entries"]
    assert (entry["response"]["status"], entry["comment"], entry["_end"]) == (0, "nothing answers", "refused")


def test_what_is_not_utf8_is_in_base64() -> None:
    [entry] = archived(shown(ANSWERED, chunks=(Chunk(1.0, b"\xff\x00"),)))["log"]["entries"]
    content = entry["response"]["content"]
    assert (base64.b64decode(content["text"]), content["encoding"]) == (b"\xff\x00", "base64")


def test_a_reader_of_archives_reads_it() -> None:
    first, second = map(HarEntry, archived(shown(REFUSED), shown(AGAIN))["log"]["entries"])
    assert (first.response.status, second.response.status) == (503, 200)
    assert (second.request.text, second.response.mimeType) == ('{"model":"gpt","n":1}', "text/event-stream")
