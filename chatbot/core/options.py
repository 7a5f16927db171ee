"""The choices a person can make about one question, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chatbot.records import NamedTuple

if TYPE_CHECKING:  # a question without tools does without
    from chatbot.core.tools.calling import ToolDefinition


class Options(NamedTuple):
    """What is asked of the model beside the conversation. None and empty mean: not sent, the provider's default. An
    empty `model` means the first of the server's list.

    `extra` holds raw body fields; they are merged into the body last, nested objects member by member.
    `show_reasoning` asks for the reasoning's text where a provider sends it only on request. The answer shall fit
    `schema`, a JSON Schema. `tools` are what the model may call.
    """

    model: str
    stream: bool = True
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning_effort: str | None = None
    show_reasoning: bool = False
    extra: Mapping[str, Any] = {}
    schema: Mapping[str, Any] | None = None
    tools: tuple[ToolDefinition, ...] = ()


class SettingSource(NamedTuple):
    """A setting as it was found: its value and where. `local` means a `.env` of the working directory, which comes
    with the folder and not from the person. `stored` means the person's own file of keys, which counts last. What
    `fetch` would have to ask for has no value yet; it raises ChatError where it gets none. `name`: what it is called
    there, if not as its variable.
    """

    value: str
    origin: str
    local: bool = False
    stored: bool = False
    fetch: Callable[[], str] | None = None
    name: str = ""


class Endpoint(NamedTuple):
    """Where requests go and what identifies the person there.

    `base_url` has no slash at its end. `auth` is the header with the key in it, or None; it is kept apart from
    `headers` (the person's own) so that it is never shown.
    """

    base_url: str
    auth: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r})"


def merged(fields: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with `extra` on top, nested objects member by member."""
    result = dict(fields)
    for name, value in extra.items():
        mine = result.get(name)
        result[name] = merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return result
