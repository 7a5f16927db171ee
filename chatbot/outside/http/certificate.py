"""The certificate that a host shows, looked at before anything is believed or said."""

from __future__ import annotations

import http.client
import ssl
from base64 import b64encode
from urllib.parse import unquote, urlsplit

import certifi

from chatbot.core.checkup.certificate import issuer
from chatbot.outside.http.authorities import unverified
from chatbot.records import NamedTuple


class Shown(NamedTuple):
    """`is_public`: an authority that browsers trust vouches for it."""

    issuer: str
    is_public: bool


def shown_by(host: str, port: int, proxy: str, timeout_s: float) -> Shown:
    """Who issued the certificate of `host`, through this proxy if it is not empty. Nothing is sent to the host but
    the beginning of a handshake. Raises OSError, http.client.HTTPException.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    try:
        return Shown(issuer(_certificate(host, port, proxy, timeout_s, context)), True)
    except ssl.SSLCertVerificationError:
        return Shown(issuer(_certificate(host, port, proxy, timeout_s, unverified())), False)


def _certificate(host: str, port: int, proxy: str, timeout_s: float, context: ssl.SSLContext) -> bytes:
    way = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
    first = (way.hostname or "", way.port or 80) if way else (host, port)
    connection = http.client.HTTPSConnection(*first, timeout=timeout_s, context=context)
    if way:
        names = f"{unquote(way.username or '')}:{unquote(way.password or '')}"
        login = {"Proxy-Authorization": f"Basic {b64encode(names.encode()).decode()}"} if way.username else {}
        connection.set_tunnel(host, port, login)
    try:
        connection.connect()
        assert isinstance(connection.sock, ssl.SSLSocket)
        return connection.sock.getpeercert(binary_form=True) or b""
    finally:
        connection.close()
