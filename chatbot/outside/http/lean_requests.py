"""`requests` without what it loads and this program never asks, or not in most runs.

- The character detector: all bytes are decoded here, as UTF-8, so a guess is never wanted. `requests` is made to do
  without it, as it does where neither detector is installed.
- Modules that are there for one function: they are loaded when it is called. Such are `importlib.metadata` (HTTP/2),
  `traceback` (the log of an exception), `zipfile` (certificates in an archive), `idna` (a host name that is not ASCII).
- Regular expressions: most of them read cookies and dates, and are compiled by whom uses them.

Together they cost 20 ms of CPU, a quarter of what a bare script needs until its request leaves.
"""

from __future__ import annotations

import sys
import warnings

from chatbot.outside.late import late, patterns_compiled_late, stand_ins

_DETECTORS = ("chardet", "charset_normalizer")
_LATE = {
    "importlib.metadata": ("version",),
    "bz2": (),
    "calendar": ("timegm",),
    "email.header": (),
    "idna": (),
    "lzma": (),
    "traceback": (),
    "zipfile": (),
}


def load() -> None:
    """Imports `requests`. What it did without can still be imported afterwards by whoever wants it."""
    if "requests" in sys.modules:
        return
    modules = {name: late(name, *functions) for name, functions in _LATE.items()}
    with stand_ins({**dict.fromkeys(_DETECTORS), **modules}), patterns_compiled_late(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # requests warns that it has no detector
        import requests  # noqa: F401
