"""Which service answers, where it is, and with which key: from flags and variables to an Endpoint. Pure.

The order, first match wins:

1. `--provider`
2. `--base-url`: the service whose address that is, else `custom`
3. `provider/model`
4. the beginning of the model's name (`gpt-`, `claude-`, `gemini-`, ...)
5. CHAT_PROVIDER; its model is CHAT_MODEL where none was named
6. CHAT_MODEL, read like 3 and 4
7. the first service of the table whose key is set or stored, then the first whose key is set by a `.env` of the
   working directory, then the first whose base URL is set

Which values may meet is decided in `credentials`.
"""

import re
from collections.abc import Callable
from typing import Self
from urllib.parse import urlencode, urlsplit

from chatbot.core.addresses import base_url, from_host, is_loopback
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.options import Endpoint, SettingSource
from chatbot.core.redaction.redactor import HIDDEN, is_secret_header
from chatbot.providers.credentials import (
    Variables,
    auth_header,
    check_pair,
    clean_key,
    header,
    key_for,
    no_key,
    variable_headers,
)
from chatbot.providers.service import Service
from chatbot.providers.services import SHIPPED
from chatbot.providers.table import ServiceTable
from chatbot.records import NamedTuple

MODEL_VARIABLE = "CHAT_MODEL"
PROVIDER_VARIABLE = "CHAT_PROVIDER"


class ModelRequest(NamedTuple):
    """What the command line says; None where it says nothing. `is_dry`: nothing is sent, so no key is needed. `lists`:
    its models are asked for, so none has to be named.
    """

    provider: str | None = None
    model: str | None = None
    base_url: str | None = None
    headers: tuple[str, ...] = ()
    is_dry: bool = False
    lists: bool = False


