"""What may stand where the cursor is, by the declarations: commands, options, and the values of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from chatbot.cli import commands
from chatbot.cli.command_line.declared import HELP_FLAGS, Command, Group, Positional
from chatbot.cli.completion.sources import SOURCES, Offer
from chatbot.cli.first_word.external import external_names, find_external
from chatbot.options.declared import Option
from chatbot.records import NamedTuple

_HELP = "Show this help."


class Offered(NamedTuple):
    """The offers; or that the shell shall offer `paths` of its own, for what follows the first `skipped` characters of
    the word.
    """

    offers: Sequence[Offer] = ()
    paths: str = ""
    skipped: int = 0


def offered(
    words: Sequence[str], typed: str, sources: Mapping[str, Callable[[], Iterable[Offer]]] = SOURCES
) -> Offered:
    """What the word `typed` may become after these `words` behind `chat`. Raises whatever a source raises."""
    if not words and not typed.startswith("-"):
        return _beginning(typed, _first_words())
    entry = commands.entry(words)
    if entry.name == "help" and not typed.startswith("-"):
        return _beginning(typed, _explained(words[1:]))
    if entry is commands.CHAT and words and find_external(words[0]):
        return Offered(paths="files")
    if not entry.module:
        return Offered()
    declared, rest = commands.declared(entry), words[1:] if entry is not commands.CHAT else words
    if isinstance(declared, Command):
        return _of_command(declared, rest, typed, sources)
    if rest and (command := declared.find(rest[0])):
        return _of_command(command, rest[1:], typed, sources)
    usual = declared.find(declared.usual)
    found = _of_command(usual, rest, typed, sources) if usual else _beginning(typed, map(_as_option, HELP_FLAGS))
    if rest or typed.startswith("-"):
        return found
    return _beginning(typed, (*_commands(declared), *found.offers))


def _first_words() -> Iterator[Offer]:
    """The commands, and the programs that are commands."""
    yield from (Offer(entry.name, entry.help) for entry in commands.COMMANDS if entry.is_there)
    taken = {entry.name for entry in commands.COMMANDS}
    yield from (Offer(name, f"The program chat-{name}.") for name in external_names() if name not in taken)


def _explained(words: Sequence[str]) -> Iterator[Offer]:
    """What `chat help` explains."""
    if not words:
        yield from (Offer(entry.name, entry.help) for entry in commands.COMMANDS if entry.is_there)
    elif len(words) == 1 and commands.entry(words).module:
        declared = commands.declared(commands.entry(words))
        yield from _commands(declared) if isinstance(declared, Group) else ()


def _commands(group: Group) -> Iterator[Offer]:
    return (Offer(command.name, command.help) for command in group.shown)


def _of_command(
    command: Command, words: Sequence[str], typed: str, sources: Mapping[str, Callable[[], Iterable[Offer]]]
) -> Offered:
    waiting, count, is_plain, said = _read(command, words)
    if waiting:
        return _values(waiting, typed, 0, sources)
    if typed.startswith("-") and not is_plain:
        flag, equals, _ = typed.partition("=")
        option = _called(command, flag) if equals else None
        if option:
            return Offered() if option.is_switch else _values(option, typed, len(flag) + 1, sources)
        return _beginning(typed, _flags(command, said, with_short=not typed.startswith("--")))
    words_left = command.positionals[count:] or [word for word in command.positionals if word.repeats]
    return _values(words_left[0], typed, 0, sources) if words_left else Offered()


def _read(command: Command, words: Sequence[str]) -> tuple[Option | None, int, bool, set[str]]:
    """The option that waits for its value, how many words are none, whether all others are none, and what was said."""
    waiting, count, is_plain, said = None, 0, False, set()
    for word in words:
        if waiting:
            waiting = None
        elif is_plain or word == "-" or not word.startswith("-"):
            count += 1
        elif word == "--":
            is_plain = True
        else:
            option, has_value = _option_of(command, word)
            if option:
                said.add(option.field)
                waiting = None if has_value or option.is_switch else option
    return waiting, count, is_plain, said


def _option_of(command: Command, word: str) -> tuple[Option | None, bool]:
    """The last option that a word says, and whether its value stands in it too: `--model=x`, `-qm`, `-mx`."""
    if word.startswith("--"):
        flag, equals, _ = word.partition("=")
        return _called(command, flag), bool(equals)
    option = None
    for at, letter in enumerate(word[1:], 2):
        option = _called(command, f"-{letter}")
        if option and not option.is_switch:
            return option, at < len(word)
    return option, False


def _called(command: Command, flag: str) -> Option | None:
    return next((option for option in command.options if flag in (*option.flags, *option.choice.old_flags)), None)


def _flags(command: Command, said: set[str], *, with_short: bool) -> Iterator[Offer]:
    """The names of the options that may be said, or said again."""
    for option in command.options:
        if option.field not in said or option.repeats or option.counts:
            names = [flag for flag in option.flags if with_short or flag.startswith("--")]
            yield from (Offer(flag, option.choice.help) for flag in names)
    yield from map(_as_option, HELP_FLAGS if with_short else HELP_FLAGS[1:])


def _as_option(flag: str) -> Offer:
    return Offer(flag, _HELP)


def _values(
    place: Option | Positional, typed: str, skipped: int, sources: Mapping[str, Callable[[], Iterable[Offer]]]
) -> Offered:
    """What the value at a place may be: in `typed` it begins after the `skipped` characters."""
    words = place.words if isinstance(place, Option) else ()
    choice = place.choice if isinstance(place, Option) else place
    if words or choice.completes:
        found = map(Offer, words) if words else sources[choice.completes]()
        return _beginning(typed, (Offer(typed[:skipped] + offer.text, offer.about) for offer in found))
    if "@PATH" in choice.metavar:
        return Offered(paths="files", skipped=skipped + 1) if typed[skipped : skipped + 1] == "@" else Offered()
    paths = "files" if "PATH" in choice.metavar else "folders" if choice.metavar == "DIR" else ""
    return Offered(paths=paths, skipped=skipped)


def _beginning(typed: str, found: Iterable[Offer]) -> Offered:
    """Those that begin so, each once; none that a shell or a terminal could take for something else."""
    fitting = (offer for offer in found if offer.text.startswith(typed) and offer.text.isprintable())
    return Offered(list({offer.text: offer for offer in fitting}.values()))
