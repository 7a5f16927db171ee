"""Through which proxy a host is reached, and what it means when that cannot be used."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies, select_proxy, should_bypass_proxies

from chatbot.core import errors
from chatbot.core.addresses import is_loopback
from chatbot.core.request import Route
from chatbot.outside.http.faults import cause_of, tls_reason

WANTS_PASSWORD = 407  # RFC 9110, section 15.5.8


def proxies_for(url: str, route: Route) -> dict[str, str]:
    """The proxies for `url`, as `requests` takes them. This machine is reached without one, whatever the environment
    says, unless the person names one that is on this machine too. NO_PROXY holds for each.
    """
    here = is_loopback(urlsplit(url).hostname)
    if route.proxy is None:
        return {} if here else get_environ_proxies(url)
    leads_away = here and not is_loopback(urlsplit(route.proxy).hostname)
    is_without = not route.proxy or leads_away or should_bypass_proxies(url, no_proxy=None)
    return {} if is_without else {"all": route.proxy}


def proxy_for(url: str, route: Route) -> str:
    """The URL of the proxy through which `url` is reached; empty for none."""
    return chosen_proxy(url, proxies_for(url, route))


def chosen_proxy(url: str, proxies: Mapping[str, str]) -> str:
    """That one of these proxies; empty for none."""
    return select_proxy(url, proxies) or ""


def effective(route: Route, url: str) -> Route:
    """The route as a program goes it that knows no exception for this machine."""
    return route._replace(proxy="") if route.proxy and not proxies_for(url, route) else route


def fault_of_proxy(error: Exception, url: str, is_ready: bool) -> str:
    """Why the proxy cannot be used, in words; empty where the fault is another. `is_ready`: it has let us through."""
    if isinstance(error, requests.exceptions.InvalidURL):  # the address asked for was checked before
        return "its address is malformed"
    cause = cause_of(error)
    wrong_words = isinstance(cause, (http.client.UnknownProtocol, http.client.BadStatusLine))
    if wrong_words and not isinstance(cause, http.client.RemoteDisconnected) and not (is_ready and url[:5] == "https"):
        return "it does not speak HTTP"
    if isinstance(cause, http.client.RemoteDisconnected) and not is_ready:
        return "it closed the connection"
    if isinstance(error, requests.exceptions.Timeout) and not is_ready:
        return "nothing comes through it"
    if not isinstance(error, requests.exceptions.ProxyError):
        return ""
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return "its name cannot be resolved"
    if isinstance(cause, urllib3.exceptions.NewConnectionError) and "refused" in str(cause).lower():
        return "the connection was refused"
    if isinstance(cause, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return "it does not answer"
    if isinstance(cause, ssl.SSLError):
        return f"no safe connection to it ({tls_reason(cause)}); most proxies are meant with http://"
    answered = re.search("Tunnel connection failed: ([0-9]{3})", str(cause))
    return status_words(int(answered[1])) if answered else "no connection"


def status_words(status: int) -> str:
    """What a proxy says with a status of its own."""
    wants_password = status == WANTS_PASSWORD
    return f"it {'asks for a name and a password' if wants_password else 'refuses to connect'} (HTTP {status})"


def proxy_failed(proxy: str, why: str) -> errors.ProxyFailed:
    """The error that names a proxy, without the name and the password in its URL."""
    wants_password = f"HTTP {WANTS_PASSWORD}" in why
    return errors.ProxyFailed(
        f"the proxy {proxy_name(proxy)} cannot be used: {why}",
        should_retry=False if wants_password else None,
        advice="Put them before its host: http://NAME:PASSWORD@HOST:PORT, better in CHAT_PROXY or HTTPS_PROXY than on "
        "the command line."
        if wants_password
        else None,
    )


def beside_proxy(fault: errors.ChatError, proxy: str) -> errors.ChatError:
    """The fault of a server, where a proxy on the way may have answered in its place."""
    may_be = f"The proxy {proxy_name(proxy)} is on the way, and may have answered itself; --proxy '' does without."
    fault.advice = f"{fault.advice}\n{may_be}".strip()
    return fault


def proxy_name(proxy: str) -> str:
    """Host and port of a proxy, whatever its URL looks like."""
    return proxy.rpartition("://")[2].rpartition("@")[2].partition("/")[0] or "in the environment"
