"""What a row of the table of services says of one service."""

from __future__ import annotations

from typing import Literal

from chatbot.core.errors import UsageError
from chatbot.core.messages import FileLimits, ImageLimits
from chatbot.records import NamedTuple

Wire = Literal["openai", "responses", "anthropic", "gemini"]
Api = Literal["chat", "responses"]
Schemas = Literal["strict", "any", "none"]
OWN = "providers.toml"  # the source of the rows that a person added
_APIS: dict[Api, Wire] = {"chat": "openai", "responses": "responses"}  # OpenAI has two


def api_of(wire: str) -> Api | None:
    """What a wire format is called among those of OpenAI; None for others."""
    return next((api for api, own in _APIS.items() if own == wire), None)


class KeyVariable(NamedTuple):
    """An environment variable that may hold the key, and the header that carries it.

    With the header `Authorization` the key is sent as a Bearer token (RFC 6750), else bare.
    """

    name: str
    header: str = "Authorization"


class UrlVariable(NamedTuple):
    """An environment variable that may hold the base URL. `suffix` is what it leaves out;
    `is_host` marks a host in the manner of OLLAMA_HOST: `host`, `host:port` or a URL.
    """

    name: str
    suffix: str = ""
    is_host: bool = False


class Service(NamedTuple):
    """One service or local server: everything that tells it from others of its wire format.

    Where a row says nothing else, the key is in NAME_API_KEY and the base URL in NAME_BASE_URL. Variables are tried in
    order, the first that is set counts. A service without `default_model` is asked for its list, whose first model is
    taken; `model_required` says that its list does not name what can be asked. `key_prefixes` are what its keys alone
    begin with, `model_prefixes` the beginnings of model names that mean this service. `other_wires` are formats that it
    also speaks when asked to. `seed_field` is empty where there is no seed. `header_variables` and `query_variables`
    are pairs of a header or query parameter and the environment variable that fills it. `probe`: this local server is
    looked for when nothing else is set up. `key_path` is what only a good key may read, where anybody may read the list
    of models; empty where there is no such thing. `models_path` is where the list of models is, if not where the wire
    format has it. `schemas`: whether it holds an answer to a JSON Schema: to those of its wire format's own rules
    (`strict`), to `any`, or to `none`, so that one goes with the system prompt. `tools`: whether it takes any.
    `call_ids`: a pattern of the ids that a call may have. `reasoning_field`: the member of a message (Chat Completions)
    that holds the reasoning of an answer with calls, which it wants back with their results; empty where it wants none.
    `source`: where these facts are from.
    """

    name: str
    title: str
    base_url: str | None
    source: str
    wire: Wire = "openai"
    other_wires: tuple[Wire, ...] = ()
    key_variables: tuple[KeyVariable, ...] | None = None
    url_variables: tuple[UrlVariable, ...] | None = None
    key_required: bool = True
    key_page: str = ""
    key_prefixes: tuple[str, ...] = ()
    default_model: str | None = None
    model_required: bool = False
    model_prefixes: tuple[str, ...] = ()
    token_limit_field: str = "max_tokens"
    seed_field: str = "seed"
    header_variables: tuple[tuple[str, str], ...] = ()
    chat_path: str = "/chat/completions"
    models_path: str = ""
    query_variables: tuple[tuple[str, str], ...] = ()
    other_base_urls: tuple[str, ...] = ()
    start_advice: str = ""
    probe: bool = False
    images: ImageLimits = ImageLimits()
    files: FileLimits = FileLimits()
    key_path: str | None = None
    schemas: Schemas = "any"
    tools: bool = True
    call_ids: str = ".+"
    reasoning_field: str = ""

    @property
    def keys(self) -> tuple[KeyVariable, ...]:
        """The variables that may hold its key."""
        usual = (KeyVariable(f"{self.name.upper()}_API_KEY"),)
        return usual if self.key_variables is None else self.key_variables

    @property
    def urls(self) -> tuple[UrlVariable, ...]:
        """The variables that may hold its base URL."""
        usual = (UrlVariable(f"{self.name.upper()}_BASE_URL"),)
        return usual if self.url_variables is None else self.url_variables

    def speaks(self, api: Api | None) -> bool:
        """Whether it speaks that one of OpenAI's formats; None is the one that it usually speaks."""
        return api is None or _APIS[api] in (self.wire, *self.other_wires)

    def spoken_to(self, api: Api | None) -> Service:
        """The service in that format. Raises UsageError where it does not speak it."""
        if not self.speaks(api):
            raise UsageError(f"{self.title} is not known to speak --api {api}", advice="Ask it without --api.")
        return self._replace(wire=_APIS[api] if api else self.wire)

    @property
    def has_plain_model_names(self) -> bool:
        """Whether no model of this service has a slash in its name."""
        return bool(self.model_prefixes) or self.name.startswith("lab")