class ModelTarget(NamedTuple):
    """The service, its endpoint, and the model (None: the first of the server's list). `key` is for the redactor;
    `decided` says where key, address and model are from, `key_variable` is where a key is or would be. `fetch_key`: the
    key is still to be asked for; until then HIDDEN stands in its place.
    """

    service: Service
    model: str | None
    endpoint: Endpoint
    key: str | None = None
    remarks: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    key_variable: str = ""
    fetch_key: Callable[[], str] | None = None

    def with_key(self) -> Self:
        """The same with its key. Raises ConfigurationError, and whatever `fetch_key` raises."""
        if self.fetch_key is None:
            return self
        key = clean_key(self.fetch_key(), self.key_variable)
        variable = next(row for row in self.service.keys if row.name == self.key_variable)
        endpoint = self.endpoint._replace(auth=auth_header(variable, key))
        return self._replace(endpoint=endpoint, key=key, fetch_key=None)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a request carries that nobody else may see: the key, and the values of secret headers."""
        values = [value for name, value in self.endpoint.headers if is_secret_header(name)]
        return (*([self.key] if self.key else []), *values, *(value.partition(" ")[2] for value in values))

    def __repr__(self) -> str:
        return f"ModelTarget({self.service.name}, {self.model}, {self.endpoint})"


def key_names(table: ServiceTable = SHIPPED) -> frozenset[str]:
    """The variables that may hold a key."""
    return frozenset(key.name for row in table.rows for key in row.keys)


def variable_names(table: ServiceTable = SHIPPED) -> frozenset[str]:
    """Every variable that has a meaning here."""
    pairs = (pair for row in table.rows for pair in (*row.header_variables, *row.query_variables))
    return local_names(table) | {name for _, name in pairs}


def local_names(table: ServiceTable = SHIPPED) -> frozenset[str]:
    """The variables that a `.env` of the working directory may set: keys, base URLs, the model and the provider."""
    urls = {url.name for row in table.rows for url in row.urls}
    return key_names(table) | urls | {MODEL_VARIABLE, PROVIDER_VARIABLE}


def find_service(
    wish: ModelRequest, variables: Variables, table: ServiceTable = SHIPPED
) -> tuple[Service | None, str | None]:
    """The service of the table that the person means and the model, as far as either was named.

    Raises UsageError for a provider that does not exist.
    """
    if wish.provider:
        service = table.find(wish.provider)
        if wish.model and not wish.base_url:  # `--provider groq -m groq/NAME`; another server's names stay whole
            named, own_name = _by_model(wish.model, table)
            return service, own_name if named is service else wish.model
        return service, wish.model or _usual_model(service, variables, table)
    if wish.base_url:
        return _at(wish.base_url, table), wish.model
    found, model = _by_model(wish.model, table) if wish.model else _usual(variables, table)
    return found or _usual_service(variables, table) or _by_variables(variables, table), model


def _usual(variables: Variables, table: ServiceTable) -> tuple[Service | None, str | None]:
    """What CHAT_PROVIDER and CHAT_MODEL say together."""
    if MODEL_VARIABLE not in variables:
        return _usual_service(variables, table), None
    whole = variables[MODEL_VARIABLE].value.strip()
    named, model = _by_model(whole, table)
    usual = _usual_service(variables, table) or named
    return usual, model if named is usual else whole


def _usual_service(variables: Variables, table: ServiceTable) -> Service | None:
    return table.find(variables[PROVIDER_VARIABLE].value) if PROVIDER_VARIABLE in variables else None


def _usual_model(service: Service, variables: Variables, table: ServiceTable) -> str | None:
    usual, model = _usual(variables, table)
    return model if usual is service else None


def check_service_named_in(model: str | None, table: ServiceTable = SHIPPED) -> None:
    """Raises UsageError where `model` is `service/name` with a service that does not exist. For places that have no
    model with a slash in its name: elsewhere that is a name like any other.
    """
    prefix, slash, _ = (model or "").partition("/")
    if slash and prefix.lower() not in ("models", "tunedmodels"):  # Google's own prefixes
        table.find(prefix)


def spoken_name(service: Service, model: str) -> str:
    """What `-m` is given for a model of a service; as it is where another server is at the address."""
    return model if service.name == "custom" else f"{service.name}/{model}"


def is_clear(service: Service, model: str, table: ServiceTable = SHIPPED) -> bool:
    """Whether the bare name of a model of the service that answers now means no other service."""
    meant, _ = _by_model(model, table)
    return meant is None or meant.name == service.name


def choose(
    service: Service, model: str | None, wish: ModelRequest, variables: Variables, at: str | None = None
) -> ModelTarget:
    """The service with its address and key. `at` is an address that the caller knows better than the table.

    Raises NoKey when a key is missing, ConfigurationError when the values must not meet.
    """
    url = SettingSource(at, "its own address") if at else _base_url(service, wish, variables)
    key_variable, key, remarks = key_for(service, variables)
    if url is None:
        names = " or ".join(name.name for name in service.urls)
        raise ConfigurationError(f"{service.title} has no address of its own", advice=f"Set {names}, or --base-url.")
    url = url._replace(value=base_url(url.value, _named(url, service, variables)))
    service = _called_by_its_place(service, url.value)
    headers = tuple(header(text) for text in wish.headers)
    secret_headers = [name.lower() for name, _ in headers if is_secret_header(name)]
    own_key = any(not name.startswith("openai-") for name in secret_headers)
    wants_key = key is None and not own_key and service.key_required
    if wants_key and url.value == (service.base_url or url.value) and not wish.is_dry:
        raise no_key(service, url.value)
    if secret_headers:
        check_pair(service, f"the header {secret_headers[0]}", SettingSource("", "--header"), url)
    for name, variable in service.header_variables:
        if is_secret_header(name) and variable in variables:
            check_pair(service, variable, variables[variable], url)
    check_pair(service, key_variable.name if key_variable else "", key, url)
    model = model or service.default_model
    if not model and service.model_required and not wish.lists:
        raise UsageError(f"{service.title} wants the name of your deployment as the model", advice="Name it with -m.")
    decided = [f"address {url.value} from {url.origin}"]
    if key and key_variable:
        decided.append(f"key {key_variable.name} from {key.origin}")
    if MODEL_VARIABLE in variables and not wish.model and model == variables[MODEL_VARIABLE].value.rpartition("/")[2]:
        said = variables[MODEL_VARIABLE]
        decided.append(f"model {model} from {said.name or MODEL_VARIABLE} in {said.origin}")
    is_fetched = not (key and key.fetch)
    secret = clean_key(key.value, key_variable.name) if key and key_variable and is_fetched else None
    auth = auth_header(key_variable, secret if is_fetched else HIDDEN)
    if wants_key and wish.is_dry:
        auth = auth_header(service.keys[0], HIDDEN)  # where a key would stand
    endpoint = Endpoint(
        url.value,
        auth,
        (*variable_headers(service, variables), *headers),
        _query(service, variables),
    )
    key_place = key_variable or next(iter(service.keys), None)
    place = key_place.name if key_place else ""
    fetch = key.fetch if key and not wish.is_dry else None
    return ModelTarget(service, model, endpoint, secret, remarks, tuple(decided), place, fetch)


def _named(url: SettingSource, service: Service, variables: Variables) -> str:
    """Where a base URL is from, in words that tell what to change."""
    names = [row.name for row in service.urls if variables.get(row.name, url).origin == url.origin]
    return f"{url.name or names[0]} in {url.origin}" if names and names[0] in variables else url.origin


def _called_by_its_place(service: Service, url: str) -> Service:
    """The service under the name of its host, where that is not the company's own: a gateway, or another server."""
    elsewhere = service.key_page and service.base_url and _place(url) != _place(service.base_url)
    if not elsewhere and service.name != "custom":
        return service
    return service._replace(title=urlsplit(url).netloc, key_page="")


