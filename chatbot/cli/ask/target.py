"""Where to ask: from the words, the variables, and what runs on this machine."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.cli.route import require_here
from chatbot.cli.settings.loading import load_settings, model_of, with_settings
from chatbot.cli.settings.own_providers import listening_url, service_table
from chatbot.cli.settings.stored_keys import stored_variables, unread_here
from chatbot.core.addresses import base_url as checked_base_url
from chatbot.core.errors import ChatError, NoKey, NothingSetUp
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
from chatbot.providers.credentials import Variables
from chatbot.providers.service import Service
from chatbot.providers.table import ServiceTable
from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from chatbot.lab.server.http import LabServer

# Of the lab's base URL, as each wire format wants it.
_LAB_PATHS = {"openai": "/v1", "responses": "/v1", "anthropic": "", "gemini": "/v1beta"}
_LAB_SERVED = "http://127.0.0.1:8765"  # where `chat lab serve` usually is


class Wanted(NamedTuple):
    """What a target is for. `is_dry`: nothing will be sent, so that neither key nor server is needed. Not `with_key`: a
    key command or the keyring is left for later, see ModelTarget.with_key. `finds_local`: a local server that listens
    answers without being named. `lists`: it will be asked for its models, so that none has to be named.
    """

    is_dry: bool = False
    with_key: bool = True
    finds_local: bool = True
    lists: bool = False


class _Found(NamedTuple):
    """The variables that were found; which of them are `stored`, and why others that are cannot be read; remarks."""

    variables: Variables
    stored: Variables
    fault: ChatError | None
    remarks: tuple[str, ...]


def choose_target(
    who: Who,
    connection: Connection,
    open_things: ExitStack,
    wanted: Wanted = Wanted(),  # noqa: B008  (it is a value)
    settings: Settings | None = None,
) -> ModelTarget:
    """The service, its endpoint and the model. The lab, if it is meant, runs until `open_things` closes. `settings` are
    those of the person, which are read if they are not given.

    Raises NothingSetUp, and whatever `choose` and `with_key` raise.
    """
    table, faults = service_table()
    settings = load_settings() if settings is None else settings
    found = _variables(connection, table, settings, faults)
    variables = found.variables
    wish = ModelRequest(
        who.provider,
        who.model and settings.model_named(who.model),
        checked_base_url(connection.base_url, "--base-url") if connection.base_url else None,
        (*connection.header, *_trace(os.environ.get("TRACEPARENT", ""))),
        wanted.is_dry,
        wanted.lists,
    )
    service, model = _service(wish, variables, table, wanted)
    if service is None:
        check_service_named_in(wish.model, table)
        raise found.fault or _with_notices(_nothing_set_up(), found.remarks)
    service = service.spoken_to(connection.api)
    at = None
    if service.source == services.LAB:
        at = _LAB_SERVED if wanted.is_dry else open_things.enter_context(_started_lab()).url
        at += _LAB_PATHS[service.wire]
    elif service.other_base_urls and not wish.base_url and not any(url.name in variables for url in service.urls):
        at = listening_url(service)
    try:
        choice = choose(service, model or model_of(settings, service), wish, variables, at)
    except NoKey as error:
        raise found.fault or _with_notices(error, found.remarks) from None
    require_here(connection, choice.endpoint.base_url)
    at_home = choice.endpoint.base_url == service.base_url or service.source == services.LAB
    if at_home and service.has_plain_model_names:
        check_service_named_in(choice.model, table)
    remarks = [*found.remarks, *choice.remarks]
    if choice.key_variable in found.stored and variables[choice.key_variable].local:
        remarks.append(f"{choice.key_variable} is stored too, and not used; --no-env-file ignores ./.env")
    choice = choice._replace(remarks=tuple(remarks))
    return choice.with_key() if wanted.with_key else choice


def _variables(connection: Connection, table: ServiceTable, settings: Settings, faults: tuple[str, ...]) -> _Found:
    """The variables of the environment, of files, of the keys that are stored, and of the settings."""
    read, remarks = read_variables(
        os.environ,
        variable_names(table),
        local_names=local_names(table),
        folder=None if connection.no_env_file else Path(),
        env_file=connection.env_file,
    )
    stored, fault = stored_variables()
    remarks = (*faults, *remarks, *([str(fault)] if fault else []))
    return _Found(with_settings({**stored, **read}, settings), stored, fault, remarks)


def _service(
    wish: ModelRequest, variables: Variables, table: ServiceTable, wanted: Wanted
) -> tuple[Service | None, str | None]:
    """The service and the model, as far as anything tells them; the first local server that listens, where nothing
    does.
    """
    service, model = find_service(wish, variables, table)
    if service is None and wanted.finds_local:
        service = next((row for row in table.rows if row.probe and listening_url(row)), None)
    if service is None and wanted.is_dry and not wish.model:
        service = table.rows[0]
    return service, model


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
