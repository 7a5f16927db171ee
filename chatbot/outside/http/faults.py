"""What went wrong below HTTP, as an error of ours. Messages of the libraries may hold secrets and are not kept."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

import requests
import urllib3

from chatbot.core import errors
from chatbot.core.addresses import is_loopback


def typed(error: Exception, url: str, timeout_s: tuple[float, float], connected: bool) -> errors.ChatError:
    """The error of ours for what went wrong below HTTP. Messages of the libraries may hold secrets and are not kept."""
    place = place_of(url)
    cause = cause_of(error)
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return errors.CannotResolve(
            f"the name {urlsplit(url).hostname} cannot be resolved: no network, or no such host"
        )
    if isinstance(error, requests.exceptions.SSLError) or isinstance(
        cause, (ssl.SSLError, urllib3.exceptions.SSLError)
    ):
        return _tls_failed(url, cause)
    if isinstance(cause, (http.client.UnknownProtocol, http.client.BadStatusLine)) and not isinstance(
        cause, http.client.RemoteDisconnected
    ):
        return errors.NotHttp(f"what answers at {place} does not speak HTTP")
    if isinstance(cause, (http.client.HTTPException, urllib3.exceptions.InvalidHeader)) and not isinstance(
        cause, (http.client.RemoteDisconnected, http.client.IncompleteRead)
    ):
        return errors.MalformedAnswer(
            f"the answer of {place} begins in a way that HTTP does not allow", advice="Check the base URL."
        )
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        refused = "refused" in str(cause).lower()
        why = "the connection was refused" if refused else "no connection"
        here = is_loopback(urlsplit(url).hostname)
        return errors.CannotConnect(
            f"nothing answers at {place}: {why}",
            # A local server that is not running will not be running in a second either.
            should_retry=False if refused and here else None,
            advice="Is the server running?" if here else "Check the base URL and the network.",
        )
    if isinstance(error, requests.exceptions.ConnectTimeout) or (
        isinstance(error, requests.exceptions.Timeout) and not connected  # in the middle of the TLS handshake
    ):
        return errors.TimedOut(f"{place} did not accept a connection within {timeout_s[0]:g} s")
    if isinstance(error, requests.exceptions.Timeout):
        return timed_out(url, timeout_s[1])
    if isinstance(error, requests.exceptions.InvalidSchema):
        return errors.ConfigurationError(
            f"{place} cannot be reached through this kind of proxy or URL",
            advice="For a SOCKS proxy install PySocks; the base URL must begin with http:// or https://.",
        )
    if isinstance(error, (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError)):
        return errors.ConfigurationError(f"the request to {place} has a header or an address that HTTP does not allow")
    return errors.ConnectionLost(f"the connection to {place} broke off before an answer came")


def cause_of(error: BaseException) -> BaseException:
    """The innermost reason in the chain of wrappers of requests and urllib3."""
    inner = getattr(error, "reason", None) or next((arg for arg in error.args if isinstance(arg, Exception)), None)
    return cause_of(inner) if isinstance(inner, Exception) and not isinstance(error, ssl.SSLError) else error


def _tls_failed(url: str, cause: BaseException) -> errors.TlsFailed:
    """Which of OpenSSL's reasons means that the other side is not TLS at all depends on what it answers, and when."""
    place = place_of(url)
    reason = tls_reason(cause)
    if reason not in ("wrong version number", "http request", "packet length too long", "record layer failure"):
        return errors.TlsFailed(f"no safe connection to {place}: {reason}")
    here = is_loopback(urlsplit(url).hostname)
    return errors.TlsFailed(
        f"{place} does not speak TLS" + (", but perhaps plain http" if here else ""),
        advice=f"Use http://{place} in the base URL." if here else "Check the port of the base URL.",
    )


def tls_reason(cause: BaseException) -> str:
    reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "the handshake failed"
    return str(reason).replace("_", " ").lower()


def timed_out(url: str, timeout_s: float) -> errors.TimedOut:
    return errors.TimedOut(
        f"nothing came from {place_of(url)} for {timeout_s:g} s",
        advice=f"A slow model may need longer: --timeout {timeout_s * 3:g}.",
    )


def overdue(url: str, limit_s: float) -> errors.TimedOut:
    return errors.TimedOut(f"{place_of(url)} had not sent the head of an answer after {limit_s:g} s")


def place_of(url: str) -> str:
    """Host and port, without what may be private in a URL."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
