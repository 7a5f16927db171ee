"""The keys that are set, by their fingerprints, and who would be asked."""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.doctor.connection import connection_of
from chatbot.cli.doctor.looking import Looking
from chatbot.cli.keys.listing import FoundKey, list_keys
from chatbot.core.checkup.finding import Finding, of_error, warning
from chatbot.core.errors import ConfigurationError
from chatbot.options.chat import Who
from chatbot.providers.credentials import clean_key


def keys(looking: Looking) -> Iterator[Finding]:
    """Each key: where it is from, and what it takes the place of."""
    listing = list_keys()
    looking.notices.hide([listing.variables[key.name].value for key in listing.keys])
    for key in listing.keys:
        value = listing.variables[key.name].value
        try:
            if value:
                clean_key(value, key.name)
        except ConfigurationError as error:
            yield of_error(error)
            continue
        counts, *others = map(_source, key.found)
        shadowed = f"; not used: {', '.join(others)}" if others else ""
        yield Finding(f"{key.name} for {key.service.title}: {counts}{shadowed}")
    yield from (warning(remark, "Keep keys where only you can write: chat keys set NAME") for remark in listing.remarks)
    if not listing.keys:
        yield Finding("no key is set" + (" that can be read" if listing.fault else ""))


def _source(found: FoundKey) -> str:
    place = f" {found.place}" if found.place else ""
    return f"{found.source}{place}, fingerprint {found.fingerprint}" if found.fingerprint else f"{found.source}{place}"


def asked(looking: Looking) -> Iterator[Finding]:
    """Which service and model a question would go to, and why."""
    connection = connection_of(looking)
    target = choose_target(Who(), connection, looking.open_things, Wanted(with_key=False))
    looking.notices.hide(target.secrets)
    model = target.model or "the first of its list"
    yield Finding(f"a question goes to {target.service.title}, model {model}")
    yield from map(Finding, target.decided)
    for remark in target.remarks:
        yield warning(remark, "Name another with -m, or take away what is not meant.")
