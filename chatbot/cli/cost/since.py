"""`--since DATE`, a day of the person's."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import time
from typing import Annotated

from chatbot.options.declared import Choice
from chatbot.records import NamedTuple


class Day(str):
    """A day as ISO 8601 writes it, 2026-11-28. Raises ValueError for what is none."""

    def __new__(cls, text: str) -> "Day":
        return super().__new__(cls, time.strftime("%Y-%m-%d", time.strptime(text.strip(), "%Y-%m-%d")))


class Since(NamedTuple):
    """Options"""

    since: Annotated[
        Day | None, Choice("Only from this day on.", metavar="DATE", says="a day, for example 2026-11-28")
    ] = None

    @property
    def unix_s(self) -> float:
        """When it began, where the person is; 0 without one."""
        return time.mktime(time.strptime(self.since, "%Y-%m-%d")) if self.since else 0.0
