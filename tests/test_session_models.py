"""The list of models through a session: its pages, and what local servers tell beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.options import Endpoint, Options
from chatbot.core.retry import RetryPolicy
from chatbot.providers import services
from chatbot.providers.wires import lookup
from chatbot.session import MAX_MODEL_PAGES, Session
from tests.tables import each
from tests.test_session import JSON, Reply, Server


def page(*names: str, **more: Any) -> Reply:
    return Reply(200, JSON, [json.dumps({"data": [{"id": name} for name in names], **more}).encode()])


def document(value: Any) -> Reply:
    return Reply(200, JSON, [json.dumps(value).encode()])


def session(server: Server, service: str) -> Session:
    endpoint = Endpoint("http://127.0.0.1:9/v1", ("Authorization", "Bearer k"))
    provider = lookup.provider_for(services.find(service), endpoint)
    return Session(provider, server, RetryPolicy(max_retries=0), lambda: 0.0, lambda: 0.0, lambda: 0.5)


def names(server: Server, service: str = "anthropic") -> list[str]:
    return [model.name for model in session(server, service).models()]


def test_all_pages_are_read() -> None:
    server = Server(page("a", "b", has_more=True, last_id="b"), page("c", "b", has_more=False, last_id="b"))
    assert names(server) == ["a", "b", "c"]
    urls = [request.url.partition("/v1/v1")[2] for request in server.requests]
    assert urls == ["/models?limit=1000", "/models?limit=1000&after_id=b"]
    assert server.closed == 2


def test_a_page_that_repeats_ends_the_list() -> None:
    same = page("a", has_more=True, last_id="a")
    server = Server(same, same, same)
    assert names(server) == ["a"]
    assert len(server.requests) == 2


def test_a_list_without_an_end_ends_after_a_number_of_pages() -> None:
    server = Server(*(page(str(number), has_more=True, last_id=str(number)) for number in range(100)))
    assert len(names(server)) == len(server.requests) == MAX_MODEL_PAGES


def test_a_page_of_models_that_cannot_answer_is_not_the_last() -> None:
    embedding = {"models": [{"name": "models/e", "supportedGenerationMethods": ["embedContent"]}], "nextPageToken": "2"}
    answering = {"models": [{"name": "models/g", "supportedGenerationMethods": ["generateContent"]}]}
    server = Server(document(embedding), document(answering))
    assert names(server, "gemini") == ["g"]
    assert server.requests[1].url.endswith("/models?pageSize=1000&pageToken=2")


@each(
    ("reply", "error"),
    [
        (Reply(401, JSON, [b'{"error": {"message": "no"}}']), errors.KeyRejected),
        (Reply(200, JSON, [b'{"error": {"message": "no"}}']), errors.ProviderError),
        (Reply(200, JSON, [b'{"data": [']), errors.MalformedAnswer),
        (Reply(200, JSON, [b"<html>"]), errors.MalformedAnswer),
        (Reply(200, JSON, [b"[" * 100_000]), errors.MalformedAnswer),
        (errors.CannotConnect("nobody"), errors.CannotConnect),
    ],
)
def test_a_server_that_gives_no_list_is_an_error(reply: Reply | ChatError, error: type[ChatError]) -> None:
    with pytest.raises(error):
        names(Server(reply))
    with pytest.raises(error):
        names(Server(page("a", has_more=True, last_id="a"), reply))


@each("body", [b"null", b"3", b'"x"', b"{}", b"[]", b'{"data": {"a": 1}}', b'[null, 3, [], {"id": 3}]'])
def test_json_that_is_no_list_has_no_models(body: bytes) -> None:
    assert names(Server(Reply(200, JSON, [body]))) == []


def test_the_first_model_is_asked_without_looking_at_any_closer() -> None:
    server = Server(page("first", "second"))
    assert session(server, "ollama").with_model(Options("")).model == "first"
    assert len(server.requests) == 1


def test_ollama_is_asked_about_each_of_its_models_and_one_that_it_does_not_tell_of_stays_as_it_is() -> None:
    shown = {"model_info": {"gemma3.context_length": 131072}, "capabilities": ["completion", "tools"]}
    server = Server(page("a", "b", "c"), Reply(404, JSON, [b"{}"]), document(shown), document([]))
    a, b, c = session(server, "ollama").detailed_models()
    assert (a.context_window, a.tools, c.tools) == (None, None, None)
    assert (b.context_window, b.tools, b.images) == (131072, True, False)
    assert server.bodies == [{"model": "a"}, {"model": "b"}, {"model": "c"}]


def test_a_local_server_that_goes_away_is_not_asked_about_the_others() -> None:
    server = Server(page("a", "b"), errors.CannotConnect("gone"))
    assert [model.name for model in session(server, "ollama").detailed_models()] == ["a", "b"]
    assert len(server.requests) == 2


def test_the_own_list_of_lm_studio_fills_the_compatible_one() -> None:
    old = {"data": [{"id": "q", "type": "vlm", "max_context_length": 32768}]}
    server = Server(page("q"), document(old), Reply(404, JSON, [b"{}"]))
    [model] = session(server, "lmstudio").detailed_models()
    assert (model.context_window, model.images) == (32768, True)
