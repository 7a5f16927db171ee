"""Modules that are loaded when they are used, for libraries that load more than they need."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def stand_ins(modules: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """While it lasts, these stand for modules that are not loaded yet; None makes an import of it fail at once.

    Afterwards whoever imports them gets the real ones.
    """
    absent = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, module in absent.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def late(name: str, *functions: str) -> ModuleType:
    """A module that loads the real one when an attribute is asked for; one of these `functions` when it is called."""

    def real() -> ModuleType:
        if sys.modules.get(name) is module:  # asked while it still stands there
            del sys.modules[name]
        return import_module(name)

    def forward(function: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: getattr(real(), function)(*args, **kwargs)

    def of_the_real_one(attribute: str) -> Any:
        if attribute.startswith("__"):  # the import system asks for __path__
            raise AttributeError(attribute)
        return getattr(real(), attribute)

    module = ModuleType(name)
    vars(module).update({function: forward(function) for function in functions}, __getattr__=of_the_real_one)
    return module


class LatePattern:
    """A regular expression that is compiled when it is used. Attributes and methods are those of re.Pattern."""

    def __init__(self, pattern: Any, flags: Any) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(*self._source), name)
        setattr(self, name, value)
        return value


@contextmanager
def patterns_compiled_late() -> Iterator[None]:
    """While it lasts, what is imported compiles its regular expressions when it uses them, and those that it never
    uses never.
    """
    module = ModuleType("re")
    vars(module).update(vars(re), compile=lambda pattern, flags=0: LatePattern(pattern, flags))
    sys.modules["re"] = module
    try:
        yield
    finally:
        sys.modules["re"] = re
