"""What can be done about an error that only the command line knows: its options, its services, what it attached."""

from __future__ import annotations

from chatbot.core.amounts import token_words
from chatbot.core.conversations.resume import estimated_tokens
from chatbot.core.errors import AnswerError, CannotConnect, ChatError, ContextTooLong, KeyRejected, UnknownModel
from chatbot.core.events import Verdict
from chatbot.core.messages import Conversation
from chatbot.providers import services
from chatbot.providers.choice import ModelTarget

_MANY_TOKENS = 1_500  # the smallest contexts that local servers start with have 2 048


def advise(
    error: ChatError, verdict: Verdict, conversation: Conversation, target: ModelTarget, proxy: str | None
) -> None:
    """Puts the advice into the error that an answer ended in; `proxy` is the one whose page came in its place."""
    _about_service(error, target)
    if proxy:
        from chatbot.outside.http.proxies import beside_proxy

        beside_proxy(error, proxy)
    if not _about_attachments(error, conversation):
        _about_length(error, verdict, conversation)


def _about_service(error: ChatError, target: ModelTarget) -> None:
    service = target.service
    if isinstance(error, CannotConnect) and service.start_advice:
        error.advice = service.start_advice
    if isinstance(error, KeyRejected) and not target.secrets:
        names = " or ".join(key.name for key in service.keys)
        error.args = (f"{service.title} wants a key, and none is set (HTTP {error.status})",)
        error.advice = (
            f"Keep it with chat keys set {service.name}, or set {names}." if names else "Give it with --header."
        )
    if isinstance(error, UnknownModel) and service.source == services.LAB:
        error.advice = f"{error.advice}\nchat lab list shows them all, with what each teaches."


def _about_attachments(error: ChatError, conversation: Conversation) -> bool:
    """Whether it is about them."""
    attached = conversation.to_last_question.messages[-1].attachments
    if not attached:
        return False
    from chatbot.providers.errors.attachments import is_about_attachments, refused_attachments

    if not is_about_attachments(error):
        return False
    error.advice = refused_attachments(error, attached)
    return True


def _about_length(error: ChatError, verdict: Verdict, conversation: Conversation) -> None:
    is_too_long = isinstance(error, ContextTooLong) and len(conversation.messages) > 1
    is_empty = type(error) is AnswerError and verdict is Verdict.EMPTY
    tokens = estimated_tokens(conversation) if is_too_long or is_empty else 0
    if is_empty and tokens > _MANY_TOKENS:  # llama.cpp's server answers so what does not fit into its context
        error.advice = (
            f"About {token_words(tokens)} were sent, which may be more than the model takes: send less text, "
            "leave out old turns with --truncate TOKENS, or start the server with a larger context."
        )
    if is_too_long:
        error.advice = (
            f"The conversation has about {token_words(tokens)}. Leave out its oldest turns with "
            "--truncate TOKENS, or take a model with a larger context with -m."
        )
