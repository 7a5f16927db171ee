"""A function found in a file, which is run for it as an import runs it."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

_NAMED = 5


class Unusable(Exception):
    """The file, or the function in it, cannot be used; the sentence says why."""


def function(file: str, name: str) -> Callable[..., Any]:
    """The function. Raises Unusable, and whatever the file raises."""
    path = os.path.realpath(file)
    module_name = re.sub(r"\W", "_", os.path.basename(path).rpartition(".")[0])  # noqa: PTH119
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise Unusable("it is no file of Python: the name of one ends with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickle look there
    sys.dont_write_bytecode = True  # no __pycache__ beside the file
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if callable(found) and not inspect.isclass(found):
        return found  # type: ignore[no-any-return]
    own = [
        each for each, value in vars(module).items() if inspect.isfunction(value) and value.__module__ == module_name
    ]
    there = ", ".join(each for each in own[:_NAMED] if each[0] != "_")
    raise Unusable(f"there is no function {name} in it" + (f"; there is {there}" if there else ""))


def told(error: BaseException, file: str) -> str:
    """An error, and where in the file it was raised, for whoever wrote it."""
    path = os.path.realpath(file)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines.append(error.lineno)
    what = f"{type(error).__name__}: {error}".removesuffix(": ")
    return f"{what} (line {lines[-1]})" if lines else what
