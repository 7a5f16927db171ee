from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.redaction.redactor import MASK, Redactor
from tests.tables import each

KEY = "ab12-Zq7!xW9=lmno.PQRS"  # of no known shape
hidden = Redactor([KEY])


@each(
    ("text", "expected"),
    [
        (KEY, MASK),
        (f"Incorrect API key provided: {KEY}.", f"Incorrect API key provided: {MASK}."),
        (f"{KEY}{KEY}", MASK * 2),
        (f"begins with {KEY[:8]}", f"begins with {MASK}"),
        (f"begins with {KEY[:15]}...", f"begins with {MASK}..."),
        (f"{KEY[:9]}****{KEY[-8:]}", f"{MASK}****{MASK}"),
        (f"ends with {KEY[-12:]}", f"ends with {MASK}"),
        (f"x{KEY[1:]}", f"x{MASK}"),
        (f"{KEY[:-1]}x", f"{MASK}x"),
        (f"https://example.com/v1?key={KEY}&alt=sse", f"https://example.com/v1?key={MASK}&alt=sse"),
        (f"{{'Authorization': 'Bearer {KEY}'}}", f"{{'Authorization': 'Bearer {MASK}'}}"),
        (f"x-api-key: {KEY}\r\nHost: a", f"x-api-key: {MASK}\r\nHost: a"),
        (f"https://user:{KEY}@example.com/", f"https://user:{MASK}@example.com/"),
        ("nothing secret", "nothing secret"),
        ("", ""),
    ],
)
def test_a_known_key_and_its_parts_are_hidden(text: str, expected: str) -> None:
    assert hidden(text) == expected


@each(
    "secret",
    [
        "sk-proj-abcDEF0123456789_-xyz",
        "sk-ant-api03-abcdefghijkl-mnop",
        "sk_live_0123456789abcdef",
        "sk-or-v1-0123456789abcdef",
        "gsk_abcdefghijklmnop0123",
        "xai-abcdefghijklmnop0123",
        "pplx-abcdefghijklmnop0123",
        "hf_abcdefghijklmnopqrst",
        "csk-abcdefghijklmnop0123",
        "r8_abcdefghijklmnop0123",
        "AIzaSyA-0123456789_abcdefghijklmno",
    ],
)
@each("around", ["{}", "key: {}.", '"{}"', "https://h/?a={}&b", "Authorization: Bearer {}", "\n{}\n"])
def test_what_has_the_shape_of_a_key_is_hidden(secret: str, around: str) -> None:
    shown = Redactor()(around.format(secret))
    assert secret[:12] not in shown
    assert shown == around.format(MASK)


@each(
    ("text", "expected"),
    [
        ("Bearer eyJhbGciOi.eyJzdWIi.abc-_~+/==", f"Bearer {MASK}"),
        ("bearer 0123456789abcdef", f"bearer {MASK}"),
        ("GET /v1/models?key=whatever&alt=sse HTTP/1.1", f"GET /v1/models?key={MASK}&alt=sse HTTP/1.1"),
        ("?alt=sse&key=what%20ever", f"?alt=sse&key={MASK}"),
        ("?api_key=whatever", f"?api_key={MASK}"),
        ("?api-key=whatever'", f"?api-key={MASK}'"),
    ],
)
def test_what_stands_where_keys_stand_is_hidden(text: str, expected: str) -> None:
    assert Redactor()(text) == expected


@each(
    "text",
    [
        "ask-a-question-about-something",
        "task-0123456789abcdef",
        "the sk- prefix",
        "a Bearer token",
        "the key=value form",
        "AIza",
        "risk_assessment_of_the_model",
        "gpt-4o-mini-2024-07-18",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor()(text) == text


def test_a_word_that_serves_as_a_key_does_not_hide_the_word() -> None:
    """Local servers take anything as a key; `ollama` is what many people set."""
    assert Redactor(["ollama", ""])("is ollama running?") == "is ollama running?"


def test_several_keys_are_hidden() -> None:
    other = "0123456789-other-key"
    assert Redactor([KEY, other])(f"{other} {KEY}") == f"{MASK} {MASK}"


KEYS = st.text(string.ascii_letters + string.digits + "-_.~+/=!", min_size=8, max_size=60)
NOISE = st.text(string.printable, max_size=20)


@given(KEYS, NOISE, NOISE, st.data())
def test_no_key_survives_whole_or_in_parts(key: str, before: str, after: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(8, len(key)))
    end = data.draw(st.integers(8, len(key)))
    shown = Redactor([key])(f"{before}{key}{after} {key[:start]} {key[-end:]} {before}{key}")
    rest = shown.replace(MASK, "\0")
    assert key not in rest
    assert key[:8] not in rest
    assert key[-8:] not in rest


@given(KEYS, KEYS, NOISE)
def test_keys_that_touch_are_both_hidden(one: str, other: str, noise: str) -> None:
    rest = Redactor([one, other])(f"{one}{other}{noise}{other}{one}").replace(MASK, "\0")
    assert one not in rest
    assert other not in rest


@given(NOISE)
def test_hiding_twice_changes_nothing(text: str) -> None:
    assert hidden(hidden(text)) == hidden(text)
