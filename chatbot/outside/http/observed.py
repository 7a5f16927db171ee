"""A transport that counts what goes through it."""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.core.request import HttpRequest, HttpResponse, Transport


class Traffic:
    """Requests, bytes of their bodies, and bytes of the decoded bodies that came back."""

    def __init__(self) -> None:
        self.requests = self.sent_bytes = self.received_bytes = 0


def observed(transport: Transport, traffic: Traffic) -> Transport:
    """The same transport; `traffic` grows with each request, also one that fails."""

    def send(request: HttpRequest) -> HttpResponse:
        traffic.requests += 1
        traffic.sent_bytes += len(request.body)
        response = transport(request)
        return response._replace(chunks=counted(response.chunks))

    def counted(chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            traffic.received_bytes += len(chunk)
            yield chunk

    return send
