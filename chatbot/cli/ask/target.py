"""Where to ask: from the words, the variables, and what runs on this machine."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.cli.keys.stored import stored_variables, unread_here
from chatbot.cli.own_providers import listening_url, service_table
from chatbot.cli.route import require_here
from chatbot.cli.settings.loading import load_settings, model_of, with_settings
from chatbot.core.addresses import base_url as checked_base_url
from chatbot.core.errors import NoKey, NothingSetUp
from chatbot.options.chat import Connection, Who
from chatbot.options.settings.settings import Settings
from chatbot.outside.environment import read_variables
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

if TYPE_CHECKING:
    from chatbot.lab.server.http import LabServer

_LAB_PATHS = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}  # of its base URL, as each wire format wants it
_LAB_SERVED = "http://127.0.0.1:8765"  # where `chat lab serve` usually is


def choose_target(
    who: Who,
    connection: Connection,
    open_things: ExitStack,
    *,
    settings: Settings | None = None,
    is_dry: bool = False,
    with_key: bool = True,
    finds_local: bool = True,
) -> ModelTarget:
    """The service, its endpoint and the model. The lab, if it is meant, runs until `open_things` closes. `settings` are
    those of the person, which are read if they are not given. `is_dry`: nothing will be sent, so that neither key nor
    server is needed. Not `with_key`: a key command or the keyring is left for later, see ModelTarget.with_key.
    `finds_local`: a local server that listens answers without being named.

    Raises NothingSetUp, and whatever `choose` and `with_key` raise.
    """
    table, faults = service_table()
    variables, remarks = read_variables(
        os.environ,
        variable_names(table),
        local_names=local_names(table),
        folder=None if connection.no_env_file else Path(),
        env_file=connection.env_file,
    )
    remarks = (*faults, *remarks)
    stored, fault = stored_variables()
    variables = {**stored, **variables}
    if fault:
        remarks = (*remarks, str(fault))
    settings = load_settings() if settings is None else settings
    variables = with_settings(variables, settings)
    base_url = checked_base_url(connection.base_url, "--base-url") if connection.base_url else None
    headers = (*connection.header, *_trace(os.environ.get("TRACEPARENT", "")))
    wish = ModelRequest(who.provider, who.model and settings.model_named(who.model), base_url, headers, is_dry)
    service, model = find_service(wish, variables, table)
    if service is None and finds_local:
        service = next((row for row in table.rows if row.probe and listening_url(row)), None)
    if service is None and is_dry and not who.model:
        service = table.rows[0]
    if service is None:
        check_service_named_in(wish.model, table)
        raise fault or _with_notices(_nothing_set_up(), remarks)
    model = model or model_of(settings, service)
    at = None
    if service.source == services.LAB:
        at = _LAB_SERVED if is_dry else open_things.enter_context(_started_lab()).url
        at += _LAB_PATHS[service.wire]
    elif service.other_base_urls and not base_url and not any(url.name in variables for url in service.urls):
        at = listening_url(service)
    try:
        choice = choose(service, model, wish, variables, at)
    except NoKey as error:
        raise fault or _with_notices(error, remarks) from None
    require_here(connection, choice.endpoint.base_url)
    at_home = choice.endpoint.base_url == service.base_url or service.source == services.LAB
    if at_home and service.has_plain_model_names:
        check_service_named_in(choice.model, table)
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


def _started_lab() -> LabServer:
    """The embedded provider, started inside this process."""
    from chatbot.lab.server.http import LabServer

    return LabServer()


def _nothing_set_up() -> NothingSetUp:
    return NothingSetUp(
        "nothing is set up yet; there are three ways to begin:",
        advice="1. keep a key:          chat keys set openai  (or set OPENAI_API_KEY)\n"
        "2. run a local server:  ollama serve  (or LM Studio, or llama.cpp)\n"
        '3. try without either:  chat -m lab/guide "how do I begin?"\n'
        'The services: chat -m lab/guide "which providers are there?"',
    )
