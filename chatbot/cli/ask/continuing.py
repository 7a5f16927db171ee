"""Who finishes an answer that broke off, where another model was named for that."""

from __future__ import annotations

from chatbot.cli.ask.setup import Setup
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.settings.own_providers import service_table
from chatbot.providers.choice import check_service_named_in


def other_setup(setup: Setup, name: str) -> Setup:
    """The same with the model of --continue-with: `provider/model` is anywhere, another name is of the service that is
    asked first. Raises UsageError, ConfigurationError, NoKey.
    """
    provider, _, model = name.partition("/")
    table, _ = service_table()
    service = table.by_name.get(provider) if model else None
    if service is None and setup.target.service.has_plain_model_names:
        check_service_named_in(name, table)
    if service is None or service.name == setup.target.service.name:
        return setup._replace(target=setup.target._replace(model=model if service else name))
    said = setup.arguments
    connection = said.connection._replace(api=None, base_url=None, header=())  # those of the first
    wanted = Wanted(is_dry=said.http.replay is not None, with_key=False)
    target = choose_target(said.who.asking(None, name), connection, setup.open_things, wanted, said.settings)
    setup.notices.hide(target.secrets)
    return setup._replace(target=target)
