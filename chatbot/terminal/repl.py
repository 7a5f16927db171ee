"""A conversation at the terminal: one loop over the session."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.core.messages import Conversation
from chatbot.terminal.follow import Outcome
from chatbot.terminal.voice import Voice

_LEAVE = {"exit", "quit", "/exit", "/quit", "/q"}
_HELP = "/new begins anew, /exit or Ctrl-D leaves, Ctrl-C stops an answer; everything else is a question"


def converse(
    read_line: Callable[[str], str],
    answer: Callable[[Conversation], Outcome],
    conversation: Conversation,
    voice: Voice,
) -> Conversation:
    """Reads questions and shows answers until the person leaves; returns the conversation.

    An answer that was cut or stopped stays part of it as far as it came; a question without any answer does not, and
    neither ends the conversation.
    """
    empty = conversation
    voice.notice(_HELP)
    while True:
        try:
            line = read_line("> ")
        except EOFError:
            voice.write("\n")
            return conversation
        except KeyboardInterrupt:
            voice.write("\n")
            continue
        match line.strip():
            case "":
                continue
            case word if word in _LEAVE:
                return conversation
            case "/help":
                voice.tell([_HELP])
            case "/new":
                conversation = empty
            case _:
                asked = conversation.asking(line)
                outcome = answer(asked)
                if outcome.text:
                    conversation = asked.answered(outcome.text)
