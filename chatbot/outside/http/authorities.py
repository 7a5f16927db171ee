"""Whose certificates are trusted: those that come with this program, a file of the person's, or the system's."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from chatbot.core.errors import ConfigurationError, FileUnreadable
from chatbot.core.request import Route

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # the first that is set counts
TRUSTSTORE_MISSING = ConfigurationError(
    "the system's certificates need a package that is not installed: truststore",
    advice="Install it: pip install 'chat-cli[truststore]'. A file of certificates does without: --cacert FILE",
)


def verifying(route: Route, environ: Mapping[str, str]) -> ssl.SSLContext:
    """The TLS context of this route.

    Raises FileUnreadable for a file of the command line that is not there, ConfigurationError for any other reason.
    """
    if route.ca_file:
        if not Path(route.ca_file).exists():
            raise FileUnreadable(f"the certificate file {route.ca_file} does not exist", advice="Check --cacert.")
        return _of_file(route.ca_file, "Check --cacert: it is a file of PEM certificates.")
    if route.ca == "system":
        return _of_system()
    return _of_file(ca_bundle(environ), f"Check {', '.join(VARIABLES[:-1])} and {VARIABLES[-1]}.")


def unverified() -> ssl.SSLContext:
    """A context that takes any certificate: for a server on this machine where the person said so, and for a look at a
    certificate before anything is sent.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ca_bundle(environ: Mapping[str, str]) -> str:
    """The file or folder of authorities that the environment names, else the one that `requests` brings."""
    import certifi

    return next((environ[name] for name in VARIABLES if environ.get(name)), "") or certifi.where()


def _of_system() -> ssl.SSLContext:
    try:
        import truststore
    except ImportError:
        raise TRUSTSTORE_MISSING from None
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@lru_cache(maxsize=4)  # a server has many transports, and each context takes 10 ms and 1 MB
def _of_file(ca_bundle: str, advice: str) -> ssl.SSLContext:
    try:
        if Path(ca_bundle).is_dir():  # hashed certificates, as in /etc/ssl/certs
            return ssl.create_default_context(capath=ca_bundle)
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        raise _unreadable(ca_bundle, error, advice) from error


def _unreadable(ca_bundle: str, error: OSError, advice: str) -> ConfigurationError:
    """The context reads the authorities, and opens the file that SSLKEYLOGFILE names; its error does not say which."""
    key_log = os.environ.get("SSLKEYLOGFILE")
    if key_log and os.access(ca_bundle, os.R_OK) and not isinstance(error, ssl.SSLError):
        return ConfigurationError(
            f"the file {key_log}, which SSLKEYLOGFILE names, cannot be written: {error.strerror or error}",
            advice="Name another, or unset SSLKEYLOGFILE.",
        )
    why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror or error
    return ConfigurationError(f"the certificate file {ca_bundle} cannot be read: {why}", advice=advice)
