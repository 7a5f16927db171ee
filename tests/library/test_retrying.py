"""Requests that are sent again, and those that are not."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError
from urllib3.util import Retry as UrllibRetry

from chatbot import Caching, Logging, Retry, RetryableHTTPClient, RetryConfig, Retrying
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.lab.server.http import LabServer
from tests.conftest import FakeTime
from tests.library.wire import Reply, Wire, session_of
from tests.tables import each

URL = "http://127.0.0.1:9/v1/chat/completions"
PLAIN = RetryConfig(jitter=False)
NEVER_LEFT = requests.ConnectionError(MaxRetryError(None, URL, NewConnectionError(None, "refused")))  # type: ignore[arg-type]


def ask(
    *replies: Reply | Exception, config: RetryConfig = PLAIN, method: str = "POST", data: Any = b"{}"
) -> tuple[requests.Response, Wire, FakeTime]:
    wire, time = Wire(*replies), FakeTime()
    session = session_of(Retrying(wire, config, sleep=time.sleep, clock=time.clock, now=time.clock, random=lambda: 0.5))
    try:
        return session.request(method, URL, data=data), wire, time
    except requests.RequestException as error:
        error.wire, error.time = wire, time  # type: ignore[attr-defined]
        raise


@each("status", [429, 500, 502, 503, 504])
def test_what_fails_for_the_moment_is_sent_again(status: int) -> None:
    """A straight port with `if response:` never does: `bool` of a 429 is False in requests."""
    response, wire, time = ask(Reply(status), Reply(status), Reply())
    assert response.status_code == 200 and response.json()["usage"] == {"prompt_tokens": 9}
    assert len(wire.requests) == 3 and time.slept == [1.0, 2.0]


@each("status", [200, 204, 301, 400, 401, 404, 501])
def test_anything_else_is_returned_at_once(status: int) -> None:
    response, wire, time = ask(Reply(status, b"" if status == 204 else b"{}"))
    assert (response.status_code, len(wire.requests), time.slept) == (status, 1, [])


def test_the_last_response_is_returned_and_nothing_is_waited_for_after_it() -> None:
    """Others sleep once more after the last attempt, and then raise without the response."""
    response, wire, time = ask(Reply(429, b"slow down"), config=PLAIN._replace(max_retries=2))
    assert (response.status_code, response.text, len(wire.requests)) == (429, "slow down", 3)
    assert time.slept == [1.0, 2.0]


def test_the_last_error_is_raised_and_nothing_is_waited_for_after_it() -> None:
    with pytest.raises(requests.ConnectionError) as raised:
        ask(NEVER_LEFT, config=PLAIN._replace(max_retries=1))
    assert len(raised.value.wire.requests) == 2 and raised.value.time.slept == [1.0]  # type: ignore[attr-defined]


def test_the_servers_own_wait_is_waited_for() -> None:
    headers = {"Retry-After": "7"}
    _, _, time = ask(Reply(429, headers=headers), Reply())
    assert time.slept == [7.0]
    _, _, time = ask(Reply(429, headers={"retry-after-ms": "120"}), Reply())
    assert time.slept == [0.12]
    _, _, time = ask(Reply(429, headers=headers), Reply(), config=RetryConfig())
    assert 7.0 < time.slept[0] <= 8.0, "many clients do not come back together"


def test_the_servers_own_word_counts_before_its_status() -> None:
    response, wire, _ = ask(Reply(500, headers={"x-should-retry": "false"}))
    assert response.status_code == 500 and len(wire.requests) == 1
    response, wire, _ = ask(Reply(409, headers={"x-should-retry": "true"}), Reply())
    assert response.status_code == 200 and len(wire.requests) == 2


def test_the_delays_grow_by_the_base_to_the_longest_and_half_of_each_is_random() -> None:
    config = RetryConfig(max_retries=5, initial_delay=2.0, max_delay=20.0, exponential_base=3.0, jitter=False)
    assert ask(Reply(503), config=config)[2].slept == [2.0, 6.0, 18.0, 20.0, 20.0]
    assert ask(Reply(503), config=config._replace(jitter=True))[2].slept == [1.5, 4.5, 13.5, 15.0, 15.0]


@pytest.mark.parametrize("error", [requests.ReadTimeout("read"), requests.ConnectionError("reset")])
def test_a_post_that_may_have_been_answered_is_not_sent_again_unless_that_is_said(error: Exception) -> None:
    """It can pay twice."""
    with pytest.raises(type(error)) as raised:
        ask(error, Reply())
    assert len(raised.value.wire.requests) == 1  # type: ignore[attr-defined]
    assert ask(error, Reply(), config=PLAIN._replace(may_pay_twice=True))[0].status_code == 200
    assert ask(error, Reply(), method="GET", data=None)[0].status_code == 200


@pytest.mark.parametrize("error", [NEVER_LEFT, requests.ConnectTimeout("connect")])
def test_a_post_that_never_left_is_sent_again(error: Exception) -> None:
    assert ask(error, Reply())[0].status_code == 200


def test_a_body_that_can_be_read_once_is_sent_once() -> None:
    response, wire, _ = ask(Reply(503), Reply(), data=iter([b"{}"]))
    assert response.status_code == 503 and len(wire.requests) == 1


@each(
    "inner",
    [
        lambda: Retrying(),
        lambda: Logging(Retrying()),
        lambda: Logging(Caching(Retrying())),
        lambda: HTTPAdapter(max_retries=3),
        lambda: Logging(HTTPAdapter(max_retries=UrllibRetry(total=None, status=3))),
    ],
)
def test_a_second_layer_that_sends_again_is_refused(inner: Any) -> None:
    """Two multiply: 4 x 4 attempts are 16 requests."""
    with pytest.raises(ConfigurationError, match=r"sends? again"):
        Retrying(inner())
    Retrying(HTTPAdapter(max_retries=0))
    Retrying(HTTPAdapter(max_retries=UrllibRetry(False)))


def test_time_outs_are_never_infinite() -> None:
    wire = Wire()
    session = session_of(Retrying(Logging(Caching(wire))))
    session.post(URL, data=b"{}")
    session.post(URL, data=b"[]", timeout=3)
    assert [options["timeout"] for options in wire.options] == [(5.0, 60.0), 3]


def test_attempts_count_the_first_one() -> None:
    assert Retry(attempts=4) == RetryConfig(max_retries=3) and Retry(2, jitter=False).max_retries == 1


def test_the_client_asks_a_real_server_again(server: LabServer) -> None:
    config = RetryConfig(initial_delay=0.01, max_delay=0.02)
    with RetryableHTTPClient(f"{server.url}/v1/", {"Authorization": "Bearer k"}, config) as client:
        asked = {"model": "overloaded", "messages": [{"role": "user", "content": "hi"}]}
        assert client.post("/chat/completions", json=asked).status_code == 200
        assert len(server.requests) == 3
        assert client.get("models").json()["data"]
        assert client.request("GET", "nowhere").status_code == 404
        with pytest.raises(UsageError, match="a path is wanted"):
            client.get("https://elsewhere.example/steal")
        assert {request.headers["authorization"] for request in server.requests} == {"Bearer k"}


def test_no_netrc_replaces_the_key_and_no_redirect_carries_it_on(
    server: LabServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("default login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.will_answer(status=307, headers={"Location": f"{server.url}/elsewhere"}, body=b"")
    with RetryableHTTPClient(f"{server.url}/v1", {"Authorization": "Bearer k"}) as client:
        assert client.post("chat/completions", json={}).status_code == 307
    [received] = server.requests
    assert received.headers["authorization"] == "Bearer k"
