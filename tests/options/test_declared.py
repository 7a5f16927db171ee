"""One declaration appears everywhere: option, help, `/set`, variable, settings file, completion."""

# Without `from __future__ import annotations`: a group's annotations are read as they stand.

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from chatbot.cli.command_line import helped
from chatbot.cli.command_line.declared import Command
from chatbot.cli.command_line.parsing import from_signature, parse
from chatbot.cli.settings.in_force import Row, option_row
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.options import chat
from chatbot.options.declared import Choice, Found, chosen, found, options_of
from chatbot.options.settings.reading import read_settings
from chatbot.terminal.input.completion import CommandCompleter, Completions
from chatbot.terminal.repl.commands import COMMANDS
from tests.tables import cases, each
from tests.terminal.pretended import Pretended


class Cooking(NamedTuple):
    """How it cooks"""

    heat: Annotated[
        float | None,
        Choice("How hot.", flags=("--heat", "-H"), metavar="N", least=0, most=9, in_session=True),
    ] = None
    spice: Annotated[tuple[str, ...], Choice("Repeatable.", metavar="NAME", is_text=True)] = ()
    pan: Annotated[Path | None, Choice("A pan.", metavar="PATH", old_flags=("--pot",), in_variable=False)] = None
    style: Annotated[Literal["raw", "done"], Choice("How done.", metavar="[raw|done]")] = "done"
    lid: Annotated[Literal["on", "off"] | None, Choice("The lid.", metavar="[on|off]")] = None
    people: Annotated[int, Choice("How many.", metavar="N", least=1)] = 2
    hurry: Annotated[bool, Choice("Fast.")] = False
    stir: Annotated[int, Choice("Stir; -ss more.", flags=("--stir", "-s"))] = 0


COOK = Command("cook", "Cooks.", print, groups=(Cooking,))


def cooked(*words: str, **environ: str) -> Cooking:
    said = parse(COOK, words, "cook")
    assert said is not None
    return chosen(Cooking, said, environ)


def test_the_command_line_reads_what_is_declared() -> None:
    words = "-H 3.5 --spice salt --spice pepper --pot pan --style raw --lid off --people 4 --hurry -ss --stir".split()
    assert cooked(*words) == Cooking(3.5, ("salt", "pepper"), Path("pan"), "raw", "off", 4, True, 3)
    assert cooked() == Cooking()


def test_a_variable_counts_where_the_command_line_says_nothing() -> None:
    said = "CHAT_HEAT=3 CHAT_SPICE=salt\npepper CHAT_PAN=no CHAT_STYLE=raw CHAT_LID=on CHAT_HURRY=yes CHAT_STIR=2"
    environ = dict(variable.split("=") for variable in said.split(" "))
    assert cooked(**environ) == Cooking(3.0, ("salt", "pepper"), None, "raw", "on", 2, True, 2)
    assert cooked("--heat", "1", **environ).heat == 1.0
    assert cooked(CHAT_HURRY="0", CHAT_HEAT="") == Cooking()


