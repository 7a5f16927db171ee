"""Where to ask: from the words, the variables, and what runs on this machine."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatbot.cli.keys.stored import stored_variables, unread_here
from chatbot.core.addresses import base_url as checked_base_url
from chatbot.core.errors import NoKey
from chatbot.options.chat import Connection, Who
from chatbot.outside.environment import read_variables
from chatbot.outside.http.listening import listens
from chatbot.providers import services
from chatbot.providers.choice import (
    ModelRequest,
    ModelTarget,
    check_service_named_in,
    choose,
    find_service,
    local_names,
    variable_names,
)
from chatbot.providers.service import Service

if TYPE_CHECKING:
    from chatbot.lab.server.http import LabServer

_LAB_PATHS = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}  # of its base URL, as each wire format wants it
_LAB_SERVED = "http://127.0.0.1:8765"  # where `chat lab serve` usually is


def choose_target(
    who: Who, connection: Connection, open_things: ExitStack, *, is_dry: bool = False, with_key: bool = True
) -> ModelTarget:
    """The service, its endpoint and the model. The lab, if it is meant, runs until `open_things` closes. `is_dry`:
    nothing will be sent, so that neither key nor server is needed. Not `with_key`: a key command or the keyring is left
    for later, see ModelTarget.with_key.

    Raises NoKey when nothing is set up, and whatever `choose` and `with_key` raise.
    """
    variables, remarks = read_variables(
        os.environ,
        variable_names(),
        local_names=local_names(),
        folder=None if connection.no_env_file else Path(),
        env_file=connection.env_file,
    )
    stored, fault = stored_variables()
    variables = {**stored, **variables}
    if fault:
        remarks = (*remarks, str(fault))
    base_url = checked_base_url(connection.base_url, "--base-url") if connection.base_url else None
    headers = (*connection.header, *_trace(os.environ.get("TRACEPARENT", "")))
    wish = ModelRequest(who.provider, who.model, base_url, headers, is_dry)
    service, model = find_service(wish, variables)
    if service is None:
        service = next((row for row in services.SERVICES if row.probe and _listening_url(row)), None)
    if service is None and is_dry and not who.model:
        service = services.SERVICES[0]
    if service is None:
        check_service_named_in(who.model)
        raise fault or _with_notices(_nothing_set_up(), remarks)
    at = None
    if service.source == services.LAB:
        at = _LAB_SERVED if is_dry else open_things.enter_context(_started_lab()).url
        at += _LAB_PATHS[service.wire]
    elif service.other_base_urls and not base_url and not any(url.name in variables for url in service.urls):
        at = _listening_url(service)
    try:
        choice = choose(service, model, wish, variables, at)
    except NoKey as error:
        raise fault or _with_notices(error, remarks) from None
    at_home = choice.endpoint.base_url == service.base_url or service.source == services.LAB
    if at_home and service.has_plain_model_names:
        check_service_named_in(choice.model)
    if choice.key_variable in stored and variables[choice.key_variable].local:
        remarks = (*remarks, f"{choice.key_variable} is stored too, and not used; --no-env-file ignores ./.env")
    choice = choice._replace(remarks=(*remarks, *choice.remarks))
    return choice.with_key() if with_key else choice


def _trace(parent: str) -> list[str]:
    """The header that makes the request part of a trace. Source: W3C Trace Context, section 3.2."""
    is_valid = re.fullmatch("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", parent)
    return [f"traceparent: {parent}"] if is_valid else []


def _with_notices(error: NoKey, remarks: tuple[str, ...]) -> NoKey:
    """The error with what was found wrong in the files where a key may be."""
    error.advice = "\n".join((*remarks, *unread_here(), error.advice))
    return error


def _listening_url(service: Service) -> str | None:
    """The first address of a local server at which something listens."""
    urls = (service.base_url, *service.other_base_urls)
    return next((url for url in urls if url and listens(urlsplit(url).port or 80)), None)


def _started_lab() -> LabServer:
    """The embedded provider, started inside this process."""
    from chatbot.lab.server.http import LabServer

    return LabServer()


def _nothing_set_up() -> NoKey:
    return NoKey(
        "nothing is set up yet; there are three ways to begin:",
        advice="1. keep a key:          chat keys set openai  (or set OPENAI_API_KEY)\n"
        "2. run a local server:  ollama serve  (or LM Studio, or llama.cpp)\n"
        '3. try without either:  chat -m lab/guide "how do I begin?"\n'
        'The services: chat -m lab/guide "which providers are there?"',
    )
