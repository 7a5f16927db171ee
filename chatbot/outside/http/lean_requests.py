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
from types import ModuleType

_DETECTORS = ("chardet", "charset_normalizer")
_METADATA = "importlib.metadata"


def load() -> None:
    """Imports `requests`. What it did without can still be imported afterwards by whoever wants it."""
    if "requests" in sys.modules:
        return
    # None makes an import fail at once.
    stand_ins: dict[str, ModuleType | None] = {**dict.fromkeys(_DETECTORS), _METADATA: _late_metadata()}
    absent = {name: stand_in for name, stand_in in stand_ins.items() if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # requests warns that it has no detector
            import requests  # noqa: F401
    finally:
        for name in absent:
            del sys.modules[name]


def _late_metadata() -> ModuleType:
    """`importlib.metadata` as far as urllib3 wants it, loaded when it is used."""

    def version(distribution_name: str) -> str:
        from importlib import metadata

        return metadata.version(distribution_name)

    module = ModuleType(_METADATA)
    module.version = version  # type: ignore[attr-defined]
    return module
