"""How long something may last, as a person says it."""

from __future__ import annotations

import pytest

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.options.chat import Cache
from chatbot.options.declared import chosen
from chatbot.options.durations import Duration
from tests.tables import each


@each(
    ("text", "seconds"),
    [
        *(("90", 90), ("90s", 90), ("1.5", 1.5), ("500ms", 0.5), ("5m", 300), ("5min", 300), ("2h", 7200)),
        *(("7d", 604800), ("1w", 604800), ("1h30m", 5400), (" 5 m ", 300), ("1H 30M", 5400), ("0", 0)),
    ],
)
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert Duration(text) == seconds


@each("text", ["", "m", "5x", "-5m", "5m!", "1e3", "five", "5 5", "nan", "inf", "9" * 400])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Duration(text)


def test_a_duration_in_chat_cache_turns_the_cache_on() -> None:
    assert chosen(Cache, {}, {"CHAT_CACHE": "5m"}) == Cache(cache_ttl=Duration(300))
    assert chosen(Cache, {}, {"CHAT_CACHE": "1"}) == Cache(cache=True)
    assert chosen(Cache, {}, {"CHAT_CACHE": "off"}) == Cache()
    assert chosen(Cache, {}, {"CHAT_CACHE_TTL": "2h"}) == Cache(cache_ttl=Duration(7200))
    assert chosen(Cache, {"cache_ttl": "10s"}, {"CHAT_CACHE": "5m"}).cache_ttl == Duration(10)
    with pytest.raises(ConfigurationError, match=r"CHAT_CACHE is a duration, for example 5m or 1h30m, not 'soon'"):
        chosen(Cache, {}, {"CHAT_CACHE": "soon"})
    with pytest.raises(UsageError, match=r"--cache-ttl is a duration, for example 5m or 1h30m, not '0'"):
        chosen(Cache, {"cache_ttl": "0"})


@each(
    ("cache", "is_wanted"),
    [
        (Cache(), False),
        (Cache(cache=True), True),
        (Cache(cache_ttl=Duration(1)), True),
        (Cache(refresh=True), True),
        (Cache(cache_only=True), True),
        (Cache(cache=True, no_cache=True), False),
        (Cache(refresh=True, no_cache=True), False),
    ],
)
def test_each_of_its_options_asks_for_the_cache_but_for_the_one_that_does_without(
    cache: Cache, is_wanted: bool
) -> None:
    assert cache.is_wanted is is_wanted
