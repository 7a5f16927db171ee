"""The one file that knows Typer: a declared command and the words of the command line, to what these say.

Typer's classes are filled from the declaration directly, which costs 1 ms for a hundred options; through a function's
signature, its public way, 4 ms. These classes are no stable interface: where they are others, the public way is taken.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Annotated, Any

from chatbot.cli.command_line.declared import HELP_FLAGS, Command, Group
from chatbot.cli.output import stdio
from chatbot.core.errors import UsageError
from chatbot.options.declared import Option
from chatbot.outside.late import stand_ins


def run_one_of(group: Group, argv: Sequence[str], path: str) -> Callable[..., Any] | None:
    """What runs the command that the words name, or the usual one; None after a help page was written. It is called
    with what the command gets before its values.

    Raises UsageError.
    """
    first, usual = argv[0] if argv else "", group.usual
    if (first in HELP_FLAGS and not group.takes_words) or not (first or usual):
        from chatbot.cli.command_line import helped  # loads only where it is read

        helped.write_page_of_all(group, path)
        return None
    is_other = group.takes_words and group.find(first) is None
    is_usual = bool(usual) and (not first or first.startswith("-") or is_other)  # only what is its own follows
    name, words = (usual, argv) if is_usual else (first, argv[1:])
    command = group.find(name)
    if command is None:
        raise _no_such_word(name, group, path)
    stands_for_all = command.name == usual and (command.hidden or (is_usual and group.takes_words))
    said = parse(command, words, path if stands_for_all else f"{path} {command.name}")
    if said is None:
        return None
    run, values = command.run, command.values(said, os.environ)
    return lambda *first: run(*first, *values)


def parse(command: Command, argv: Sequence[str], path: str) -> dict[str, Any] | None:
    """What the words say, by field: text, several texts, True, a number or None. None after the help page was written.

    Raises UsageError.
    """
    try:
        parser = _filled(command, path)
    except TypeError:
        parser = from_signature(command)
        parser.get_help = lambda ctx: _page(command, path)
    # Typer looks for near names before it takes a short option for one; ours are found where they are wanted.
    near_names = ModuleType("difflib")
    vars(near_names)["get_close_matches"] = lambda word, names: ()
    try:
        with stand_ins({"difflib": near_names}):
            said = parser.main(args=list(argv), prog_name=path, standalone_mode=False)
    except Exception as error:
        if not hasattr(error, "format_message"):  # Typer's own errors have it
            raise
        raise _mistyped(error, command, path) from None
    return said if isinstance(said, dict) else None


def _filled(command: Command, path: str) -> Any:
    core = _typer_core()
    arguments = [
        core.TyperArgument(
            param_decls=[word.field], required=word.required, nargs=-1 if word.repeats else 1, metavar=word.metavar
        )
        for word in command.positionals
    ]
    off = command.off_flags
    options = [
        core.TyperOption(
            param_decls=[option.field, *_declarations(option, off)],
            is_flag=option.kind is bool,
            default=0 if option.counts else None,
            multiple=option.repeats,
            count=option.counts,
        )
        for option in command.options
    ]

    def show_page(ctx: Any, param: Any, is_wanted: bool) -> None:
        if is_wanted:
            stdio.write_answer(f"{_page(command, path)}\n".encode())
            ctx.exit()

    # Typer's own option has a text, which it tidies with the module inspect.
    help_option = core.TyperOption(
        param_decls=["help", *HELP_FLAGS], is_flag=True, is_eager=True, expose_value=False, callback=show_page
    )
    params = [*arguments, *options, help_option]
    return core.TyperCommand(path, params=params, callback=_said, add_help_option=False)


def _declarations(option: Option, off: Mapping[str, str]) -> list[str]:
    """The names of an option; those of a switch with what turns it off, as Typer writes it."""
    names = [*option.flags, *option.choice.old_flags]
    return (
        [f"{name}/{off[option.field]}" if name == option.flag else name for name in names]
        if option.field in off
        else names
    )


def _typer_core() -> Any:
    """`typer.core` without the package's face, and without what it needs for its own help pages and signatures: a third
    of the CPU. Whoever imports any of these afterwards gets the real ones.
    """
    if "typer" in sys.modules or "typer.core" in sys.modules:
        return import_module("typer.core")
    from chatbot.outside.late import late

    face, environment = ModuleType("typer"), ModuleType("typer.utils")
    spec = find_spec("typer")
    face.__path__ = list((spec and spec.submodule_search_locations) or [])
    vars(environment)["parse_boolean_env_var"] = lambda value, default: default  # whether Rich shall write help pages
    unused = {
        "difflib": late("difflib", "get_close_matches"),
        "gettext": late("gettext", "gettext", "ngettext"),
        "inspect": late("inspect"),
    }
    with stand_ins({"typer": face, "typer.utils": environment, **unused}):
        return import_module("typer.core")


def from_signature(command: Command) -> Any:
    """What parses the words of a command, made the public way."""
    import inspect

    import typer

    def parameter(field: str, kind: Any, info: Any, default: Any) -> inspect.Parameter:
        annotation = Annotated[kind, info]
        return inspect.Parameter(field, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    words = [
        parameter(
            word.field,
            list[str] if word.repeats else str,
            typer.Argument(metavar=word.metavar),
            inspect.Parameter.empty if word.required else None,
        )
        for word in command.positionals
    ]
    off = command.off_flags
    options = [
        parameter(
            option.field,
            _said_as(option),
            typer.Option(*_declarations(option, off), count=option.counts),
            0 if option.counts else None,
        )
        for option in command.options
    ]

    def said(**values: Any) -> dict[str, Any]:
        return _said(**values)

    vars(said)["__signature__"] = inspect.Signature([*words, *options])
    said.__annotations__ = {parameter.name: parameter.annotation for parameter in [*words, *options]}
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(context_settings={"help_option_names": list(HELP_FLAGS)})(said)
    return typer.main.get_command(app)


def _said_as(option: Option) -> Any:
    """The type of what Typer reads: a text but for switches."""
    if option.is_switch:
        return int if option.counts else bool | None
    return list[str] | None if option.repeats else str | None


def _page(command: Command, path: str) -> str:
    from chatbot.cli.command_line import helped

    return helped.page(command, path)


def _said(**values: Any) -> dict[str, Any]:
    return values


def _no_such_word(word: str, group: Group, path: str) -> UsageError:
    from chatbot.cli.command_line import mistyped  # loads only where it is needed

    kind = "option" if word.startswith("-") else "command"
    return mistyped.unknown(kind, word, [command.name for command in group.shown], path)


def _mistyped(error: Any, command: Command, path: str) -> UsageError:
    from chatbot.cli.command_line import mistyped

    if hasattr(error, "possibilities"):
        shown = [flag for option in command.options for flag in option.flags if flag.startswith("--")]
        names = [*shown, *command.off_flags.values(), "--help"]
        return mistyped.unknown("option", error.option_name, names, path)
    return mistyped.wrong(error.format_message(), path)
