"""The list of models of a service: the one of the last hour, else the server's, else an older one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from chatbot.cli.cost.prices import is_at_home, minute_of, price_table
from chatbot.core.errors import CannotConnect, ChatError
from chatbot.core.models.listed import ListedModel
from chatbot.outside.files.folders import cache_folder
from chatbot.outside.files.model_lists import KeptList, keep, kept_names, list_name, load
from chatbot.providers import services
from chatbot.providers.choice import ModelTarget
from chatbot.providers.models import completed
from chatbot.records import NamedTuple

_FOLDER = "models"


class FoundList(NamedTuple):
    """`error`: why the server's own list is not this one, which is then older. `is_new`: it was asked for just now."""

    kept: KeptList
    is_new: bool = False
    error: ChatError | None = None


def find_list(target: ModelTarget, ask: Callable[[], Sequence[ListedModel]], *, refresh: bool = False) -> FoundList:
    """The list of the chosen service; `ask` asks the server, and is not called while there is one of the last hour,
    unless that is to be refreshed. Raises ChatError when the server gives none and no older one is kept.
    """
    before = kept_list(target)
    if before and before.is_fresh(time.time()) and not refresh:
        return FoundList(before)
    try:
        kept = KeptList(time.time(), tuple(ask()))
    except ChatError as error:
        if isinstance(error, CannotConnect) and target.service.start_advice:
            error.advice = target.service.start_advice
        if before is None or not before.models:
            raise
        return FoundList(before, error=error)
    if folder := _folder(target):
        keep(folder, _name(target), kept)
    return FoundList(kept, is_new=True)


def kept_list(target: ModelTarget) -> KeptList | None:
    """The list of the chosen service that is kept, however old. Nobody is asked."""
    folder = _folder(target)
    return load(folder, _name(target)) if folder else None


def shown(target: ModelTarget, models: Sequence[ListedModel], name: Callable[[str], str]) -> list[ListedModel]:
    """The models as they are shown: in the order of their names, called by `name`, with what is known of them here."""
    service = target.service
    prices = price_table() if is_at_home(target) else None  # what a gateway takes is its own matter
    now = minute_of(time.time())
    rows = [completed(model, service.name, prices, now)._replace(name=name(model.name)) for model in models]
    return sorted(rows, key=lambda model: model.name.lower())


def names_kept(provider: str = "") -> list[str]:
    """What `-m` takes, from the lists that are kept, of one service or of all: for completion. Nobody is asked."""
    folder = cache_folder()
    if folder is None:
        return []
    found = kept_names(folder / _FOLDER, [provider] if provider else [])
    return [f"{service}/{name}" for service, names in found.items() for name in names]


def _name(target: ModelTarget) -> str:
    return list_name(target.service.name, target.endpoint)


def _folder(target: ModelTarget) -> Path | None:
    """Where its list is kept; None without a home, and for the lab, which is at another address each time."""
    folder = cache_folder()
    return folder / _FOLDER if folder and target.service.source != services.LAB else None
