"""A key that is pasted: whose it is, whether its service takes it, and where it is kept."""

from __future__ import annotations

import os

from chatbot.cli.asking_back import typed_line
from chatbot.cli.keys.checking import ACCEPTED, REJECTED, check_keys
from chatbot.cli.keys.listing import FoundKey, ListedKey, list_keys
from chatbot.cli.keys.storing import store_key
from chatbot.cli.settings.own_providers import own_table
from chatbot.cli.settings.stored_keys import key_file
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.options import SettingSource
from chatbot.core.request import Route
from chatbot.outside.desktop.hidden_line import read_hidden
from chatbot.outside.files.reading import display_name
from chatbot.providers.credentials import bare_key, clean_key, fingerprint, service_of_key
from chatbot.providers.service import Service
from chatbot.terminal.notices import Notices


def paste_key(notices: Notices, route: Route) -> str | None:
    """The name of the service whose key was typed; None where none was, or it is not taken.

    Raises ConfigurationError for what is no key, Left.
    """
    text = read_hidden("The key (not shown; Enter goes back): ")
    if not bare_key(text):
        return None
    key = clean_key(text, "what was typed")
    notices.hide([key])
    service = service_of_key(key, own_table().rows) or _asked_for(notices)
    if service is None:
        return None
    name = service.keys[0].name
    keeps = _is_worth_keeping(service, key, notices, route)
    if keeps is None:
        return None
    if not keeps:
        os.environ[name] = key  # as if it had been exported
        notices.tell([f"the key is used for this run, and kept nowhere; to keep it: chat keys set {service.name}"])
        return service.name
    kept = store_key(name, key)
    notices.tell(
        [f"{kept.name} is kept in {display_name(key_file().path)}", f"To take it away: chat keys unset {service.name}"]
    )
    return service.name


def _asked_for(notices: Notices) -> Service | None:
    """The service that the person names; None where they go back."""
    while word := typed_line("Which service is it for? ", notices).strip():
        try:
            service = own_table().find(word)
        except UsageError as error:
            notices.tell([str(error), error.advice])
            continue
        if service.keys:
            return service
        notices.tell([f"{service.title} has no key"])
    return None


def _is_worth_keeping(service: Service, key: str, notices: Notices, route: Route) -> bool | None:
    """Whether the key is to be kept, or used for this run only; None where it is of no use."""
    notices.tell([f"asking {service.title} whether it takes the key ..."])
    name = service.keys[0].name
    listed = ListedKey(name, service, (FoundKey("typed", "", fingerprint(key)),))
    listing = list_keys()
    variables = {**listing.variables, name: SettingSource(key, "what was typed")}
    [tested] = check_keys(listing._replace(keys=(listed,), variables=variables), notices, route=route)
    if tested.state == REJECTED:
        notices.tell([f"{service.title} does not take the key: {tested.why}", f"Keys are made at {service.key_page} ."])
        return None
    if tested.state != ACCEPTED:
        notices.tell([f"it could not be told whether {service.title} takes the key ({tested.state}): {tested.why}"])
    try:
        place = display_name(key_file().path)
    except ConfigurationError as error:
        notices.tell([str(error)])
        return False
    if tested.state == ACCEPTED:
        notices.tell([f"{service.title} takes it"])
    answer = typed_line(f"Keep it in {place}? [Y/n] ", notices)
    return answer.strip().lower() in ("", "y", "yes")
