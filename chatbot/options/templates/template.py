"""Templates: a system prompt, a prompt, a model and options under one name, with `$variables` that are filled in later.

As text a template is TOML (toml.io, version 1.0). The name is not in it: it is that of the file.

    description = "Translates"
    model = "openai/gpt-5"
    system = "You translate into $language."
    prompt = "Translate this: $input"
    schema = "translation, confidence float"

    [options]
    temperature = 0.2

    [extra]          # any other field of the request body
    top_k = 40

    [variables]      # their usual values
    language = "English"
"""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Iterable, Mapping
from typing import Any

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.options import merged
from chatbot.core.text import clean
from chatbot.records import NamedTuple

INPUT = "input"  # `$input` is where the question stands
MAX_NAME_BYTES = 100

_UNSAFE_IN_NAMES = re.compile(r'[/\\:*?"<>|\s]')  # separators, and what Windows takes in no file name


class Template(NamedTuple):
    """What one question, or a session, begins with; None and empty: the template leaves it as it is.

    In `system` and `prompt`, `$name` and `${name}` are variables and `$$` is a dollar sign; a `$` before anything else
    stands for itself, and a line break at their end does not count. Names are ASCII (`string.Template`). `schema` is
    JSON or the short form. `options` are fields of Options, `extra` raw fields of the request body, `variables` the
    usual values.
    """

    name: str
    description: str | None = None
    provider: str | None = None
    model: str | None = None
    system: str | None = None
    prompt: str | None = None
    schema: str | None = None
    options: Mapping[str, Any] = {}
    extra: Mapping[str, Any] = {}
    variables: Mapping[str, str] = {}

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The variables in the order they come, each once, without `$input`."""
        found = dict.fromkeys((*_names(self.system), *_names(self.prompt)))
        return tuple(name for name in found if name != INPUT)


class Filled(NamedTuple):
    """A template with its variables filled in. `prompt` still has to meet the question: `asking`."""

    name: str
    provider: str | None
    model: str | None
    system: str | None
    options: Mapping[str, Any]
    extra: Mapping[str, Any]
    prompt: str | None
    values: Mapping[str, str]
    schema: str | None = None

    @property
    def needs_question(self) -> bool:
        """Whether the prompt has a place for the question, and makes no sense without one."""
        return INPUT in _names(self.prompt)

    def asking(self, question: str | None) -> str | None:
        """The whole question: inside the prompt where that has `$input`, else after it and a blank line.

        None when there is nothing to ask. Raises UsageError when the prompt needs a question.
        """
        if self.prompt is None:
            return question
        if self.needs_question:
            if not question:
                raise UsageError(
                    f"the template {self.name} wants a question", advice=f'For example: chat -t {self.name} "..."'
                )
            return _fill(self.prompt, {**self.values, INPUT: question})
        parts = (_fill(self.prompt, self.values), question)
        return "\n\n".join(part for part in parts if part) or None


def checked_name(name: str) -> str:
    """A name that is safe as a file's. Raises UsageError."""
    if not name:
        raise UsageError("a template needs a name")
    if (
        name[0] in ".-"
        or not name.isprintable()
        or _UNSAFE_IN_NAMES.search(name)
        or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES
    ):
        raise UsageError(
            f"{clean(name)[:MAX_NAME_BYTES]!r} cannot be the name of a template",
            advice="Use letters, digits, - and _, and no blanks: for example, review-code",
        )
    return name


def checked(template: Template) -> Template:
    """The template, if it can be saved: it has a safe name, says something, and agrees with itself.

    Raises UsageError or ConfigurationError.
    """
    checked_name(template.name)
    says = (
        template.provider,
        template.model,
        template.system,
        template.prompt,
        template.schema,
        template.options,
        template.extra,
    )
    if not any(says):
        raise UsageError(
            f"there is nothing to save as the template {template.name}",
            advice=f'Add what it shall hold: chat -s "You are ..." -m NAME --save-template {template.name}',
        )
    return consistent(template)


