from collections.abc import Iterator

import pytest

from chatbot.core.errors import CannotConnect, ConnectionLost
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.outside.http.observed import Traffic, observed

REQUEST = HttpRequest("POST", "http://h", {}, b"12345")


def test_what_goes_through_is_the_same_and_counted() -> None:
    traffic = Traffic()
    send = observed(lambda request: HttpResponse(200, {"a": "b"}, iter([b"one", b"two!"]), lambda: None), traffic)
    response = send(REQUEST)
    assert (response.status, response.headers, list(response.chunks)) == (200, {"a": "b"}, [b"one", b"two!"])
    assert vars(traffic) == {"requests": 1, "sent_bytes": 5, "received_bytes": 7}


def test_a_request_that_fails_was_made_all_the_same() -> None:
    def refuse(request: HttpRequest) -> HttpResponse:
        raise CannotConnect("refused")

    traffic = Traffic()
    with pytest.raises(CannotConnect):
        observed(refuse, traffic)(REQUEST)
    assert vars(traffic) == {"requests": 1, "sent_bytes": 5, "received_bytes": 0}


def test_what_came_before_a_cut_is_counted() -> None:
    def cut() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionLost("cut")

    traffic = Traffic()
    response = observed(lambda request: HttpResponse(200, {}, cut(), lambda: None), traffic)(REQUEST)
    with pytest.raises(ConnectionLost):
        list(response.chunks)
    assert traffic.received_bytes == 4
