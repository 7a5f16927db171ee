"""Requests that are sent again, by the policy of the command line: chatbot.core.retry."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping
from itertools import count
from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import NewConnectionError

from chatbot.core.errors import ChatError, ConfigurationError, ConnectionLost, ProviderError
from chatbot.core.retry import RetryPolicy, retry_after_s, should_retry
from chatbot.library.wrapping import Wrapping, body_bytes
from chatbot.records import NamedTuple

_SAFE_TO_REPEAT = frozenset("GET HEAD OPTIONS TRACE PUT DELETE".split())  # RFC 9110, section 9.2.2


class RetryConfig(NamedTuple):
    """When to send again, and after how long. Delays are seconds; of a delay half is random where there is `jitter`.
    What the server asks for (Retry-After) is waited for, however long `max_delay` is.

    `may_pay_twice`: also send a POST again when it had left and no answer came. The server may have answered the first
    one all the same, and count both.
    """

    max_retries: int = 3
    initial_delay: float = 1.0
    max_delay: float = 60.0
    exponential_base: float = 2.0
    jitter: bool = True
    retryable_status_codes: Collection[int] = frozenset({429, 500, 502, 503, 504})
    may_pay_twice: bool = False

    @property
    def policy(self) -> RetryPolicy:
        """The same for the one policy there is."""
        return RetryPolicy(
            deadline_s=float("inf"),
            max_retries=self.max_retries,
            base_s=self.initial_delay,
            cap_s=self.max_delay,
            factor=self.exponential_base,
            random_share=0.5 if self.jitter else 0.0,
        )


def Retry(attempts: int = 4, **fields: Any) -> RetryConfig:  # noqa: N802  (it reads as the class whose object it makes)
    """A RetryConfig by the number of attempts, the first one included."""
    return RetryConfig(max_retries=attempts - 1, **fields)


class Retrying(Wrapping):
    """Around one adapter. The last response is returned whatever its status, the last error raised, and nothing is
    waited for after it. There is one such layer: two multiply, 4 x 4 attempts are 16 requests.

    Raises ConfigurationError for another one below it, also for urllib3's own.
    """

    def __init__(
        self,
        inner: BaseAdapter | None = None,
        config: RetryConfig | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(inner)
        self.config = config or RetryConfig()
        self._sleep, self._clock, self._now, self._random = sleep, clock, now, random
        _require_one_layer(self.inner)

    def answer(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        began_s = self._clock()
        can_repeat = body_bytes(request) is not None
        policy = self.config.policy
        for attempt in count(1):
            response = error = None
            try:
                response = self.inner.send(request, **options)
                fault = self._status_fault(response)
            except (requests.ConnectionError, requests.Timeout) as caught:
                error, fault = caught, self._network_fault(request, caught)
            if fault is None and response is not None:
                return response
            delay_s = None
            if fault is not None and can_repeat:
                delay_s = policy.delay_s(fault, attempt, self._clock() - began_s, self._random)
            if delay_s is None:
                if response is not None:
                    return response
                assert error is not None
                raise error
            if response is not None:
                response.close()
            self._sleep(delay_s)
        raise AssertionError

    def _status_fault(self, response: Response) -> ChatError | None:
        """None for a response that is to be returned. The server's own word on a retry counts before its status."""
        headers = _lower(response.headers)
        is_listed = response.status_code in self.config.retryable_status_codes
        if response.status_code < 400:
            return None
        wanted = should_retry(headers)
        return ProviderError(
            f"HTTP {response.status_code}",
            retry_after_s=retry_after_s(headers, self._now()),
            should_retry=is_listed if wanted is None else wanted,
        )

    def _network_fault(self, request: PreparedRequest, error: Exception) -> ChatError:
        never_left = isinstance(error, requests.ConnectTimeout) or isinstance(_cause(error), NewConnectionError)
        may_repeat = never_left or self.config.may_pay_twice or (request.method or "").upper() in _SAFE_TO_REPEAT
        return ConnectionLost("no answer came", should_retry=may_repeat)


def _require_one_layer(inner: BaseAdapter) -> None:
    layer: Any = inner
    while isinstance(layer, Wrapping):
        if isinstance(layer, Retrying):
            raise ConfigurationError(
                "there are two layers that send again", advice="Leave one Retrying out: their attempts multiply."
            )
        layer = layer.inner
    own = layer.max_retries.total if isinstance(layer, HTTPAdapter) else 0
    if own is None or own > 0:
        raise ConfigurationError(
            "urllib3 sends again below Retrying", advice="Use HTTPAdapter() without max_retries: the attempts multiply."
        )


def _cause(error: BaseException) -> object:
    inner = error.args[0] if error.args else None
    return getattr(inner, "reason", inner)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
