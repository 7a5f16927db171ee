"""One command's worth of answering: from words to an exit code."""

from __future__ import annotations

import gc
from contextlib import ExitStack

from chatbot.cli import inputs
from chatbot.cli.ask import Words
from chatbot.cli.asking import Asking
from chatbot.cli.choosing import choice_for
from chatbot.core.messages import Conversation
from chatbot.core.redaction import Redactor
from chatbot.core.text import clean
from chatbot.outside.streams import is_terminal
from chatbot.terminal.voice import Voice


def answer(words: Words, voice: Voice) -> int:
    """Answers the question, or opens a session where there is none to answer."""
    with ExitStack() as open_things:
        choice = choice_for(words, open_things)
        voice.redact = Redactor([choice.key] if choice.key else [])
        if is_terminal(2):
            for notice in choice.notices:
                voice.notice(notice)
        text = inputs.question(words, voice)
        conversation = Conversation(system=inputs.system(words, voice))
        asking = Asking(words, choice, voice)
        if text is None:
            return _session(asking, conversation, voice)
        images = inputs.images(words, choice.service.images, voice)
        return asking.exit_code(asking(conversation.asking(text, images)))


def _session(asking: Asking, conversation: Conversation, voice: Voice) -> int:
    """A conversation at the terminal, kept in memory."""
    from chatbot.terminal.repl import converse

    gc.enable()
    converse(_read_line, asking, conversation, voice)
    return 0


def _read_line(prompt: str) -> str:
    try:
        import readline  # noqa: F401  # its import is what gives input() a line editor
    except ImportError:
        pass
    return clean(input(prompt))
