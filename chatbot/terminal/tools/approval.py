"""Whether a call may be made, asked of the person at the terminal.

Only what is typed after the question was shown is an answer, and only whole words of it: nothing that a model or a page
wrote can give one.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from chatbot.core.calls.arguments import ArgumentsFault, fitting, parsed
from chatbot.core.errors import ChatError
from chatbot.core.tools.calling import Approval, Tool, ToolCall
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices
from chatbot.terminal.tools.exact_text import fits_in_row, rows, visible

_BOLD, _CYAN = "1", "36"
_INDENT = "  "
_MANY_ROWS = 20
_LEAST_CELLS, _CELLS_TO_TYPE_IN = 12, 8
_NO_TERMINAL_COLUMNS = 80
_NO = "the person does not want this call"


class Person(NamedTuple):
    """Who is asked. `typed` shows a question, and returns the line that is typed after it, None at the end of input; it
    raises where the person stopped. `edited` gives a text to the editor, and returns it changed, or None.
    """

    typed: Callable[[Callable[[], None]], str | None]
    edited: Callable[[str], str | None]


class TerminalApproval:
    """An Approve for a terminal. `always` are the tools, by source and name, to which the person said so; it grows."""

    def __init__(
        self, notices: Notices, person: Person, always: set[tuple[str, str]], *, is_unicode: bool = True
    ) -> None:
        self._notices = notices
        self._person = person
        self._is_unicode = is_unicode
        self._always = always

    def __call__(self, call: ToolCall, tool: Tool) -> Approval:
        """See Approve. Raises what `typed` raises."""
        named = (tool.source, tool.definition.name)
        if named in self._always and not tool.always_asks:
            return Approval(True)
        arguments, draft, shows = call.arguments, "", True
        while True:
            typed = self._typed(self._question(arguments, tool) if shows else self._short_question(tool))
            word, _, rest = ("no" if typed is None else typed).strip().partition(" ")
            shows = False
            match word.lower():
                case "y" | "yes" if not rest:
                    return _given(call, arguments)
                case "a" | "always" if not rest and not tool.always_asks:
                    self._always.add(named)
                    return _given(call, arguments)
                case "n" | "no" | "n," | "no,":
                    return Approval(False, reason=f"{_NO}: {rest.strip()}" if rest.strip() else _NO)
                case "e" | "edit" if not rest:
                    draft = self._edited(draft or editable(arguments))
                    shows = self._is_usable(draft, tool)
                    arguments, draft = (draft, "") if shows else (arguments, draft)

    def _typed(self, show: Callable[[], None]) -> str | None:
        typed = None
        try:
            typed = self._person.typed(show)
        finally:
            if typed is None:
                self._notices.write("\n")  # Ctrl-C or Ctrl-D, behind the question
        return typed

    def _question(self, arguments: str, tool: Tool) -> Callable[[], None]:
        columns = (self._notices.columns() or _NO_TERMINAL_COLUMNS) - 1
        found = list(
            argument_rows(self._notices.redacted(arguments), columns - len(_INDENT), is_unicode=self._is_unicode)
        )
        source = "" if tool.source == "built in" else f" ({visible(tool.source, is_unicode=self._is_unicode)})"
        many = f", with {len(found)} rows of arguments" if len(found) > _MANY_ROWS else ""
        short = self._short_question(tool)

        def show() -> None:
            self._notices.tell([f"the model wants to call {tool.definition.name}{source}{many}"])
            for label, row in found:
                self._notices.write(f"{_INDENT}{self._styled(label, _CYAN)}{row}\n")
            short()

        return show

    def _short_question(self, tool: Tool) -> Callable[[], None]:
        always = "" if tool.always_asks else f", a always {tool.definition.name}"
        text = f"y yes, n no (and why){always}, e edit"
        columns = self._notices.columns() or _NO_TERMINAL_COLUMNS
        found = textwrap.wrap(text, max(columns - len(_INDENT) - 1, _LEAST_CELLS), break_on_hyphens=False)
        if len(_INDENT + found[-1]) + _CELLS_TO_TYPE_IN > columns:
            found.append("")
        shown = "\n".join(_INDENT + self._styled(row, _BOLD) for row in found)
        return lambda: self._notices.write(f"{shown} > " if found[-1] else f"{shown}> ")

    def _edited(self, text: str) -> str:
        try:
            return self._person.edited(text) or text
        except ChatError as error:
            self._notices.error([str(error), error.advice] if error.advice else [str(error)])
            return text

    def _is_usable(self, draft: str, tool: Tool) -> bool:
        try:
            fitting(draft, tool.definition.parameters)
        except (ArgumentsFault, ChatError) as fault:
            self._notices.error([str(fault), "Press e to go on with what you wrote; y is still for the call above."])
            return False
        return True

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._notices.colour and text else text


def _given(call: ToolCall, arguments: str) -> Approval:
    """The model is told of arguments that are others than its own."""
    is_changed = arguments != call.arguments and parsed(arguments) != parsed(call.arguments)
    return Approval(True, json.dumps(parsed(arguments), ensure_ascii=False) if is_changed else None)


def argument_rows(arguments: str, cells: int, *, is_unicode: bool = True) -> Iterator[tuple[str, str]]:
    """The arguments as a tool would get them, each row in two parts: the name of the argument, or nothing, and text."""
    try:
        given: dict[str, Any] = parsed(arguments)
    except ArgumentsFault:
        yield from (("", row) for row in rows(arguments, cells, is_unicode=is_unicode))
        return
    for name, value in given.items():
        label = f"{visible(name, is_unicode=is_unicode)}: "
        text = _as_written(value)
        short = visible(text, is_unicode=is_unicode)
        if "\n" not in text and fits_in_row(label + short, cells):
            yield label, short
        else:
            if fits_in_row(label, cells):
                yield label.rstrip(), ""
            else:
                yield from ((row, "") for row in rows(label, cells, is_unicode=is_unicode))
            yield from (("", row) for row in rows(text, cells, is_unicode=is_unicode))


def editable(arguments: str) -> str:
    """The arguments for an editor: JSON over several lines, in which what has no look is an escape of JSON."""
    try:
        text = json.dumps(parsed(arguments), indent=2, ensure_ascii=False)
    except ArgumentsFault:
        return arguments
    return re.sub(
        r"[^\n]", lambda found: found[0] if visible(found[0]) == found[0] else json.dumps(found[0])[1:-1], text
    )


def _as_written(value: Any) -> str:
    """A text as it is, in quotes where it could be taken for another value or its blanks overlooked; else JSON."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value != value.strip() or not value or value[0] in '"[{' or re.fullmatch(r"true|false|null|[-\d.eE+]+", value):
        return json.dumps(value, ensure_ascii=False)
    return value
