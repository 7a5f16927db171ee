"""`requests` without the character detector that it loads and this program never asks.

All bytes are decoded here, as UTF-8, so a guess is never wanted; loading the guesser costs 5 ms of CPU, a twelfth of
what a bare script needs until its request leaves. `requests` is made to do without it, as it does where neither
detector is installed.
"""

from __future__ import annotations

import sys
import warnings


def load() -> None:
    """Imports `requests`. The detectors can still be imported afterwards by whoever wants them."""
    if "requests" in sys.modules:
        return
    absent = [name for name in ("chardet", "charset_normalizer") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None makes an import fail at once
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # requests warns that it has no detector
            import requests  # noqa: F401
    finally:
        for name in absent:
            del sys.modules[name]
