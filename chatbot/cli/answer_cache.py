"""Where the cache of this person is, and how it is opened."""

from __future__ import annotations

import time

from chatbot.core.cache.entries import CacheUnavailable
from chatbot.outside.cache.store import AnswerCache
from chatbot.outside.files.folders import cache_folder
from chatbot.terminal.notices import Notices


def open_cache(notices: Notices) -> AnswerCache:
    """The cache; its file is opened when it is first needed. Raises CacheUnavailable where there is no place for it."""
    folder = cache_folder()
    if folder is None:
        raise CacheUnavailable("there is no cache: there is no home folder", advice="Set HOME, or XDG_CACHE_HOME.")
    return AnswerCache(folder, now=time.time, warn=notices.warn)
