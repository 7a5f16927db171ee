"""Variables as they are found, and the choice that is made of them."""

from __future__ import annotations

from chatbot.core.settings import Variable
from chatbot.providers.choice import Choice, Wish, choose, find_service


def trusted(**values: str) -> dict[str, Variable]:
    """Variables of the shell, or of a file that the person named."""
    return {name: Variable(value, "the environment") for name, value in values.items()}


def local(**values: str) -> dict[str, Variable]:
    """Variables of a `.env` in the working directory."""
    return {name: Variable(value, "./.env", True) for name, value in values.items()}


def chosen(wish: Wish, variables: dict[str, Variable]) -> Choice:
    service, model = find_service(wish, variables)
    assert service is not None
    return choose(service, model, wish, variables)
