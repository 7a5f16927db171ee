"""The way to the server as the person chose it, checked before anything is sent."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from chatbot.cli.settings.loading import load_settings
from chatbot.core.addresses import is_loopback, proxy_url
from chatbot.core.errors import ConfigurationError
from chatbot.core.request import Route
from chatbot.options.chat import Connection
from chatbot.options.declared import chosen
from chatbot.terminal.notices import Notices


def chosen_route(connection: Connection, notices: Notices) -> Route:
    """The route; the password of its proxy is never shown.

    Raises FileUnreadable or ConfigurationError for what cannot be used.
    """
    route = Route(
        None if connection.proxy is None else proxy_url(connection.proxy, "--proxy"),
        str(connection.cacert or ""),
        connection.ca,
        connection.insecure,
    )
    if route.proxy and (password := urlsplit(route.proxy).password):
        notices.hide((password, unquote(password)))
    if route.ca_file or route.ca == "system":
        from chatbot.outside.http.authorities import verifying

        verifying(route, {})
    return route


def usual_route(notices: Notices) -> Route:
    """The route that variables and settings choose, for a command without such options. Raises as `chosen_route`."""
    return chosen_route(usual_connection(), notices)


def usual_connection() -> Connection:
    """What variables and settings say of the connection. Raises ConfigurationError."""
    return settled(chosen(Connection, {}, os.environ))


def settled(connection: Connection) -> Connection:
    """The connection, with what the settings say where nothing before them did. Raises ConfigurationError."""
    usual, said = Connection(), load_settings().top
    free = [
        field for field in Connection._fields if field in said and getattr(connection, field) == getattr(usual, field)
    ]
    return connection._replace(**{field: said[field] for field in free})


def require_here(connection: Connection, url: str) -> None:
    """Raises ConfigurationError where a server elsewhere would be believed without a certificate."""
    host = urlsplit(url).hostname
    if connection.insecure and not is_loopback(host):
        raise ConfigurationError(
            f"--insecure is for servers on this machine, and {host} is not one",
            advice="Name the file of its authority: --cacert FILE",
        )
