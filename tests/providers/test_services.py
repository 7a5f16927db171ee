"""The table of services: every row is whole, and no two rows contradict each other."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlsplit

import pytest

from chatbot.core.addresses import base_url, is_loopback
from chatbot.core.errors import UsageError
from chatbot.core.options import Endpoint
from chatbot.providers import services
from chatbot.providers.service import Service, Wire
from chatbot.providers.services import ALIASES, BY_NAME, LAB, SERVICES
from chatbot.providers.wires import lookup
from tests.processes import python
from tests.tables import each

ROWS = [row for row in SERVICES if row.source != LAB]
HEADERS = {"Authorization", "x-api-key", "x-goog-api-key", "api-key"}

each_row = each("row", ROWS)


@each("row", SERVICES)
def test_every_row_has_a_source_and_a_known_wire_format(row: Service) -> None:
    assert row.source
    assert row.title
    assert row.wire in get_args(Wire)
    assert lookup.provider_for(row, Endpoint("http://127.0.0.1")).models_request().url


@each_row
def test_every_row_has_variables_for_its_key_and_its_address(row: Service) -> None:
    family = row.name.removesuffix("-dated").upper()  # one Azure account, two addresses
    names = {key.name for key in row.keys}

    assert {f"{family}_API_KEY"} <= names
    assert row.urls
    if row.name != "azure-dated":
        assert f"{family}_BASE_URL" in {url.name for url in row.urls}
    assert {key.header for key in row.keys} <= HEADERS


@each_row
def test_every_address_of_a_service_is_a_safe_base_url(row: Service) -> None:
    for address in (row.base_url, *row.other_base_urls):
        if address:
            assert base_url(address, "the row") == address
            assert urlsplit(address).scheme == "https" or is_loopback(urlsplit(address).hostname)


@each_row
def test_a_service_that_wants_a_key_says_where_keys_are_made(row: Service) -> None:
    assert row.key_page.startswith("https://") is row.key_required


@each_row
def test_a_service_has_a_default_model_a_list_to_take_one_from_or_asks_for_a_name(row: Service) -> None:
    assert bool(row.default_model) + row.model_required + (not row.key_required) == 1


@each_row
def test_a_local_server_says_how_it_is_started(row: Service) -> None:
    is_local = is_loopback(urlsplit(row.base_url or "").hostname)

    assert bool(row.start_advice) is is_local
    assert is_local or not row.probe


@each_row
def test_only_media_types_that_can_be_written_are_sent(row: Service) -> None:
    assert {"image/jpeg", "image/png"} <= set(row.images.media_types)
    assert set(row.images.media_types) <= {"image/jpeg", "image/png", "image/webp", "image/gif"}


# Section "Images" of each provider's documentation. Base64 makes four bytes of three.
@each(
    ("name", "max_base64_bytes", "max_edge_px", "gif", "webp"),
    [
        ("openai", 512_000_000, 2048, True, True),
        ("anthropic", 5_000_000, 1568, True, True),
        ("gemini", 20_000_000, 2048, False, True),
        ("xai", 10_485_760, 2048, False, False),
        ("groq", 4_000_000, 1568, False, False),
        ("mistral", 10_000_000, 1540, True, True),
        ("ollama", 20_000_000, 1568, False, True),
        ("llamacpp", 20_000_000, 1568, False, False),
    ],
)
def test_images_fit_the_limits_of_their_service(
    name: str, max_base64_bytes: int, max_edge_px: int, gif: bool, webp: bool
) -> None:
    limits = BY_NAME[name].images

    assert limits.max_image_bytes * 4 / 3 <= max_base64_bytes
    assert limits.max_edge_px == max_edge_px
    assert ("image/gif" in limits.media_types, "image/webp" in limits.media_types) == (gif, webp)


@each(
    ("name", "model"),
    [
        ("openai", "gpt-6-luna"),
        ("anthropic", "claude-haiku-5-5"),
        ("gemini", "gemini-3.5-flash-lite"),
        ("deepseek", "deepseek-v4-flash"),
        ("groq", "openai/gpt-oss-20b"),
        ("mistral", "mistral-small-latest"),
        ("xai", "grok-4-1-fast-non-reasoning"),
        ("openrouter", "openrouter/auto"),
        ("ollama", None),
        ("azure", None),
    ],
)
def test_the_default_model_is_the_small_one_of_its_service(name: str, model: str | None) -> None:
    assert BY_NAME[name].default_model == model


def test_names_and_aliases_are_unambiguous() -> None:
    assert len(BY_NAME) == len(SERVICES)
    assert not set(ALIASES) & set(BY_NAME)
    assert set(ALIASES.values()) <= set(BY_NAME)


def test_no_beginning_of_a_model_name_means_two_services() -> None:
    prefixes = [(prefix, row.name) for row in SERVICES for prefix in row.model_prefixes]

    assert not [
        (one, other) for one in prefixes for other in prefixes if one[1] != other[1] and one[0].startswith(other[0])
    ]
    assert all(prefix == prefix.lower() for prefix, _ in prefixes)


def test_a_variable_means_one_service() -> None:
    owners: dict[str, set[str]] = {}
    for row in ROWS:
        for name in (*(key.name for key in row.keys), *(url.name for url in row.urls)):
            owners.setdefault(name, set()).add(row.name.removesuffix("-dated"))

    assert {name: rows for name, rows in owners.items() if len(rows) > 1} == {}


@each(("name", "service"), [("openai", "openai"), (" OpenAI ", "openai"), ("Google", "gemini")])
def test_a_service_is_found_by_name_or_alias_in_any_case(name: str, service: str) -> None:
    assert services.find(name).name == service


@pytest.mark.parametrize(("name", "said"), [("antropic", "did you mean anthropic"), ("zzz", "no provider 'zzz'")])
def test_a_name_that_is_none_gets_the_nearest_and_the_list(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        services.find(name)

    assert "ollama" in caught.value.advice
    assert "lab-gemini" not in caught.value.advice


def test_the_way_to_a_request_loads_no_other_wire_format_and_nothing_slow() -> None:
    code = (
        "import sys; from chatbot.providers import choice, services; from chatbot.core.options import Endpoint;"
        "from chatbot.providers.wires import lookup;"
        "lookup.provider_for(services.find('openai'), Endpoint('http://h'));"
        "print(*sys.modules)"
    )
    loaded = python(code).split()

    providers = {name.removeprefix("chatbot.providers.") for name in loaded if name.startswith("chatbot.providers.")}
    root = {"choice", "credentials", "numbers", "service", "services", "table"}
    assert providers == root | {"wires", "wires.base", "wires.lookup", "wires.openai"}
    assert not {"html", "email", "difflib", "asyncio", "requests"} & set(loaded)
