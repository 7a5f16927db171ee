"""The cache of this person: where it is, how it is opened, and how it stands around a session."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from chatbot.core.cache.entries import DEFAULT_TTL_S, CacheUnavailable
from chatbot.core.errors import UsageError
from chatbot.layers.cached import Cached
from chatbot.options.chat import Cache
from chatbot.outside.cache.store import AnswerCache
from chatbot.outside.files.folders import cache_folder
from chatbot.session import Session
from chatbot.terminal.notices import Notices


def open_cache(notices: Notices) -> AnswerCache:
    """The cache; its file is opened when it is first needed. Raises CacheUnavailable where there is no place for it."""
    folder = cache_folder()
    if folder is None:
        raise CacheUnavailable("there is no cache: there is no home folder", advice="Set HOME, or XDG_CACHE_HOME.")
    return AnswerCache(folder, now=time.time, warn=notices.warn)


def cached(
    session: Session,
    wanted: Cache,
    notices: Notices,
    open_things: ExitStack,
    *,
    keeps_nothing: bool,
    on_known: Callable[[], None],
) -> Cached | None:
    """The session with the cache around it; None where it cannot be had. Raises UsageError."""
    if wanted.cache_only and (wanted.refresh or keeps_nothing):
        other = "--refresh" if wanted.refresh else "--no-log"
        raise UsageError(f"--cache-only and {other} do not go together", advice="Leave one of them out.")
    if keeps_nothing:
        return None
    try:
        store = open_cache(notices)
    except CacheUnavailable as error:
        notices.warn(str(error))
        return None
    open_things.callback(store.close)
    ttl_s = wanted.cache_ttl or DEFAULT_TTL_S
    return Cached(session, store, ttl_s, wanted.refresh, wanted.cache_only, notices.redacted, on_known)
