"""What the history keeps of an exchange."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from chatbot.core.errors import ConfigurationError
from chatbot.core.http.bodies import shown_body, with_images_told
from chatbot.core.http.kept import kept
from tests.terminal.http.records import ANSWERED, REFUSED, shown

DATA = bytes(range(256)) * 40
PICTURE = base64.b64encode(DATA).decode()
TOLD = f"<image/png, 10 240 bytes, sha256 {hashlib.sha256(DATA).hexdigest()[:8]}>"


def test_the_row_tells_what_a_list_shows_and_the_record_is_the_exchange() -> None:
    row = kept(shown(ANSWERED))
    assert (row.id, row.status, row.outcome, row.took_ms) == ("a1", 200, "complete", 700.0)
    assert row.record == shown(ANSWERED)
    assert kept(shown(REFUSED)).outcome == "error"
    assert kept(shown(REFUSED, status=None, end="refused")).outcome == "refused"


def test_images_are_kept_as_what_they_are_in_every_wire_format() -> None:
    bodies = (
        {"image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
        {"source": {"type": "base64", "media_type": "image/png", "data": PICTURE}},
        {"inlineData": {"mimeType": "image/png", "data": PICTURE}},
    )
    for body in bodies:
        row = kept(shown(ANSWERED, request_body=json.dumps({"parts": [body, "text"]}).encode()))
        assert PICTURE[:40] not in row.lines and TOLD in row.record.request_body.decode()
        assert row.lines.count("bytes, sha256") == 1


def test_what_is_no_image_stays_as_it_is() -> None:
    for value in ({"data": PICTURE}, {"mimeType": "image/png", "data": "not Base64!"}, "data:image/png;base64,short"):
        assert with_images_told(value) == value
    assert shown_body(b'{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert shown_body(b"\xff no json") == "\ufffd no json"


def test_a_record_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ConfigurationError, match="exchange a1 is no cassette: line 1"):
        kept(shown(ANSWERED))._replace(lines="{").record  # noqa: B018
