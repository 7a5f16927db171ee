"""The cache of answers around a session, where the person asks for it."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.cli.answer_cache import open_cache
from chatbot.cli.ask.setup import Setup
from chatbot.core.cache.entries import DEFAULT_TTL_S, CacheUnavailable
from chatbot.core.errors import UsageError
from chatbot.layers.cached import Cached
from chatbot.session import Session


def cached(setup: Setup, session: Session, on_known: Callable[[], None]) -> Cached | None:
    """None where nothing is kept; what an answer is kept under has no words in it. Raises UsageError."""
    wanted = setup.arguments.cache
    if wanted.cache_only and (wanted.refresh or setup.recorder.off):
        other = "--refresh" if wanted.refresh else "--no-log"
        raise UsageError(f"--cache-only and {other} do not go together", advice="Leave one of them out.")
    if setup.recorder.off:
        return None
    try:
        store = open_cache(setup.notices)
    except CacheUnavailable as error:
        setup.notices.warn(str(error))
        return None
    setup.open_things.callback(store.close)
    ttl_s = wanted.cache_ttl or DEFAULT_TTL_S
    return Cached(
        session, store, ttl_s, wanted.refresh, wanted.cache_only, redact=setup.notices.redacted, on_known=on_known
    )
