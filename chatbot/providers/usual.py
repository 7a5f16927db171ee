"""Who usually answers, when the settings say it too: what a variable says of it counts first. Pure."""

from chatbot.core.options import SettingSource
from chatbot.providers.choice import MODEL_VARIABLE, PROVIDER_VARIABLE, ModelRequest, find_service
from chatbot.providers.credentials import Variables


def with_usual(variables: Variables, usual: Variables) -> dict[str, SettingSource]:
    """The variables, with CHAT_MODEL and CHAT_PROVIDER of `usual` as far as they fit what is there.

    The two belong together: a model of one provider is not asked of another one. Raises UsageError for a provider that
    does not exist.
    """
    found = dict(variables)
    if PROVIDER_VARIABLE in variables:
        provider = variables[PROVIDER_VARIABLE].value
        _, model = find_service(ModelRequest(provider=provider), usual)
        if model and MODEL_VARIABLE not in variables:
            found[MODEL_VARIABLE] = usual[MODEL_VARIABLE]._replace(value=model)
    elif MODEL_VARIABLE in variables:
        service, _ = find_service(ModelRequest(model=variables[MODEL_VARIABLE].value.strip()), {})
        if service is None and PROVIDER_VARIABLE in usual:
            found[PROVIDER_VARIABLE] = usual[PROVIDER_VARIABLE]
    else:
        found |= usual
    return found
