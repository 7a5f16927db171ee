"""Keys and headers: which one counts, whether it is well formed, and where it may be sent. Pure.

A `.env` in the working directory comes with the folder and not from the person, so a base URL of its own is only ever
sent a key from the same file.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from chatbot.core.addresses import is_loopback
from chatbot.core.errors import ConfigurationError, NoKey, UsageError
from chatbot.core.options import SettingSource
from chatbot.providers.service import OWN, KeyVariable, Service

Variables = Mapping[str, SettingSource]

_SAFE_WAYS = "use an https:// address, or a tunnel to this computer (ssh -L)."
_PLAIN = re.compile(r"[\x20-\x7e\xa0-\xff]*")  # what a header can carry (RFC 9110, section 5.5; Latin-1)


def key_for(row: Service, variables: Variables) -> tuple[KeyVariable | None, SettingSource | None, tuple[str, ...]]:
    """The key that counts: a trusted one before a local one before a stored one, then in the row's order."""
    found = [(key, variables[key.name]) for key in row.keys if key.name in variables]
    found.sort(key=lambda pair: (pair[1].stored, pair[1].local))
    if not found:
        return None, None, ()
    key, value = found[0]
    remarks = [f"using {key.name} from {value.origin}"] if value.local else []
    others = [other.name for other, variable in found[1:] if variable.value != value.value and not variable.stored]
    if others:
        remarks.append(f"{key.name} is used; {' and '.join(others)} also set, and not used")
    return key, value, tuple(remarks)


def check_pair(row: Service, key_name: str, key: SettingSource | None, url: SettingSource) -> None:
    """Raises ConfigurationError when this key (or a question without one) must not go to this base URL."""
    host = urlsplit(url.value).hostname
    if url.local and (key is None or not key.local) and not (key is None and is_loopback(host)):
        what = f"{key_name} from {key.origin}" if key else "questions"
        raise ConfigurationError(
            f"{url.origin} sets the address of {row.title} to {host}; {what} will not be sent there",
            advice="If you trust that file, name it: --env-file .env . To ignore it: --no-env-file .",
        )
    if key and _is_overheard(url.value):
        without = f"chat keys unset {key_name}" if key.stored else f"do without {key_name} from {key.origin}"
        also = f", and say {_wants_none(row)}" if row.source == OWN and row.key_required else ""
        raise ConfigurationError(
            f"the key for {row.title} would be sent unencrypted to {host}",
            advice=f"If it wants the key, {_SAFE_WAYS}\nIf it wants no key: {without}{also}.",
        )


def service_of_key(key: str, rows: Iterable[Service]) -> Service | None:
    """The service whose keys begin so; None where that does not tell it."""
    return next((row for row in rows if row.key_prefixes and key.startswith(row.key_prefixes)), None)


def no_key(row: Service, url: str) -> NoKey:
    """The error for a service at this address whose key is not set."""
    page = f" Keys are made at {row.key_page} ." if row.key_page else ""
    keep = f"Keep it with: chat keys set {row.name}  (or export {row.keys[0].name}=...).{page}"
    if _is_overheard(url):
        keep = f"If it wants one, {_SAFE_WAYS}"  # it would not be sent
    ways = [f"If it wants no key, say {_wants_none(row)}."] if row.source == OWN else []
    return NoKey(
        f"there is no key for {row.title}: {' or '.join(key.name for key in row.keys)} is not set",
        advice="\n".join([keep, *ways]),
    )


def _is_overheard(url: str) -> bool:
    """Whether what is sent there is read by whoever is on the way."""
    return url.lower().startswith("http:") and not is_loopback(urlsplit(url).hostname)


def _wants_none(row: Service) -> str:
    return f"key_required = false in [{row.name}] of {OWN}"


def bare_key(text: str) -> str:
    """The key without white space and quotes around it."""
    return text.strip().strip("\"'").strip()


def fingerprint(text: str) -> str:
    """What tells a key from others without a character of it: the beginning of its SHA-256, in hexadecimal."""
    import hashlib  # only lists of keys have it

    return hashlib.sha256(bare_key(text).encode("utf-8", "surrogatepass")).hexdigest()[:6]


def clean_key(text: str, name: str) -> str:
    """The key without white space and quotes around it. Raises ConfigurationError, whose message holds none of it."""
    key = bare_key(text)
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            f"the key in {name} holds a character that no key has (a line break, a blank, or a typographic character)",
            advice="Copy it again from the provider's page, and only the key.",
        )
    return key


def auth_header(variable: KeyVariable | None, key: str | None) -> tuple[str, str] | None:
    """The header that carries the key, as the variable it comes from wants it."""
    if variable is None or key is None:
        return None
    return (variable.header, f"Bearer {key}" if variable.header == "Authorization" else key)


def header(text: str) -> tuple[str, str]:
    """A header of the command line. Raises UsageError, which does not repeat what is wrong: it may be a key."""
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not _PLAIN.fullmatch(value):
        raise UsageError(
            "--header wants Name: value in plain characters", advice='For example: --header "X-Title: notes"'
        )
    return name, value


def variable_headers(row: Service, variables: Variables) -> tuple[tuple[str, str], ...]:
    """The headers of the row that variables fill."""
    pairs = [(name, var, variables[var].value.strip()) for name, var in row.header_variables if var in variables]
    for _, var, value in pairs:
        if not _PLAIN.fullmatch(value):
            raise ConfigurationError(f"{var} holds a character that no HTTP header can have")
    return tuple((name, value) for name, _, value in pairs)
