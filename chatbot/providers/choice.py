"""Which service answers, where it is, and with which key: from flags and variables to an Endpoint. Pure.

The order, first match wins:

1. `--provider`
2. `--base-url`: the service whose address that is, else `custom`
3. `provider/model`
4. the beginning of the model's name (`gpt-`, `claude-`, `gemini-`, ...)
5. CHAT_PROVIDER
6. the first service of the registry whose key, or base URL, is set

Which values may meet is decided here as well. A `.env` in the working directory comes with the folder, so its base
URL is only ever sent a key from the same file.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from chatbot.core.addresses import base_url, from_host, is_loopback
from chatbot.core.errors import ConfigurationError, NoKey, UsageError
from chatbot.core.settings import Endpoint, Variable
from chatbot.providers import registry
from chatbot.providers.service import KeyVariable, Service

Variables = Mapping[str, Variable]

MODEL_VARIABLE = "CHAT_MODEL"
PROVIDER_VARIABLE = "CHAT_PROVIDER"


class Wish(NamedTuple):
    """What the command line says; None where it says nothing."""

    provider: str | None = None
    model: str | None = None
    base_url: str | None = None
    headers: tuple[str, ...] = ()


class Choice(NamedTuple):
    """The service, its endpoint, and the model (None: the first of the server's list). `key` is for the redactor."""

    service: Service
    model: str | None
    endpoint: Endpoint
    key: str | None = None
    notices: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Choice({self.service.name}, {self.model}, {self.endpoint})"


def variable_names() -> frozenset[str]:
    """Every variable that has a meaning here."""
    pairs = (pair for row in registry.SERVICES for pair in (*row.header_variables, *row.query_variables))
    return local_names() | {name for _, name in pairs}


def local_names() -> frozenset[str]:
    """The variables that a `.env` of the working directory may set: keys, base URLs, the model and the provider."""
    keys = {key.name for row in registry.SERVICES for key in row.keys}
    urls = {url.name for row in registry.SERVICES for url in row.urls}
    return frozenset(keys | urls | {MODEL_VARIABLE, PROVIDER_VARIABLE})


def find_service(wish: Wish, variables: Variables) -> tuple[Service | None, str | None]:
    """The service that the person means and the model, as far as either was named.

    Raises UsageError for a provider that does not exist.
    """
    if wish.provider:
        return registry.find(wish.provider), wish.model
    if wish.base_url:
        return _at(wish.base_url), wish.model
    default = variables.get(MODEL_VARIABLE)
    named = wish.model or (default.value if default else None)
    if named:
        service, model = _by_model(named)
        if service:
            return service, model
    provider = variables.get(PROVIDER_VARIABLE)
    if provider:
        return registry.find(provider.value), named
    return _by_variables(variables), named


def choose(service: Service, model: str | None, wish: Wish, variables: Variables, at: str | None = None) -> Choice:
    """The service with its address and key. `at` is an address that the caller knows better than the registry.

    Raises NoKey when a key is missing, ConfigurationError when the values must not meet.
    """
    url = Variable(at, "its own address") if at else _base_url(service, wish, variables)
    key_variable, key, notices = _key(service, variables)
    if url is None:
        names = " or ".join(name.name for name in service.urls)
        raise ConfigurationError(f"{service.title} has no address of its own", advice=f"Set {names}, or --base-url.")
    address = base_url(url.value, url.origin)
    if key is None and service.key_required and address == service.base_url:
        raise _no_key(service)
    _check_pair(service, key_variable, key, url)
    secret = _clean_key(key.value, key_variable.name) if key and key_variable else None
    endpoint = Endpoint(
        address,
        _auth(key_variable, secret),
        (*_variable_headers(service, variables), *(_header(text) for text in wish.headers)),
        _query(service, variables),
    )
    return Choice(service, model or service.default_model, endpoint, secret, notices)


def _by_model(name: str) -> tuple[Service | None, str]:
    prefix, slash, rest = name.partition("/")
    prefix = prefix.lower()
    service = registry.BY_NAME.get(registry.ALIASES.get(prefix, prefix))
    if slash and service:
        # OpenRouter's own models are called openrouter/...
        return service, name if name == service.default_model else rest
    return next(
        (row for row in registry.SERVICES if name.lower().startswith(row.model_prefixes or ("\0",))), None
    ), name


def _by_variables(variables: Variables) -> Service | None:
    for row in registry.SERVICES:
        if any(key.name in variables for key in row.keys) and (row.base_url or _set_url(row, variables)):
            return row
    return next((row for row in registry.SERVICES if _set_url(row, variables)), None)


def _at(address: str) -> Service:
    """The service that lives at this address; `custom` for any other."""
    place = urlsplit(address).netloc.lower()
    for row in registry.SERVICES:
        if any(own and urlsplit(own).netloc == place for own in (row.base_url, *row.other_base_urls)):
            return row
    return registry.BY_NAME["custom"]


def _set_url(row: Service, variables: Variables) -> Variable | None:
    for url in row.urls:
        found = variables.get(url.name)
        if found and url.is_host:
            return found._replace(value=from_host(found.value, urlsplit(row.base_url or "").port or 80) + url.suffix)
        if found:
            return found._replace(value=found.value.strip().rstrip("/") + url.suffix)
    return None


def _base_url(row: Service, wish: Wish, variables: Variables) -> Variable | None:
    if wish.base_url:
        return Variable(wish.base_url, "--base-url")
    own = Variable(row.base_url, "its own address") if row.base_url else None
    return _set_url(row, variables) or own


def _key(row: Service, variables: Variables) -> tuple[KeyVariable | None, Variable | None, tuple[str, ...]]:
    """The key that counts: a trusted one before a local one, then in the row's order."""
    found = [(key, variables[key.name]) for key in row.keys if key.name in variables]
    found.sort(key=lambda pair: pair[1].local)
    if not found:
        return None, None, ()
    key, value = found[0]
    notices = [f"using {key.name} from {value.origin}"] if value.local else []
    others = [other.name for other, variable in found[1:] if variable.value != value.value]
    if others:
        notices.append(f"{key.name} is used; {' and '.join(others)} also set, and not used")
    return key, value, tuple(notices)


def _check_pair(row: Service, key_variable: KeyVariable | None, key: Variable | None, url: Variable) -> None:
    host = urlsplit(url.value).hostname
    if url.local and (key is None or not key.local) and not (key is None and is_loopback(host)):
        what = f"{key_variable.name} from {key.origin}" if key and key_variable else "questions"
        raise ConfigurationError(
            f"{url.origin} sets the address of {row.title} to {host}; {what} will not be sent there",
            advice="If you trust that file, name it: --env-file .env . To ignore it: --no-env-file .",
        )
    if key and url.value.lower().startswith("http:") and not is_loopback(host):
        raise ConfigurationError(
            f"the key for {row.title} would be sent unencrypted to {host}",
            advice="Use an https:// base URL.",
        )


def _no_key(row: Service) -> NoKey:
    page = f" Keys are made at {row.key_page} ." if row.key_page else ""
    return NoKey(
        f"there is no key for {row.title}: {row.keys[0].name} is not set",
        advice=f"Set it with: export {row.keys[0].name}=...  (or in ./.env).{page}",
    )


def _clean_key(text: str, name: str) -> str:
    """The key without white space and quotes around it. The message never holds any of it."""
    key = text.strip().strip("\"'").strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            f"the key in {name} holds a character that no key has (a line break, a blank, or a typographic character)",
            advice="Copy it again from the provider's page, and only the key.",
        )
    return key


def _auth(variable: KeyVariable | None, key: str | None) -> tuple[str, str] | None:
    if variable is None or key is None:
        return None
    return (variable.header, f"Bearer {key}" if variable.header == "Authorization" else key)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if (
        not colon
        or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
        or not re.fullmatch(r"[\x20-\x7e\xa0-\xff]*", value)
    ):
        raise UsageError(
            f"--header wants Name: value in plain characters; this is not one: {name[:40]!r}",
            advice='For example: --header "X-Title: notes"',
        )
    return name, value


def _variable_headers(row: Service, variables: Variables) -> tuple[tuple[str, str], ...]:
    return tuple(_header(f"{name}:{variables[var].value}") for name, var in row.header_variables if var in variables)


def _query(row: Service, variables: Variables) -> str:
    missing = [var for _, var in row.query_variables if var not in variables]
    if missing:
        raise ConfigurationError(
            f"{row.title} needs {missing[0]}", advice=f"Set it, for example: export {missing[0]}=2024-10-21"
        )
    return urlencode({name: variables[var].value for name, var in row.query_variables})
