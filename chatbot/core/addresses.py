"""What a base URL may look like, which hosts are this machine, and which addresses are of the public internet."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from chatbot.core.errors import ConfigurationError

_PROXY_PORTS = {"http": 1080, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}


def is_loopback(host: str | None) -> bool:
    """Whether `host` is this machine: localhost, 127.0.0.0/8, ::1."""
    if not host:
        return False
    host = host.lower().strip("[]").rstrip(".")
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def is_public(address: str) -> bool:
    """Whether an IP address (in its usual form, as a resolver gives it) is one of the public internet: no loopback,
    private, shared, link-local, multicast, documentation or reserved one, however it is wrapped in IPv6.

    An address that stands for one of IPv4 is what that is: mapped (::ffff:0:0/96), translated (64:ff9b::/96). Tunnels
    (Teredo, 6to4) are gone and refused. Sources: the special-purpose registries of IANA (RFC 6890); RFC 6052, 7526.
    """
    import ipaddress  # few runs ask

    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        is_of_protocols = found in ipaddress.ip_network("192.0.0.0/24")  # to some versions of Python it is global
        return found.is_global and not found.is_multicast and not is_of_protocols
    if found.ipv4_mapped or found in ipaddress.ip_network("64:ff9b::/96"):
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    special = map(ipaddress.ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
    # Of IPv6 only 2000::/3 is given out; a zone (%eth0) belongs to one link.
    is_unicast = found in ipaddress.ip_network("2000::/3") and not found.scope_id
    return is_unicast and not any(found in network for network in special)


def base_url(text: str, origin: str) -> str:
    """The base URL without a slash at its end.

    Raises ConfigurationError, naming `origin`, for anything that could lead a key elsewhere than it seems: another
    scheme than http or https, a user name, a backslash, blanks or control characters, a query or a fragment.
    """
    split = _split(text.strip())
    wrong = _fault(text.strip(), split)
    if wrong or split is None:
        printable = "".join(char for char in text if char.isprintable())
        shown = re.sub("//.*@", "//…@", re.split("[?#]", printable)[0])[:100]  # less what may be a secret
        raise ConfigurationError(
            f"{origin} is no base URL that can be used: {wrong} ({shown})",
            advice="It looks like https://api.example.com/v1 .",
        )
    return text.strip().rstrip("/")


def _split(text: str) -> SplitResult | None:
    try:
        split = urlsplit(text)
        _ = split.port  # raises where it is no number
    except ValueError:
        return None
    return split


def _fault(text: str, split: SplitResult | None) -> str:
    if split is None:
        return "it is malformed"
    if re.search(r"[\s\\\x00-\x20\x7f-\x9f]", text):
        return "it holds a blank, a backslash or a control character"
    if split.scheme not in ("http", "https"):
        return "it must begin with http:// or https://"
    if not split.hostname:
        return "it names no host"
    if split.username is not None or "@" in split.netloc:
        return "it holds a user name"
    if split.query or split.fragment or "?" in text or "#" in text:
        return "it has a query or a fragment"
    return ""


def proxy_url(text: str, origin: str) -> str:
    """The URL of a proxy as curl takes it: http and port 1080 where it names none; empty for none at all.

    Raises ConfigurationError, naming `origin`. Source: curl.se/docs/manpage.html, --proxy.
    """
    text = text.strip()
    if not text:
        return ""
    url = text if "://" in text else f"http://{text}"
    split = _split(url)
    wrong = "it is malformed" if split is None else ""
    if split and split.scheme not in _PROXY_PORTS:
        wrong = "it must begin with http://, https:// or socks5h://"
    elif split and (not split.hostname or re.search(r"[\s\\\x00-\x20\x7f-\x9f]", url)):
        wrong = "it names no host"
    if wrong or split is None:
        raise ConfigurationError(
            f"{origin} is no proxy that can be used: {wrong}", advice="It looks like http://proxy.example.com:3128 ."
        )
    port = "" if split.port else f":{_PROXY_PORTS[split.scheme]}"
    return f"{split.scheme}://{split.netloc.rstrip(':')}{port}"


def from_host(text: str, default_port: int) -> str:
    """A base URL from a host as OLLAMA_HOST has it: `host`, `host:port`, `scheme://host:port/path`.

    Without a scheme it is http at `default_port`; `http://` means port 80, `https://` 443. An address to listen on
    (0.0.0.0, ::) becomes loopback; a port that is none counts as not given. Source: ollama, envconfig/config.go.
    """
    text = text.strip().strip("\"'")
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    place, _, path = rest.partition("/")
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([^:]*))?", place)
    host, port = (match[1], match[2]) if match else (f"[{place}]", None)  # a bare IPv6 address has many colons
    usual = {"http": 80, "https": 443}.get(scheme, default_port) if found else default_port
    number = int(port) if port and re.fullmatch("[0-9]{1,5}", port) and int(port) < 65536 else usual
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)
    return f"{scheme}://{host}:{number}" + (f"/{path.strip('/')}" if path.strip("/") else "")
