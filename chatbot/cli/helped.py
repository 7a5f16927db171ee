"""Typer's commands with help pages and suggestions of our own: nothing of Rich, and no sentence cut."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any

from typer.core import TyperCommand, TyperGroup

from chatbot.cli import stdio
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.screen import is_dumb

Rows = list[tuple[str, str]]


class _Helped:
    """`get_help` in place of Click's. Options stand under their `rich_help_panel`, which Typer has for the purpose."""

    params: list[Any]
    help: str | None
    epilog: str | None

    def get_help(self, ctx: Any) -> str:
        from chatbot.terminal.help_page import help_page  # loads only where it is read

        return help_page(
            f"Usage: {ctx.command_path} {' '.join(self.collect_usage_pieces(ctx))}",
            (self.help or "").split("\n\n"),
            {**self._parameters(ctx), **self.commands_listed()},
            [self.epilog] if self.epilog else [],
            columns=stdio.size()[0] or shutil.get_terminal_size().columns,
            bold=is_terminal(1) and not os.environ.get("NO_COLOR") and not is_dumb(os.environ),
        )

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["[OPTIONS]", *(_usage(param) for param in self.params if param.param_type_name == "argument")]

    def commands_listed(self) -> Mapping[str, Rows]:
        """The commands under this one, by heading."""
        return {}

    def _parameters(self, ctx: Any) -> dict[str, Rows]:
        lists: dict[str, Rows] = {}
        for param in ctx.command.get_params(ctx):  # with --help
            if param.hidden:
                continue
            is_help = param.name == "help"
            usual = "Arguments" if param.param_type_name == "argument" else "Options"
            heading = list(lists)[-1] if is_help and lists.keys() - {"Arguments"} else param.rich_help_panel or usual
            lists.setdefault(heading, []).append((_term(param), "Show this help." if is_help else param.help or ""))
        return lists


class Command(_Helped, TyperCommand):
    """One command."""


class Group(_Helped, TyperGroup):
    """A command that has others under it."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["[OPTIONS]", "COMMAND", "..."]

    def commands_listed(self) -> Mapping[str, Rows]:
        """The commands that are not hidden, each with its whole sentence."""
        rows = [(name, command.help or "") for name, command in self.commands.items() if not command.hidden]
        return {"Commands": rows}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] in self.commands or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        from chatbot.cli import mistyped  # loads only where it is needed

        names = [name for name, command in self.commands.items() if not command.hidden]
        raise mistyped.command(args[0], names, ctx)


def _usage(argument: Any) -> str:
    return _term(argument) if argument.required else f"[{_term(argument)}]"


def _term(param: Any) -> str:
    """`-m, --model NAME`, or `QUESTION...`; the short names first."""
    metavar = param.metavar or ""
    if param.param_type_name == "argument":
        return metavar + ("..." if param.nargs != 1 else "")
    names = ", ".join(sorted((*param.opts, *param.secondary_opts), key=lambda name: name.startswith("--")))
    return names if param.is_flag else f"{names} {metavar}"
