"""`chat [OPTIONS] [QUESTION]`: the words of the command line."""

# Without `from __future__ import annotations`: Typer would have to evaluate every annotation again at each start.

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

import typer

from chatbot import __version__
from chatbot.cli import commands, helped
from chatbot.core.errors import UsageError
from chatbot.core.text import clean
from chatbot.terminal.notices import Notices


class Arguments(NamedTuple):
    """What was said on the command line, cleaned and checked; None where nothing was said."""

    question: str | None
    model: str | None
    provider: str | None
    base_url: str | None
    headers: tuple[str, ...]
    system: str | None
    files: tuple[str, ...]
    images: tuple[str, ...]
    options: dict[str, Any]
    extra: dict[str, Any]
    stream: bool
    raw: bool
    json: bool
    hide_reasoning: bool
    show_reasoning: bool
    usage: bool
    quiet: bool
    color: Literal["auto", "always", "never"]
    timeout_s: float | None
    max_time_s: float | None
    max_retries: int | None
    env_file: Path | None
    local_env: bool
    read_stdin: bool
    go_on: bool
    resume: str | None
    truncate: int | None
    interactive: bool
    log: bool
    template: str | None
    variables: tuple[str, ...]
    save_template: str | None


def ask(argv: list[str], notices: Notices) -> int:
    """Reads the words, then answers outside of Typer, which has ideas of its own about interrupts and closed pipes."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(
        cls=_Chat,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="A question that begins with such a word: chat -- logs",
    )(_ask)
    words = app(args=argv, prog_name="chat", standalone_mode=False)
    if not isinstance(words, Arguments):  # help or the version was printed
        return 0
    notices.quiet = words.quiet
    from chatbot.cli.ask.answer import answer  # help and version do without

    return answer(words, notices)


class _Chat(helped.Command):
    """`chat` itself, which looks for the other commands before Typer does."""

    def commands_listed(self) -> dict[str, helped.Rows]:
        rows = [(f"chat {command.name}", command.help) for command in commands.COMMANDS if command.module]
        return {"Other commands": rows}


# The headings of the help page, in its order.
_argument = partial(typer.Argument, rich_help_panel="What to ask")
_what = partial(typer.Option, rich_help_panel="What to ask")
_who = partial(typer.Option, rich_help_panel="Who answers")
_how = partial(typer.Option, rich_help_panel="How it answers")
_shown = partial(typer.Option, rich_help_panel="What is shown")
_connection = partial(typer.Option, rich_help_panel="The connection")
_conversation = partial(typer.Option, rich_help_panel="The conversation")
_program = partial(typer.Option, rich_help_panel="This program")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chat {__version__}")
        raise typer.Exit


def _ask(
    question: Annotated[
        list[str] | None, _argument(metavar="QUESTION", help="What to ask; without it, a session opens.")
    ] = None,
    file: Annotated[
        list[str] | None, _what("--file", "-f", metavar="PATH", help="A text file as context; repeatable.")
    ] = None,
    image: Annotated[
        list[str] | None,
        _what("--image", "-a", "--attach", metavar="PATH|-", help="An image, - for piped bytes; repeatable."),
    ] = None,
    template: Annotated[
        str | None, _what("--template", "-t", "--role", metavar="NAME", help="A saved prompt with its choices.")
    ] = None,
    var: Annotated[
        list[str] | None, _what("--var", metavar="NAME=VALUE", help="A variable of the template; repeatable.")
    ] = None,
    save_template: Annotated[
        str | None, _what(metavar="NAME", help="Save what is said here as a template, and ask nothing.")
    ] = None,
    no_stdin: Annotated[bool, _what("--no-stdin", help="Do not read piped input.")] = False,
    model: Annotated[
        str | None, _who("--model", "-m", metavar="NAME", help="The model; provider/model names both.")
    ] = None,
    provider: Annotated[
        str | None, _who(metavar="NAME", help="The service: openai, anthropic, gemini, ollama, ...")
    ] = None,
    system: Annotated[
        str | None, _how("--system", "-s", metavar="TEXT|@PATH", help="The system prompt, or a file of it.")
    ] = None,
    temperature: Annotated[float | None, _how(metavar="N", help="How freely the model chooses words.")] = None,
    top_p: Annotated[
        float | None, _how(metavar="N", min=0.0, max=1.0, help="The share of likely words it chooses from, 0 to 1.")
    ] = None,
    max_tokens: Annotated[int | None, _how(metavar="TOKENS", min=1, help="The longest answer.")] = None,
    stop: Annotated[list[str] | None, _how(metavar="TEXT", help="Words that end the answer; repeatable.")] = None,
    seed: Annotated[int | None, _how(metavar="N", help="The same seed, nearly the same answer.")] = None,
    reasoning_effort: Annotated[
        str | None, _how(metavar="LEVEL", help="How much it thinks first: low, medium, high, ...")
    ] = None,
    option: Annotated[
        list[str] | None,
        _how("--option", "-o", metavar="KEY=VALUE", help="Any field of the request body; repeatable."),
    ] = None,
    raw: Annotated[bool, _shown("--raw", "--no-md", help="Show the answer's text as it is.")] = False,
    as_json: Annotated[bool, _shown("--json", help="Print one JSON object instead of the text.")] = False,
    hide_reasoning: Annotated[
        bool, _shown("--hide-reasoning", "-R", help="Leave out what the model thinks first.")
    ] = False,
    show_reasoning: Annotated[
        bool, _shown("--show-reasoning", help="Keep what the model thinks first, above the answer.")
    ] = False,
    old_show_reasoning: Annotated[bool, _shown("--show-thinking", hidden=True)] = False,
    usage: Annotated[bool, _shown("--usage", "-u", help="Say how many tokens it took.")] = False,
    quiet: Annotated[bool, _shown("--quiet", "-q", help="No notices; errors only.")] = False,
    color: Annotated[
        str, _shown(metavar="[auto|always|never]", help="Colours and styles; auto has them on a terminal only.")
    ] = "auto",
    base_url: Annotated[
        str | None, _connection("--base-url", metavar="URL", help="Where the service is, if not at its own address.")
    ] = None,
    header: Annotated[
        list[str] | None, _connection(metavar="NAME:VALUE", help="One more HTTP header; repeatable.")
    ] = None,
    env_file: Annotated[
        Path | None, _connection(metavar="PATH", help="Read keys and addresses from this file.")
    ] = None,
    no_env_file: Annotated[bool, _connection("--no-env-file", help="Do not read ./.env.")] = False,
    timeout: Annotated[
        float | None, _connection(metavar="SECONDS", min=0.1, help="How long silence may last; usually 300.")
    ] = None,
    max_time: Annotated[
        float | None,
        _connection(metavar="SECONDS", min=0.1, help="How long the whole answer may take; usually no limit."),
    ] = None,
    max_retries: Annotated[
        int | None, _connection(metavar="N", min=0, help="Retries at most; usually as many as fit in a minute.")
    ] = None,
    no_stream: Annotated[bool, _connection("--no-stream", "-S", help="Ask for the answer in one piece.")] = False,
    go_on: Annotated[bool, _conversation("--continue", "-c", help="Go on with the last conversation.")] = False,
    resume: Annotated[
        str | None,
        _conversation("--resume", "-r", metavar="ID", help="Go on with this one; its first characters do."),
    ] = None,
    truncate: Annotated[
        int | None, _conversation(metavar="TOKENS", min=1, help="Leave out the oldest turns beyond so many tokens.")
    ] = None,
    interactive: Annotated[bool, _conversation("--interactive", "-i", help="Answer, then stay in a session.")] = False,
    no_log: Annotated[bool, _conversation("--no-log", "-n", help="Keep this conversation out of the history.")] = False,
    debug: Annotated[bool, _program("--debug", help="Show where a fault of chat itself happened.")] = False,
    version: Annotated[
        bool, _program("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> Arguments:
    """Asks an AI model and prints its answer as it comes.

    The question may also be piped in: echo question | chat, or: cat log | chat "what broke?"
    """
    del debug, version  # the roof looks for --debug; the version was printed
    return Arguments(
        question=" ".join(clean(word) for word in question) if question else None,
        model=clean(model) if model else None,
        provider=provider,
        base_url=base_url,
        headers=tuple(header or ()),
        system=system,
        files=tuple(file or ()),
        images=tuple(image or ()),
        options={
            "temperature": temperature,
            "top_p": top_p,
            "max_tokens": max_tokens,
            "stop": tuple(clean(text) for text in stop or ()),
            "seed": seed,
            "reasoning_effort": reasoning_effort,
        },
        extra=_extra(option or []),
        stream=not no_stream,
        raw=raw,
        json=as_json,
        hide_reasoning=hide_reasoning,
        show_reasoning=show_reasoning or old_show_reasoning,
        usage=usage,
        quiet=quiet,
        color=_color(color),
        timeout_s=timeout,
        max_time_s=max_time,
        max_retries=max_retries,
        env_file=env_file,
        local_env=not no_env_file,
        read_stdin=not no_stdin,
        go_on=go_on,
        resume=resume,
        truncate=truncate,
        interactive=interactive,
        log=not no_log,
        template=template,
        variables=tuple(var or ()),
        save_template=save_template,
    )


def _color(text: str) -> Literal["auto", "always", "never"]:
    if text in ("auto", "always", "never"):
        return cast(Literal["auto", "always", "never"], text)
    raise UsageError(f"--color takes auto, always or never, not {text!r}")


def _extra(pairs: list[str]) -> dict[str, Any]:
    """Raw body fields: JSON values as such, everything else as text; dots in a key lead into nested objects."""
    if not pairs:
        return {}
    import json  # only who says --option waits for it here

    extra: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = clean(pair).partition("=")
        if not key or not equals:
            raise UsageError(f"--option wants key=value, not {pair!r}", advice="For example: -o top_k=40")
        try:
            value = json.loads(text, parse_constant=_no_constant)
        except ValueError:
            value = text
        *path, last = key.split(".")
        place = extra
        for name in path:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise UsageError(f"--option {key}: {name} has a value of its own already")
        place[last] = value
    return extra


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
