"""A conversation at the terminal: one loop over what is typed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatbot.core.errors import ChatError, OutputUnwritable, UsageError
from chatbot.core.text import clean
from chatbot.terminal import talk as talks
from chatbot.terminal.answering import exchange
from chatbot.terminal.choosing import attach
from chatbot.terminal.commands import BY_NAME, NAMES
from chatbot.terminal.dropped import dropped_paths, named_image
from chatbot.terminal.failures import error_lines
from chatbot.terminal.keeping import show_where_it_stopped
from chatbot.terminal.status_line import Status
from chatbot.terminal.talk import Talk
from chatbot.terminal.typed import Call, Question, Reader, Unknown
from chatbot.terminal.voice import Voice
from chatbot.terminal.world import Here, World

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.turns import Summary

_TWICE_WITHIN_S = 1.0
_NOTHING_DONE = "Nothing was done. The Up key brings the line back; a blank in front sends it as it is."

Opening = Callable[[Here, Talk], Talk]


def converse(
    read_line: Callable[[Status], str], world: World, voice: Voice, talk: Talk, opening: Opening | None = None
) -> Talk:
    """Reads what a person types until they leave; returns how the talk stands then. `opening` comes before that.

    `read_line` raises EOFError to leave, and KeyboardInterrupt where Ctrl-C was pressed at an empty prompt: twice in a
    second leaves too. No error ends the conversation, except that standard output is gone.
    """
    here = Here(world, voice)
    reader = Reader(NAMES, world.is_path)
    interrupted_s = -math.inf
    if opening is not None:
        talk = _safely(here, talk, lambda: opening(here, talk))
    while not talk.is_over:
        voice.apart = False  # the prompt has a blank row of its own
        try:
            typed = clean(read_line(_status(talk, world)))
        except EOFError:
            break
        except KeyboardInterrupt:
            now_s = world.clock()
            if now_s - interrupted_s < _TWICE_WITHIN_S:
                break
            interrupted_s = now_s
            voice.notice("Ctrl-C again, or Ctrl-D, leaves")
        else:
            interrupted_s = -math.inf
            talk = _safely(here, talk, lambda: _step(here, talk, reader, typed))  # noqa: B023  (called at once)
    return talk


def _status(talk: Talk, world: World) -> Status:
    tokens = talks.context_tokens(talk)
    window = world.context_window() if tokens else None  # the first prompt waits for no table of models
    return Status(
        talk.model,
        talks.used_in_conversation(talk),
        tokens / window if window else 0.0,
        len(talk.images) + len(talk.files),
        talk.asked_count,
        talk.last_took_s,
    )


def asking_first(question: str) -> Opening:
    """A question that is asked at once."""
    return lambda here, talk: exchange(here, talk, talks.ask(talk, question))


def resuming(summary: Summary, notices: Sequence[str]) -> Opening:
    """A conversation that was gone on with: where it stopped."""

    def show(here: Here, talk: Talk) -> Talk:
        show_where_it_stopped(here, talk, summary, notices)
        return talk

    return show


def _step(here: Here, talk: Talk, reader: Reader, typed: str) -> Talk:
    """What one line does."""
    match reader.read(typed):
        case Question(text) if not text.strip() and not talk.images and not talk.files:
            return talk
        case Question(text):
            if paths := dropped_paths(text, here.world.is_file):
                return attach(here, talk, paths)
            if image := named_image(text, here.world.is_file):
                here.voice.notice(f"the model sees the name {image} only; /image {image} shows it the picture")
            return exchange(here, talk, talks.ask(talk, text))
        case Call(name, argument):
            command = BY_NAME[name]
            if argument and not command.words:
                raise UsageError(f"/{name} takes nothing", advice=_NOTHING_DONE)
            return command.run(here, talk, argument)
        case Unknown(word, nearest):
            meant = f"Did you mean /{nearest}?" if nearest else "/help lists the commands."
            here.voice.error([f"there is no command {word}", f"{meant} A blank in front sends it as it is."])
    return talk


def _safely(here: Here, talk: Talk, step: Callable[[], Talk]) -> Talk:
    """The talk after the step; as it was before, if that failed."""
    try:
        return step()
    except (BrokenPipeError, OutputUnwritable):
        raise
    except ChatError as error:
        here.voice.error(error_lines(error, in_session=True))
    except KeyboardInterrupt:
        here.voice.notice("stopped")
    except Exception as error:  # a fault of ours must not cost the conversation
        here.voice.error(
            [f"this is a fault of chat itself: {type(error).__name__}: {error}", "The conversation goes on."]
        )
    return talk
