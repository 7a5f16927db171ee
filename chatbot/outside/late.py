"""Modules that are loaded when they are used, for libraries that load more than they need."""

from __future__ import annotations

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
