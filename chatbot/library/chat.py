"""A model that is asked questions, as the command line asks them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chatbot.core.errors import ChatError, FileUnreadable, NoKey, UsageError
from chatbot.core.events import Event, Verdict
from chatbot.core.messages import PDF, Attachment, Conversation, Document
from chatbot.core.options import Options, SettingSource
from chatbot.core.text import decode, question
from chatbot.library.asking import Answer, Asker, options_of
from chatbot.library.closing import Closing
from chatbot.library.wrapping import READ_TIMEOUT_S
from chatbot.outside.attachments.finding import find_file
from chatbot.outside.environment import read_variables
from chatbot.outside.files.images import load_image, load_image_bytes
from chatbot.providers import services
from chatbot.providers.attachments import limits, why_not_taken
from chatbot.providers.choice import (
    ModelRequest,
    ModelTarget,
    check_service_named_in,
    choose,
    find_service,
    variable_names,
)
from chatbot.providers.service import Api


class Chat(Closing):
    """Asks `provider/model`, or a model whose name tells its provider; keys and base URLs are taken from the same
    variables as those of `chat`, unless said. Each question stands for itself, but for one that goes on from an answer.
    Any number of threads may ask at once. `options` (temperature, max_tokens, seed, ...) hold for each question. `api`
    is `chat` or `responses`, where the service speaks both.

    Raises ConfigurationError without a key, UsageError for a provider that does not exist.
    """

    def __init__(
        self,
        model: str,
        *,
        system: str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        api: Api | None = None,
        timeout_s: float = READ_TIMEOUT_S,
        max_retries: int | None = None,
        **options: Any,
    ) -> None:
        self._target = target_of(model, api_key, base_url, api=api)
        self._system = system
        self._options = options
        self._asker = Asker(timeout_s=timeout_s, max_retries=max_retries)

    def ask(
        self,
        text: str,
        images: Iterable[str | Path] = (),
        system: str | None = None,
        *,
        attachments: Iterable[str | Path] = (),
        after: Answer | None = None,
        **options: Any,
    ) -> Answer:
        """The whole answer. `attachments` are files and addresses, of images, PDF documents, recordings and text.

        Raises ChatError where no answer came; one that broke off is returned, its verdict says so.
        """
        return self._asker.worded(
            self._target, self._asked(text, images, attachments, system, after), self._with(options)
        )

    def stream(
        self,
        text: str,
        images: Iterable[str | Path] = (),
        system: str | None = None,
        *,
        attachments: Iterable[str | Path] = (),
        after: Answer | None = None,
        **options: Any,
    ) -> Iterator[Event]:
        """The events of an answer while it comes; the last one is Finished."""
        return self._asker.events(
            self._target, self._asked(text, images, attachments, system, after), self._with(options)
        )

    def ask_all(self, texts: Iterable[str], workers: int = 8, **options: Any) -> list[Answer]:
        """The answers in the order of the questions, so many at a time. Nothing is raised: see their verdicts."""

        def answer(text: str) -> Answer:
            conversation = self._asked(text, (), (), None, None)
            try:
                return self._asker.answer(self._target, conversation, self._with(options))
            except ChatError as error:
                return Answer("", "", Verdict.FAILED, None, None, error=error, conversation=conversation)

        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(answer, texts))

    def close(self) -> None:
        """Closes its connections."""
        self._asker.close()

    def _with(self, options: Mapping[str, Any]) -> Options:
        return options_of(self._target.model or "", {**self._options, **options})

    def _asked(
        self,
        text: str,
        images: Iterable[str | Path],
        attachments: Iterable[str | Path],
        system: str | None,
        after: Answer | None,
    ) -> Conversation:
        before = after.conversation if after else Conversation(system=self._system)
        loaded = tuple(load_image(path, self._target.service.images)[0] for path in images)
        files, texts = _attached(attachments, self._target)
        asked = question(text, texts, None) if texts else text
        return before._replace(system=before.system if system is None else system).asking(asked, (*loaded, *files))


def _attached(
    paths: Iterable[str | Path], target: ModelTarget
) -> tuple[tuple[Attachment, ...], tuple[tuple[str, str], ...]]:
    """Images, PDF documents and recordings; and texts (name and text), of which a PDF that is not taken is one.

    Raises FileUnreadable and NetworkError.
    """
    files: list[Attachment] = []
    texts: list[tuple[str, str]] = []
    for file in (find_file(str(path)) for path in paths):
        name, data, kind = file
        if kind.media_type == "image/*":
            files.append(load_image_bytes(data, name, target.service.images)[0])
        elif file.is_text:
            texts.append((name, decode(data, name).text))
        else:
            document = Document(kind.media_type, data, name.rpartition("/")[2])
            why = why_not_taken(document, limits(target.service, target.model), target.service.title)
            if why is None:
                files.append(document)
            elif kind.media_type == PDF:
                from chatbot.outside.attachments.pdf_text import pdf_text

                texts.append((name, pdf_text(data, name).text))
            else:
                raise FileUnreadable(f"{name} cannot be sent: it is {kind.words}, and {why}")
    return tuple(files), tuple(texts)


def target_of(
    model: str | None,
    api_key: str | None,
    base_url: str | None,
    provider: str | None = None,
    api: Api | None = None,
) -> ModelTarget:
    """Who is asked, as the command line chooses it. Raises ConfigurationError and UsageError."""
    variables, _ = read_variables(os.environ, variable_names())
    name, slash, rest = (model or "").partition("/")
    if base_url and slash and not provider and name in services.BY_NAME:
        provider, model = name, rest
    wish = ModelRequest(provider, model, base_url and base_url.rstrip("/"))
    service, own_model = find_service(wish, variables)
    if service is None:
        raise UsageError(f"nothing tells who has the model {model}", advice="Write provider/model.")
    service = service.spoken_to(api)
    if api_key and service.keys:
        variables[service.keys[0].name] = SettingSource(api_key, "api_key")
    try:
        target = choose(service, own_model, wish, variables)
    except NoKey as error:  # what the command line keeps is its own
        error.advice = f"Export {service.keys[0].name}, or give api_key."
        raise
    if target.endpoint.base_url == service.base_url and service.has_plain_model_names:
        check_service_named_in(target.model)
    return target
