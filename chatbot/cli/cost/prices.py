"""What a model costs now at a service: by what the person says, else by the table that came with the program."""

from __future__ import annotations

import time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.providers import services

if TYPE_CHECKING:
    from chatbot.core.cost.price import Price
    from chatbot.options.money import PriceText
    from chatbot.providers.choice import ModelTarget
    from chatbot.providers.prices import PriceTable


@cache
def price_table() -> PriceTable:
    """The prices that came with the program."""
    import json

    from chatbot.providers.prices import FILE_NAME, PriceTable

    text = (Path(services.__file__).parent / FILE_NAME).read_bytes()
    return PriceTable(json.loads(text, parse_float=Decimal))


def minute_of(unix_s: float) -> str:
    """A time as the table of prices has it."""
    return time.strftime("%Y-%m-%dT%H:%M", time.gmtime(unix_s))


def price_now(target: ModelTarget, model: str, said: PriceText | None = None) -> Price | None:
    """What `model` of the chosen service costs now; None where that is not known. `said` is the person's own word for
    it. The lab costs nothing.
    """
    if said is not None:
        return said.price()
    service = target.service
    if service.source == services.LAB:
        from chatbot.core.cost.price import FREE

        return FREE
    if not is_at_home(target):
        return None  # what a gateway takes is its own matter
    return price_table().price_of(service.name, model, minute_of(time.time()))


def is_at_home(target: ModelTarget) -> bool:
    """Whether the service is asked at its own address."""
    service = target.service
    return service.base_url is None or target.endpoint.base_url in (service.base_url, *service.other_base_urls)
