"""What is said of words that Typer does not know: what was perhaps meant, and where all of them stand."""

from __future__ import annotations

from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.likeness import likeliest


def command(name: str, names: list[str], ctx: Any) -> UsageError:
    """The error for a command that is none of these."""
    advice = [*_did_you_mean(likeliest(name, names)), _more(ctx)]
    return UsageError(f"there is no command {name}", advice="\n".join(advice))


def told(error: Exception) -> list[str]:
    """The lines for one of Typer's own usage errors: what is wrong, what was perhaps meant, where more stands."""
    ctx: Any = getattr(error, "ctx", None)
    option = getattr(error, "option_name", None) if hasattr(error, "possibilities") else None
    if ctx is None:
        return [_sentence(error), "Try: chat --help"]
    if option is None:
        return [_sentence(error), _more(ctx)]
    options = (param for param in ctx.command.get_params(ctx) if not getattr(param, "hidden", False))
    names = [name for known in options for name in (*known.opts, *known.secondary_opts) if name.startswith("--")]
    return [f"there is no option {option}", *_did_you_mean(likeliest(option, names)), _more(ctx)]


def _did_you_mean(names: list[str]) -> list[str]:
    """A line that asks, or none."""
    return [f"Did you mean {' or '.join(names)}?"] if names else []


def _more(ctx: Any) -> str:
    """Where everything stands."""
    return f"Try: {ctx.command_path} --help"


def _sentence(error: Any) -> str:
    text: str = error.format_message()
    return text[:1].lower() + text[1:].rstrip(".")