@each(
    ("words", "told"),
    cases(r"""
            --heat 10 | --heat is a number from 0 to 9, not '10'
            --heat nan | --heat is a number from 0 to 9, not 'nan'
            --heat hot | --heat is a number from 0 to 9, not 'hot'
            --people 0 | --people is a whole number from 1, not '0'
            --style burnt | --style is raw or done, not 'burnt'
            --haet 1 | there is no option --haet
        """),
)
def test_a_value_that_is_none_is_told_in_the_words_of_the_declaration(words: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        cooked(*words.split())
    assert str(error.value) == told


def test_a_variable_is_told_by_its_name() -> None:
    with pytest.raises(ConfigurationError, match="CHAT_HURRY is 1 or 0, not 'perhaps'"):
        cooked(CHAT_HURRY="perhaps")


COOK_AGAIN = COOK._replace(in_variables=(Cooking,))


@pytest.mark.parametrize("parsed", [parse, lambda command, words, path: public(command, words)], ids=["fast", "public"])
def test_a_switch_that_a_variable_turns_on_is_turned_off_on_the_command_line(parsed: Callable[..., Any]) -> None:
    environ = {"CHAT_HURRY": "1"}
    assert chosen(Cooking, parsed(COOK_AGAIN, [], "cook"), environ).hurry is True
    assert chosen(Cooking, parsed(COOK_AGAIN, ["--no-hurry"], "cook"), environ).hurry is False
    assert chosen(Cooking, parsed(COOK_AGAIN, ["--hurry"], "cook"), {"CHAT_HURRY": "0"}).hurry is True
    with pytest.raises(UsageError, match="there is no option --no-hurry"):
        cooked("--no-hurry")


def public(command: Command, words: Sequence[str]) -> Any:
    return from_signature(command).main(args=list(words), standalone_mode=False)


def test_every_switch_of_chat_that_a_variable_sets_has_one_opposite_and_no_other_option_has_its_name() -> None:
    command = Command("chat", "Asks.", print, groups=chat.GROUPS, in_variables=chat.IN_VARIABLES)
    opposites = command.off_flags
    assert opposites["raw"] == "--no-raw" and opposites["no_stream"] == "--stream" and opposites["no_log"] == "--log"
    flags = [flag for option in command.options for flag in (*option.flags, *option.choice.old_flags)]
    assert len({*flags, *opposites.values()}) == len(flags) + len(opposites)
    switches = {option.field for option in chat.SETTINGS if option.kind is bool}
    assert switches - opposites.keys() == {"no_env_file", "cache", "no_cache"}  # --env-file, and each other


def test_what_is_said_makes_its_opposite_moot_where_nothing_before_it_said_that() -> None:
    hidden = {"CHAT_HIDE_REASONING": "1"}
    assert found(chat.Shown, {"show_reasoning": True}, hidden)["hide_reasoning"] == Found(False, "--show-reasoning")
    assert chosen(chat.Shown, {"show_reasoning": True, "hide_reasoning": True}).hide_reasoning is True
    assert chosen(chat.Cache, {"cache": True}, {"CHAT_NO_CACHE": "1"}).is_wanted
    assert chosen(chat.Cache, {"cache_ttl": "5m"}, {"CHAT_NO_CACHE": "1"}).is_wanted
    assert not chosen(chat.Cache, {"no_cache": True}, {"CHAT_CACHE": "5m"}).is_wanted
    assert found(chat.Cache, {}, {"CHAT_CACHE": "0"})["cache_ttl"] == Found(None, "CHAT_CACHE")


def test_the_help_page_shows_what_is_declared() -> None:
    page = helped.page(COOK, "cook")
    assert "How it cooks\n  -H, --heat N        How hot.\n  --spice NAME" in page
    assert "  -s, --stir          Stir; -ss more." in page
    assert "--pot" not in page and "--style [raw|done]  How done." in page


def test_the_public_way_of_typer_says_the_same() -> None:
    words = "-H 3.5 --spice salt --spice pepper --pot pan --style raw --lid off --people 4 --hurry -ss --stir".split()
    said = from_signature(COOK).main(args=words, standalone_mode=False)
    assert chosen(Cooking, said) == Cooking(3.5, ("salt", "pepper"), Path("pan"), "raw", "off", 4, True, 3)
    assert chosen(Cooking, from_signature(COOK).main(args=[], standalone_mode=False)) == Cooking()


class More(NamedTuple):
    """How it answers"""

    seed: Annotated[
        int | None,
        Choice("Luck.", flags=("--luck",), metavar="N", least=1, most=3, in_session=True),
    ] = None


def test_one_more_declaration_is_in_every_place() -> None:
    settings = options_of(More)
    command = Command("chat", "Asks.", print, groups=(More,))

    assert "  --luck N    Luck." in helped.page(command, "chat")
    assert chosen(More, parse(command, ["--luck", "2"], "chat") or {}).seed == 2
    assert chosen(More, {}, {"CHAT_LUCK": "3"}).seed == 3

    assert chosen(More, parse(command, ["--luck", "2"], "chat") or {}, {"CHAT_LUCK": "3"}).seed == 2

    read = read_settings("[models.x]\nluck = 1\n", "config.toml", Path("/"), settings)
    assert read.models["x"] == {"seed": 1}
    with pytest.raises(ConfigurationError, match=r"config\.toml:1: luck is a whole number from 1 to 3, not 4"):
        read_settings("luck = 4", "config.toml", Path("/"), settings)
    with pytest.raises(ConfigurationError, match=r"config\.toml:1: there is no setting 'lukc'") as error:
        read_settings("lukc = 1", "config.toml", Path("/"), settings)
    assert "Did you mean luck?" in error.value.advice

    [option] = settings
    row = option_row(option, found(More, {}, {"CHAT_LUCK": "3"})["seed"], [(("models", "x"), {"seed": 1})], read)
    assert row == Row("luck", Found(3, "CHAT_LUCK"), (Found(1, "config.toml:2"),))

    session = Pretended(settings=settings)
    session.type("/set luck 3", "/set luck 4", "/set")
    assert "luck 3" in session.told
    assert "luck is a whole number from 1 to 3, not '4'" in session.told

    completer = CommandCompleter(Completions(COMMANDS, settings=settings))
    [offered] = completer.get_completions(Document("/set lu"), CompleteEvent(completion_requested=True))
    assert (offered.text, offered.display_meta_text) == ("luck", "a whole number from 1 to 3")


@each("group", chat.GROUPS)
def test_every_group_is_declared_whole(group: type) -> None:
    for option in options_of(group):
        assert option.choice.help.endswith((".", "..."))
        assert bool(option.choice.metavar) != option.is_switch, option.field
        assert option.heading == (group.__doc__ or "").splitlines()[0]
        assert option.kind is not str or not option.choice.in_session or option.choice.is_text, option.field


def test_no_two_options_have_a_name_in_common() -> None:
    names = [
        flag
        for group in chat.GROUPS
        for option in options_of(group)
        for flag in (*option.flags, *option.choice.old_flags)
    ]
    assert len(names) == len(set(names))


def test_what_is_asked_whom_and_where_comes_from_no_variable() -> None:
    every = {option.variable: "x" for group in chat.GROUPS for option in options_of(group)}
    assert chosen(chat.Connection, {}, {"CHAT_TIMEOUT": "3", "CHAT_BASE_URL": "http://elsewhere"}).base_url is None
    assert not {chat.Asked, chat.Who, chat.Program} & set(chat.IN_VARIABLES)
    open_ones = [
        option.variable for group in chat.IN_VARIABLES for option in options_of(group) if option.choice.in_variable
    ]
    assert set(open_ones) < set(every)
    for name in "BASE_URL HEADER ENV_FILE CONTINUE RESUME INTERACTIVE".split():
        assert f"CHAT_{name}" in every and f"CHAT_{name}" not in open_ones


@each("words", ["--heat=", "--people=", "--style="])
def test_an_empty_value_is_said_too_and_is_none(words: str) -> None:
    with pytest.raises(UsageError, match="not ''"):
        cooked(words)


def test_an_empty_text_is_not_what_was_left_out() -> None:
    assert chosen(chat.Asked, {"template": ""}).template == ""
    assert chosen(chat.Kept, {"resume": ""}).resume == ""


def test_what_finishes_a_cut_answer_is_no_option_of_the_connection_which_other_commands_have_too() -> None:
    assert not set(chat.Connection._fields) & set(chat.Continuing._fields)
    assert chosen(chat.Continuing, {}, {"CHAT_CONTINUE_CUT": "1"}).is_wanted
    assert not chosen(chat.Continuing, {}, {"CHAT_CONTINUE_WITH": ""}).is_wanted


def test_a_command_turns_off_only_switches_of_its_own() -> None:
    command = Command("c", "", print, groups=(chat.Connection,), in_variables=chat.IN_VARIABLES)
    assert "no_stream" in command.off_flags and not {"timing", "continue_cut"} & set(command.off_flags)
