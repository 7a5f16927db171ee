"""The prompt of a session, on prompt_toolkit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, to_filter
from prompt_toolkit.history import History
from prompt_toolkit.input import Input
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.processors import Processor, TabsProcessor, Transformation, TransformationInput
from prompt_toolkit.output import ColorDepth, Output, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

from chatbot.records import NamedTuple
from chatbot.terminal.documents.excerpt import excerpt
from chatbot.terminal.input.completion import CommandCompleter, Completions, is_offered_unasked
from chatbot.terminal.input.input_line import is_open_block
from chatbot.terminal.input.key_parser import KeyParser
from chatbot.terminal.input.keys import key_bindings
from chatbot.terminal.input.reflow import follow_reflow
from chatbot.terminal.input.status_line import Status, status_line
from chatbot.terminal.sanitise import sanitise
from chatbot.terminal.screen import ERASE_FROM_ROW

MESSAGE = "> "
_ROWS_OF_ITS_OWN = 2  # the line under the prompt, and one that stays free
# No colour but the sixteen of the terminal, and no grey: "bright black" is the background of some themes.
_STYLE = Style.from_dict(
    {
        "sign": "bold ansicyan",
        "bottom-toolbar": "noreverse dim",
        "aborting": "dim",
        "auto-suggestion": "noinherit dim",
        "completion-menu": "noinherit",
        "completion-menu.completion": "noinherit",
        "completion-menu.completion.current": "noinherit reverse",
        "completion-menu.meta.completion": "noinherit dim",
        "completion-menu.meta.completion.current": "noinherit reverse",
        "scrollbar.background": "noinherit",
        "scrollbar.button": "noinherit reverse",
    }
)
_INVISIBLE = re.compile("[\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


class LineHistory(NamedTuple):
    """What was typed in earlier sessions: `load` gives it, the newest first, and `append` keeps one more. Both raise
    nothing.
    """

    load: Callable[[], Iterable[str]] = lambda: ()
    append: Callable[[str], None] = lambda typed: None


class PromptActions(NamedTuple):
    """`edit` opens a text in the editor, and returns None to leave it as it is. `as_text` makes pasted text a question.
    `when_standing` is called once, after the prompt was drawn for the first time.
    """

    edit: Callable[[str], str | None]
    as_text: Callable[[str], str]
    when_standing: Callable[[], None]


class PromptStyle(NamedTuple):
    """`reflows`: the terminal wraps its rows anew when its width changes."""

    vi: bool = False
    colour: bool = True
    reflows: bool = True


_STANDARD = PromptStyle()


class Prompt:
    """Reads what a person types: called with what the line under it shows, returns the text.

    It is drawn on `terminal`, usually standard output. Raises EOFError for Ctrl-D and KeyboardInterrupt for Ctrl-C on
    an empty line; on any other, Ctrl-C drops the line and an empty text is returned.
    """

    def __init__(
        self,
        lines: LineHistory,
        offers: Completions,
        actions: PromptActions,
        style: PromptStyle = _STANDARD,
        terminal: TextIO | None = None,
        *,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        edit, as_text, when_standing = actions
        self._status = Status()
        self._when_standing: Callable[[], None] | None = when_standing
        self._session: PromptSession[str] = PromptSession(
            [("class:sign", MESSAGE)],
            multiline=True,
            editing_mode=EditingMode.VI if style.vi else EditingMode.EMACS,
            key_bindings=key_bindings(edit, as_text, lambda text: self._excerpt(text) is not None),
            history=_Kept(lines),
            auto_suggest=AutoSuggestFromHistory(),
            completer=CommandCompleter(offers),
            complete_while_typing=Condition(lambda: is_offered_unasked(self._session.default_buffer.document)),
            search_ignore_case=True,
            enable_suspend=True,
            prompt_continuation=" " * len(MESSAGE),
            bottom_toolbar=self._status_line,
            input_processors=[TabsProcessor(char1=" ", char2=" "), _Harmless()],
            style=_STYLE,
            color_depth=None if style.colour else ColorDepth.DEPTH_1_BIT,
            input=input,
            output=output or create_output(terminal),
        )
        _put_the_status_line_under_the_text(self._session.layout)
        _erase_nothing_from_the_corner(self._session.app.output)
        if style.reflows:
            follow_reflow(self._session.app)
        keyboard = self._session.app.input
        if parser := getattr(keyboard, "vt100_parser", None):  # Windows gives keys, not sequences
            keyboard.vt100_parser = KeyParser(parser.feed_key_callback)  # type: ignore[attr-defined]
        # A terminal that does not tell where its cursor is gets no line under the prompt; that needs no warning.
        self._session.app.renderer.cpr_not_supported_callback = None
        self._session.app.after_render += self._standing

    def __call__(self, status: Status) -> str:
        self._status = status
        app = self._session.app
        app.erase_when_done = False
        app.output.write("\n")
        app.output.flush()
        text = self._session.prompt()
        lines = self._excerpt(text) if app.erase_when_done else None
        for number, line in enumerate(lines or ()):
            sign = " " * len(MESSAGE) if number else MESSAGE
            app.print_text([("class:sign", sign), ("bold", f"{sanitise(line)}\n")])
        app.output.flush()
        return text

    def _excerpt(self, text: str) -> list[str] | None:
        size = self._session.app.output.get_size()
        columns = max(1, size.columns - len(MESSAGE))
        return excerpt(text, columns, size.rows - _ROWS_OF_ITS_OWN, get_cwidth)

    def _standing(self, app: Application[str]) -> None:
        if self._when_standing:
            standing, self._when_standing = self._when_standing, None
            standing()

    def _status_line(self) -> str:
        app = get_app()
        vi_mode = app.vi_state.input_mode.name.partition("_")[0] if app.editing_mode is EditingMode.VI else ""
        return status_line(
            self._status._replace(model=sanitise(self._status.model)),
            app.output.get_size().columns,
            get_cwidth,
            in_block=is_open_block(self._session.default_buffer.text),
            vi_mode=vi_mode,
        )


def _put_the_status_line_under_the_text(layout: Layout) -> None:
    """prompt_toolkit gives the text all rows down to the end of the window, and the line stands below them."""
    layout.current_window.dont_extend_height = to_filter(True)


def _erase_nothing_from_the_corner(output: Output) -> None:
    """prompt_toolkit erases from the start of the prompt's first row, or of the one after its last."""
    if isinstance(output, Vt100_Output):
        output.erase_down = lambda: output.write_raw(ERASE_FROM_ROW)  # type: ignore[method-assign]


class _Kept(History):
    """A LineHistory as prompt_toolkit wants it."""

    def __init__(self, lines: LineHistory) -> None:
        super().__init__()
        self._lines = lines

    def load_history_strings(self) -> Iterable[str]:
        return self._lines.load()

    def store_string(self, string: str) -> None:
        self._lines.append(string)


class _Harmless(Processor):
    """Shows what prompt_toolkit would let through to the terminal: characters that change the order of others, or
    hide. Each becomes one visible character, so that the cursor stays where it is.
    """

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        fragments = transformation_input.fragments
        return Transformation([(_bold(style), _INVISIBLE.sub("\ufffd", text)) for style, text, *_ in fragments])


def _bold(style: str) -> str:
    return style if "auto-suggestion" in style else f"{style} bold"
