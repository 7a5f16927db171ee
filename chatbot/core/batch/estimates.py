"""How many tokens a row will take, better known with each answer."""

from __future__ import annotations

from chatbot.core.batch.told_limits import Cost
from chatbot.core.events import Usage

_FIRST_OUTPUT_TOKENS = 300
_WEIGHT = 5  # the first guess counts like so many answers


class Estimates:
    """`max_tokens` is the longest answer, if there is one."""

    def __init__(self, max_tokens: int | None = None) -> None:
        self._max_tokens = max_tokens
        self._said = self._counted = 1.0
        self._output = float(min(_FIRST_OUTPUT_TOKENS, max_tokens or _FIRST_OUTPUT_TOKENS)) * _WEIGHT
        self._answers = _WEIGHT

    def of(self, input_tokens: int) -> Cost:
        """What a row of about so many tokens will take."""
        output = self._output / self._answers
        return Cost(round(input_tokens * self._said / self._counted), round(min(output, self._max_tokens or output)))

    def settle(self, input_tokens: int, usage: Usage) -> None:
        """What a row estimated so took."""
        if usage.input_tokens and input_tokens:
            self._said += usage.input_tokens
            self._counted += input_tokens
        if usage.output_tokens is not None:
            self._output += usage.output_tokens
            self._answers += 1
