"""A local server, taken as the provider from now on."""

from __future__ import annotations

import os
import random
import time

from chatbot.cli.cost.booking import booked
from chatbot.cli.settings.own_providers import listening_url
from chatbot.core.errors import ConfigurationError, UnknownModel
from chatbot.core.retry import RetryPolicy
from chatbot.outside.files import settings as file
from chatbot.outside.files.reading import display_name
from chatbot.providers.choice import ModelRequest, choose
from chatbot.providers.service import Service
from chatbot.providers.wires.lookup import provider_for
from chatbot.session import Session
from chatbot.terminal.notices import Notices

_PATIENCE_S = 5.0


def use_local(service: Service, notices: Notices) -> str:
    """The name of the service, kept in the settings. Raises ChatError where it gives no model."""
    model = _first_model(service, notices)
    try:
        path = file.settings_path()
        file.change(path, lambda text: file.with_key(text, ("provider",), service.name))
        kept = f"provider = {service.name} is kept in {display_name(path)}; to undo: chat config unset provider"
    except ConfigurationError as error:
        kept = f"the choice is not kept: {error}"
    notices.tell([f"{service.title} answers with {model}", kept])
    return service.name


def _first_model(service: Service, notices: Notices) -> str:
    from chatbot.outside.http.transport import LiveTransport

    endpoint = choose(service, None, ModelRequest(), {}, listening_url(service)).endpoint
    on_close = booked("models", service.name, notices)
    transport = LiveTransport(os.environ, idle_timeout_s=_PATIENCE_S, on_close=on_close)
    provider = provider_for(service, endpoint)
    session = Session(provider, transport, RetryPolicy(), time.monotonic, time.time, random.random)
    try:
        models = session.models()
    finally:
        transport.close()
    if not models:
        raise UnknownModel(f"{service.title} runs, and has no model yet", advice=service.start_advice)
    return models[0].name
