"""Choices that several commands offer, each under a sentence of its own."""

from __future__ import annotations

from chatbot.options.declared import Choice, by_flag


def model_choice(sentence: str) -> Choice:
    """The model, by its name."""
    return Choice(sentence, flags=("--model", "-m"), metavar="NAME", is_text=True, completes="models")


def provider_choice(sentence: str) -> Choice:
    """The service, by its name."""
    return Choice(sentence, metavar="NAME", is_text=True, completes="providers")


def template_choice(sentence: str) -> Choice:
    """A saved prompt, by its name."""
    return Choice(sentence, flags=("--template", "-t", "--role"), metavar="NAME", completes="templates")


def schema_choice(answer: str) -> Choice:
    """The form of an answer."""
    sentence = f"{answer} is JSON that fits this schema, such as 'name, age int'."
    return by_flag(sentence, metavar="FILE|JSON|SHORT")


def port_choice(port: str, usually: int) -> Choice:
    """Where a server of ours listens."""
    return Choice(f"{port}, usually {usually}; 0 takes a free one.", metavar="N", least=0, most=65535)
