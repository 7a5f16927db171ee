"""The tools that were named with -T."""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chatbot.core.errors import FileUnreadable, UsageError
from chatbot.core.tools.calling import Tool, ToolDefinition, ToolOutput

_KINDS = {"int": "integer", "float": "number", "bool": "boolean"}


def tools_named(names: Sequence[str]) -> tuple[Tool, ...]:
    """The tools, in the order in which they were named, each once: `FILE.py:function`. Raises UsageError for what is no
    tool, FileUnreadable for a file that is not there.
    """
    return tuple(map(_of_file, dict.fromkeys(names)))


def _of_file(name: str) -> Tool:
    path, colon, function = name.rpartition(":")
    if not colon or not path:
        raise UsageError(f"there is no tool {name[:60]!r}", advice="A function is named FILE.py:function .")
    try:
        called: Callable[..., Any] = runpy.run_path(path)[function]
    except OSError as error:
        raise FileUnreadable(f"there is no file {path!r}", advice="A function is named FILE.py:function .") from error
    except KeyError:
        raise UsageError(f"there is no function {function} in {path!r}") from None

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        return ToolOutput(str(called(**arguments)))

    parameters = inspect.signature(called).parameters
    schema = {
        "type": "object",
        "properties": {each: {"type": _KINDS.get(str(one.annotation), "string")} for each, one in parameters.items()},
        "required": [each for each, one in parameters.items() if one.default is one.empty],
    }
    return Tool(ToolDefinition(function, called.__doc__ or function, schema), run, source=path)