def consistent(template: Template) -> Template:
    """The template, if it agrees with itself. Raises ConfigurationError.

    There is a variable for every usual value, and the question stands in the prompt alone.
    """
    for name, value in template.variables.items():
        if name not in template.placeholders:
            raise _useless(template, name, value)
    if INPUT in _names(template.system):
        raise _input_in_system(template.name)
    return template


def with_flags(
    template: Template,
    *,
    provider: str | None = None,
    model: str | None = None,
    system: str | None = None,
    options: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Template:
    """The template with what the command line says in place of what it says itself; None and empty: not said.

    A named model replaces the template's model and provider, another provider the model that belongs to the
    template's own. A system prompt of the command line is taken as it is: a `$` in it is no variable.
    """
    given = {name: value for name, value in (options or {}).items() if value not in (None, ())}
    if model or (provider and template.provider not in (None, provider)):
        template = template._replace(provider=None, model=None)
    return template._replace(
        provider=provider or template.provider,
        model=model or template.model,
        system=template.system if system is None else system.replace("$", "$$"),
        options={**template.options, **given},
        extra=merged(template.extra, extra or {}),
    )


def applied(template: Template, variables: Mapping[str, str]) -> Filled:
    """The template with its variables filled in, from `variables` and else from its own usual values.

    Values are put in as they are: a `$` in a value is no variable. Raises UsageError, which names the variables that
    are missing and those that the template does not have.
    """
    wanted = template.placeholders
    values = {**template.variables, **variables}
    missing = [name for name in wanted if name not in values]
    unused = [name for name in variables if name not in wanted]
    if missing or unused:
        raise _mismatch(template, missing, unused)
    return Filled(
        template.name,
        template.provider,
        template.model,
        None if template.system is None else _fill(template.system, values),
        template.options,
        template.extra,
        template.prompt,
        values,
        template.schema,
    )


def read_variables(pairs: Iterable[str]) -> dict[str, str]:
    """The values of `--var name=value`; of the same name twice, the last. Raises UsageError."""
    values = {}
    for pair in pairs:
        name, equals, value = clean(pair).partition("=")
        if not equals or _names(f"${{{name}}}") != [name]:
            raise UsageError(f"--var wants name=value, not {pair!r}", advice="For example: --var language=French")
        if name == INPUT:
            raise UsageError(f"${INPUT} is the question itself; it is not set with --var")
        values[name] = value
    return values


def nearest(word: str, known: Iterable[str]) -> str:
    """`"Did you mean ...?"` and a blank, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _names(text: str | None) -> list[str]:
    return string.Template(text or "").get_identifiers()


def _fill(text: str, values: Mapping[str, str]) -> str:
    return string.Template(text.removesuffix("\n")).safe_substitute(values)


def _mismatch(template: Template, missing: list[str], unused: list[str]) -> UsageError:
    sentences, advice = [], []
    if missing:
        sentences.append(f"wants a value for {_listed(missing)}")
        flags = " ".join(f"--var {name}=value" for name in missing)
        advice.append(f"Give it: {flags}   (a dollar sign as such is written $$)")
    if unused:
        sentences.append(f"has no variable {_listed(unused)}")
        own = _listed(template.placeholders)
        advice.append(f"Its variables: {own}, set with --var name=value" if own else "It has none: leave --var out.")
    return UsageError(f"the template {template.name} {' and '.join(sentences)}", advice="\n".join(advice))


def _useless(template: Template, name: str, value: str) -> ConfigurationError:
    own = _listed(template.placeholders)
    return ConfigurationError(
        f"the template {template.name} gives ${name} a value, but has no such variable",
        advice=f"Its variables: {own}" if own else f"Write ${name} in its prompt where {value!r} shall stand.",
    )


def _input_in_system(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"the template {name} has ${INPUT} in its system prompt, where no question can stand",
        advice=f"Move it to the prompt; ${INPUT} as such is written $${INPUT}.",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"${name}" for name in names)
