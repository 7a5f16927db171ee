"""One client for several providers, each in its own wire format."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.events import Event
from chatbot.core.messages import Conversation, Image, Message
from chatbot.library.asking import Answer, Asker, options_of
from chatbot.library.chat import target_of
from chatbot.library.closing import Closing
from chatbot.library.raw_openai_client import Messages
from chatbot.library.wrapping import READ_TIMEOUT_S
from chatbot.providers.choice import ModelTarget
from chatbot.providers.service import Api

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)


class MultiProviderHTTPClient(Closing):
    """Asks openai, anthropic, gemini, and any other service that `chat` knows. `api_keys` by provider; one that has
    none here is taken from its variable. `base_urls` by provider, where they are not the services' own; `apis` by
    provider: `chat` or `responses`, where it speaks both.

    Messages are those of Chat Completions: `role` (system, developer, user, assistant) and `content`, a text or parts
    of the types text and image_url (a data URL). Options are called the same everywhere: temperature, top_p,
    max_tokens, stop, seed, reasoning_effort; any other goes into the request body as it is.
    """

    def __init__(
        self,
        api_keys: Mapping[str, str] | None = None,
        *,
        base_urls: Mapping[str, str] | None = None,
        apis: Mapping[str, Api] | None = None,
        timeout_s: float = READ_TIMEOUT_S,
        max_retries: int | None = None,
    ) -> None:
        self._api_keys = dict(api_keys or {})
        self._base_urls = dict(base_urls or {})
        self._apis = dict(apis or {})
        self._asker = Asker(timeout_s=timeout_s, max_retries=max_retries)

    def complete(self, provider: str, messages: Messages, model: str, **options: Any) -> Answer:
        """The whole answer. Raises ChatError where none came; one that broke off is returned, its verdict says so."""
        target = self._target(provider, model)
        return self._asker.worded(target, conversation_of(messages), options_of(target.model or "", options))

    def stream(self, provider: str, messages: Messages, model: str, **options: Any) -> Iterator[Event]:
        """The events of an answer while it comes; the last one is Finished."""
        target = self._target(provider, model)
        return self._asker.events(target, conversation_of(messages), options_of(target.model or "", options))

    def close(self) -> None:
        """Closes its connections."""
        self._asker.close()

    def _target(self, provider: str, model: str) -> ModelTarget:
        key, base_url = self._api_keys.get(provider), self._base_urls.get(provider)
        return target_of(model, key, base_url, provider, self._apis.get(provider))


def conversation_of(messages: Messages) -> Conversation:
    """The same conversation in our terms. Raises UsageError for what has no place in one."""
    system: list[str] = []
    said: list[Message] = []
    for message in messages:
        role, content = message.get("role"), message.get("content")
        texts, images = _content(content)
        if role in ("system", "developer"):
            system.append(texts)
        elif role == "user" or role == "assistant":
            said.append(Message(role, texts, images))
        else:
            raise UsageError(f"a message has the role {role!r}", advice="Roles are system, user and assistant.")
    return Conversation(tuple(said), "\n\n".join(system) or None)


def _content(content: Any) -> tuple[str, tuple[Image, ...]]:
    if isinstance(content, str):
        return content, ()
    texts, images = [], []
    for part in content if isinstance(content, list) else [None]:
        match part:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(url)}} if found := _DATA_URL.match(url):
                images.append(Image(found[1], _decoded(found[2]), 0, 0, ""))
            case _:
                raise UsageError(
                    "a message has content of another kind", advice="It is a text, or parts: text, image_url (data:)."
                )
    return "\n\n".join(texts), tuple(images)


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except ValueError:
        raise UsageError("the image of a message is not Base64") from None
