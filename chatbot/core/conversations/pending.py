"""A question that waits for its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.records import NamedTuple

if TYPE_CHECKING:  # a question is asked without the history
    from chatbot.core.conversations.stored import Replaced


class PendingQuestion(NamedTuple):
    """What is asked: the conversation up to the question, with which options, and whether the answer is shown as it is.

    `replaces`: the question takes the place of the last one, of which this is known: whether it had an answer. It then
    counts as taken back. `continues` is its answer, which broke off and of which only the rest is wanted.
    """

    conversation: Conversation
    options: Options
    raw: bool = False
    replaces: Replaced | None = None
    continues: str = ""
