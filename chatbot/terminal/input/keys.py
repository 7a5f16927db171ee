"""What the keys of the prompt do, beyond those of emacs or vi."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    Filter,
    emacs_insert_mode,
    has_focus,
    has_selection,
    vi_insert_mode,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from chatbot.terminal.graphemes import length_of_first, length_of_last
from chatbot.terminal.input.input_line import is_open_block


def key_bindings(
    edit: Callable[[str], str | None], as_text: Callable[[str], str], is_tall: Callable[[str], bool]
) -> KeyBindings:
    """`edit` opens the editor, and returns None to leave the text as it is. `as_text` makes what is pasted into an
    empty prompt a question. What `is_tall` is taken from the screen when it is sent: the prompt would draw only a part
    of it, and leave rows of its own in the scrollback.
    """
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)
    inserting = typing & (emacs_insert_mode | vi_insert_mode) & ~has_selection
    at_end = Condition(lambda: get_app().current_buffer.document.is_cursor_at_the_end)  # there it takes a suggestion

    @keys.add("enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None  # the first Enter takes what is chosen in the menu
        elif is_open_block(buffer.text):
            buffer.insert_text("\n")
        else:
            event.app.erase_when_done = is_tall(buffer.text)
            buffer.validate_and_handle()

    @keys.add("c-j", filter=typing)
    @keys.add("escape", "enter", filter=typing & emacs_insert_mode)
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:  # the LF of a pasted CR LF, whose CR has sent the line before
            event.current_buffer.insert_text("\n")

    def by_characters(edit: Callable[[Buffer, Document], object], *names: str, where: Filter = inserting) -> None:
        """These keys (a letter with Ctrl in the manner of Emacs only) do so as often as was asked for."""

        def act(event: KeyPressEvent) -> None:
            for _ in range(event.arg):
                edit(event.current_buffer, event.current_buffer.document)

        for name in names:
            keys.add(name, filter=where & emacs_insert_mode if name.startswith("c-") else where)(act)

    by_characters(lambda buffer, now: buffer.delete_before_cursor(length_of_last(now.text_before_cursor)), "backspace")
    by_characters(lambda buffer, now: buffer.delete(length_of_first(now.text_after_cursor)), "delete")
    by_characters(lambda buffer, now: buffer.cursor_left(length_of_last(now.current_line_before_cursor)), "left", "c-b")
    by_characters(
        lambda buffer, now: buffer.cursor_right(length_of_first(now.current_line_after_cursor)),
        "right", "c-f", where=inserting & ~at_end,
    )  # fmt: skip

    @keys.add("<bracketed-paste>", filter=typing)
    def _(event: KeyPressEvent) -> None:
        pasted = event.data.replace("\r\n", "\n").replace("\r", "\n")
        is_first = not event.current_buffer.text.strip()
        event.current_buffer.insert_text(as_text(pasted) if is_first else pasted)

    @keys.add("c-c", filter=typing)
    @keys.add("<sigint>")
    def _(event: KeyPressEvent) -> None:
        if _line(event).text:
            event.app.exit(result="", style="class:aborting")  # an empty line asks nothing
        else:
            event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    @keys.add("c-x", "c-e", filter=typing)
    @keys.add("v", filter=typing & vi_navigation_mode)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer

        async def open_editor() -> None:
            text = await run_in_terminal(lambda: edit(buffer.text))
            if text is not None:
                buffer.document = Document(text, len(text))

        event.app.create_background_task(open_editor())

    return keys


def _line(event: KeyPressEvent) -> Buffer:
    """What is typed, also while the focus is on a search."""
    return event.app.layout.get_buffer_by_name(DEFAULT_BUFFER) or event.current_buffer
