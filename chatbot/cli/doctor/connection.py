"""The way to the services: proxies, and whose certificates are trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator

from chatbot.cli.doctor.looking import Looking
from chatbot.cli.route import chosen_route, usual_connection
from chatbot.core.addresses import proxy_url
from chatbot.core.checkup.finding import Finding, of_error, warning
from chatbot.core.errors import ConfigurationError
from chatbot.core.request import Route
from chatbot.options.chat import Connection
from chatbot.options.declared import chosen
from chatbot.outside.http import authorities
from chatbot.outside.http.proxies import proxy_name

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def route_of(looking: Looking) -> Route:
    """The way that is chosen. Raises ConfigurationError and FileUnreadable."""
    return chosen_route(connection_of(looking), looking.notices)


def connection_of(looking: Looking) -> Connection:
    """What variables and settings choose; broken settings, which have a line of their own, choose nothing."""
    try:
        return usual_connection()
    except ConfigurationError:
        return chosen(Connection, {}, looking.environ)


def proxies(looking: Looking) -> Iterator[Finding]:
    """Each proxy that is named, without its password, and which hosts do without."""
    own = connection_of(looking).proxy
    own_name = "CHAT_PROXY" if looking.environ.get("CHAT_PROXY") else "proxy in the settings"
    named = {name: _value(looking, name) for name in _PROXIES}
    wrong = False
    for name, value in {own_name: own, **named}.items():
        if not value:
            continue
        try:
            proxy_url(value, name)
            is_used = name == own_name or own is None
            yield Finding(f"{name}: {proxy_name(value)}{'' if is_used else f', not used: {own_name} comes first'}")
        except ConfigurationError as error:
            wrong = True
            yield of_error(error)
    if named["HTTP_PROXY"] and not (own or named["HTTPS_PROXY"] or named["ALL_PROXY"]):
        yield warning(
            "HTTP_PROXY is for http:// alone, and services have https://", "Set HTTPS_PROXY too, if they need it."
        )
    if not (own or any(named.values()) or wrong):
        yield Finding("no proxy is named")
    if without := _value(looking, "NO_PROXY"):
        yield Finding(f"NO_PROXY: {without}; and this machine, as ever")


def _value(looking: Looking, name: str) -> str:
    """Of a variable that may be written in small letters, which come first, as in requests."""
    return looking.environ.get(name.lower()) or looking.environ.get(name) or ""


def certificates(looking: Looking) -> Iterator[Finding]:
    """Whose certificates are trusted, and that they can be read."""
    route = route_of(looking)
    authorities.verifying(route, os.environ)
    ignored = [name for name in authorities.VARIABLES if looking.environ.get(name)]
    if route.ca_file:
        yield Finding(f"certificates: those in {route.ca_file}, chosen for chat alone")
    elif route.ca == "system":
        yield Finding("certificates: those of the system, chosen for chat alone")
    elif ignored:
        yield Finding(f"certificates: those in {authorities.ca_bundle(looking.environ)}, which {ignored.pop(0)} names")
    else:
        yield Finding("certificates: those that came with chat")
    if ignored:
        yield Finding(f"not used: {', '.join(ignored)}")
