"""A limit on requests, as services have it: a bucket that fills evenly, from which each request takes one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from chatbot.lab.answers import Asked, Fault, Received
from chatbot.lab.quirks.changes import Answer, Answering
from chatbot.lab.replies import ScriptedReply, refuse
from chatbot.lab.wires.dialects import route


def token_bucket(
    per_s: float,
    size: int,
    *,
    tells: bool = True,
    latency_s: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """`tells`: what is left is told in headers, and when to come back (`retry-after-ms`). What is taken is answered
    after `latency_s`.
    """
    lock = threading.Lock()
    level, level_s = float(size), clock()

    def take() -> tuple[bool, float]:
        nonlocal level, level_s
        with lock:
            now_s = clock()
            level, level_s = min(float(size), level + (now_s - level_s) * per_s), now_s
            is_taken = level >= 1
            level -= is_taken
            return is_taken, level

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        if received.method != "POST":
            return usual(received)
        is_taken, left = take()
        headers = {
            "x-ratelimit-limit-requests": str(size),
            "x-ratelimit-remaining-requests": str(int(left)),
            "x-ratelimit-reset-requests": f"{(size - left) / per_s:.3f}s",
        }
        if is_taken:
            sleep(latency_s)
            reply = usual(received)
        else:
            dialect = route(received.method, received.path, received.headers).dialect
            reply = refuse(dialect, dialect.refusal(Fault.RATE_LIMITED), Asked(""))
            headers["retry-after-ms"] = str(int((1 - left) / per_s * 1000) + 1)
        return reply._replace(headers={**reply.headers, **headers}) if tells else reply

    return answer
