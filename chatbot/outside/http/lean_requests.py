"""`requests` without what it loads and this program never asks.

- The character detector: all bytes are decoded here, as UTF-8, so a guess is never wanted. `requests` is made to do
  without it, as it does where neither detector is installed.
- `importlib.metadata`: urllib3 takes one function of it, to be called only when HTTP/2 is switched on. It is given a
  function that loads the rest when it is called.

Together they cost 10 ms of CPU, a seventh of what a bare script needs until its request leaves.
"""

from __future__ import annotations

import sys
import warnings

from chatbot.outside.late import late, stand_ins

_DETECTORS = ("chardet", "charset_normalizer")


def load() -> None:
    """Imports `requests`. What it did without can still be imported afterwards by whoever wants it."""
    if "requests" in sys.modules:
        return
    metadata = late("importlib.metadata", "version")
    with stand_ins({**dict.fromkeys(_DETECTORS), "importlib.metadata": metadata}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # requests warns that it has no detector
        import requests  # noqa: F401