def _by_model(name: str, table: ServiceTable) -> tuple[Service | None, str]:
    prefix, slash, rest = name.partition("/")
    if slash and (service := table.get(prefix)):
        # OpenRouter's own models are called openrouter/...
        return service, name if name == service.default_model else rest
    own = name.lower().removeprefix("models/")  # Google's own way to write its names
    if re.search("[/:]|^gpt-oss", own):  # other vendors' names, Ollama's tags, and open weights: served in many places
        return None, name
    return next((row for row in table.rows if own.startswith(row.model_prefixes or ("\0",))), None), name


def _by_variables(variables: Variables, table: ServiceTable) -> Service | None:
    for local in (False, True):
        for row in table.rows:
            set_here = any(key.name in variables and variables[key.name].local == local for key in row.keys)
            if set_here and (row.base_url or _set_url(row, variables)):
                return row
    return next((row for row in table.rows if _set_url(row, variables)), None)


def _at(address: str, table: ServiceTable) -> Service:
    """The service that lives at this address; `custom` for any other."""
    place = _place(address)
    for row in table.rows:
        if any(own and _place(own) == place for own in (row.base_url, *row.other_base_urls)):
            return row
    return table.by_name["custom"]


def _place(address: str) -> tuple[str | None, int | None]:
    """Host and port; this machine has several names."""
    split = urlsplit(address)
    return "localhost" if is_loopback(split.hostname) else split.hostname, split.port


def _set_url(row: Service, variables: Variables) -> SettingSource | None:
    """The address that counts: a trusted one before a local one, then in the row's order."""
    set_here = [(url, variables[url.name]) for url in row.urls if url.name in variables]
    if not set_here:
        return None
    url, found = min(set_here, key=lambda pair: pair[1].local)
    text = from_host(found.value, urlsplit(row.base_url or "").port or 80) if url.is_host else found.value.strip()
    # Some put into the variable what others leave out.
    return found._replace(value=text.rstrip("/").removesuffix(url.suffix) + url.suffix)


def _base_url(row: Service, wish: ModelRequest, variables: Variables) -> SettingSource | None:
    if wish.base_url:
        return SettingSource(wish.base_url, "--base-url")
    own = SettingSource(row.base_url, "its own address") if row.base_url else None
    return _set_url(row, variables) or own


def _query(row: Service, variables: Variables) -> str:
    missing = [var for _, var in row.query_variables if var not in variables]
    if missing:
        raise ConfigurationError(
            f"{row.title} needs {missing[0]}", advice=f"Set it, for example: export {missing[0]}=2024-10-21"
        )
    return urlencode({name: variables[var].value for name, var in row.query_variables})
