"""A conversation at the terminal: one loop over what is typed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatbot.core.errors import ChatError, OutputUnwritable, UsageError
from chatbot.core.text import clean
from chatbot.terminal.failures import error_lines
from chatbot.terminal.input.dropped import dropped_paths, named_image
from chatbot.terminal.input.input_line import InputParser, Question, SlashCommand, Unknown
from chatbot.terminal.input.status_line import Status
from chatbot.terminal.notices import Notices
from chatbot.terminal.repl.actions import CommandContext, ReplActions
from chatbot.terminal.repl.answer import ask_and_show
from chatbot.terminal.repl.attachments import attach
from chatbot.terminal.repl.commands import BY_NAME, NAMES
from chatbot.terminal.repl.conversation import show_where_it_stopped
from chatbot.terminal.repl.state import ReplState, ask_next, context_tokens, spent_in_conversation, used_in_conversation

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.conversations.stored import Summary

_TWICE_WITHIN_S = 1.0
_NOTHING_DONE = "Nothing was done. The Up key brings the line back; a blank in front sends it as it is."

Opening = Callable[[CommandContext, ReplState], ReplState]


def converse(
    read_line: Callable[[Status], str],
    actions: ReplActions,
    notices: Notices,
    state: ReplState,
    opening: Opening | None = None,
) -> ReplState:
    """Reads what a person types until they leave; returns how the talk stands then. `opening` comes before that.

    `read_line` raises EOFError to leave, and KeyboardInterrupt where Ctrl-C was pressed at an empty prompt: twice in a
    second leaves too. No error ends the conversation, except that standard output is gone.
    """
    context = CommandContext(actions, notices)
    reader = InputParser(NAMES, actions.is_path)
    interrupted_s = -math.inf
    if opening is not None:
        state = _safely(context, state, lambda: opening(context, state))
    while not state.is_over:
        notices.apart = False  # the prompt has a blank row of its own
        try:
            typed = clean(read_line(_status(state, actions)))
        except EOFError:
            break
        except KeyboardInterrupt:
            now_s = actions.clock()
            if now_s - interrupted_s < _TWICE_WITHIN_S:
                break
            interrupted_s = now_s
            notices.warn("Ctrl-C again, or Ctrl-D, leaves")
        else:
            interrupted_s = -math.inf
            state = _safely(context, state, lambda: _step(context, state, reader, typed))  # noqa: B023  (called at once)
    return state


def _status(state: ReplState, actions: ReplActions) -> Status:
    tokens = context_tokens(state)
    window = actions.context_window() if tokens else None  # the first prompt waits for no table of models
    return Status(
        state.model,
        used_in_conversation(state),
        tokens / window if window else 0.0,
        len(state.attachments) + len(state.files),
        state.asked_count,
        state.last_took_s,
        spent_in_conversation(state),
    )


def asking_first(question: str) -> Opening:
    """A question that is asked at once."""
    return lambda context, state: ask_and_show(context, state, ask_next(state, question))


def resuming(summary: Summary, remarks: Sequence[str]) -> Opening:
    """A conversation that was gone on with: where it stopped."""

    def show(context: CommandContext, state: ReplState) -> ReplState:
        show_where_it_stopped(context, state, summary, remarks)
        return state

    return show


def _step(context: CommandContext, state: ReplState, reader: InputParser, typed: str) -> ReplState:
    """What one line does."""
    match reader.read(typed):
        case Question(text) if not text.strip() and not state.attachments and not state.files:
            return state
        case Question(text):
            if paths := dropped_paths(text, context.actions.is_file):
                return attach(context, state, paths)
            if image := named_image(text, context.actions.is_file):
                context.notices.warn(f"the model sees the name {image} only; /image {image} shows it the picture")
            return ask_and_show(context, state, ask_next(state, text))
        case SlashCommand(name, argument):
            command = BY_NAME[name]
            if argument and not command.words:
                raise UsageError(f"/{name} takes nothing", advice=_NOTHING_DONE)
            return command.run(context, state, argument)
        case Unknown(word, nearest):
            meant = f"Did you mean /{nearest}?" if nearest else "/help lists the commands."
            context.notices.error([f"there is no command {word}", f"{meant} A blank in front sends it as it is."])
    return state


def _safely(context: CommandContext, state: ReplState, step: Callable[[], ReplState]) -> ReplState:
    """The talk after the step; as it was before, if that failed."""
    try:
        return step()
    except (BrokenPipeError, OutputUnwritable):
        raise
    except ChatError as error:
        context.notices.error(error_lines(error, in_session=True))
    except KeyboardInterrupt:
        context.notices.warn("stopped")
    except Exception as error:  # a fault of ours must not cost the conversation
        context.notices.error(
            [f"this is a fault of chat itself: {type(error).__name__}: {error}", "The conversation goes on."]
        )
    return state
