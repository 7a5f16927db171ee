"""`chat keys`: which keys are set and where each is from; storing them, taking them away, and testing them."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.keys.listing import FoundKey, ListedKey, Listing, list_keys
from chatbot.cli.keys.storing import Kept, key_names_meant, remove_key, service_of, store_command, store_key
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.cli.route import usual_route
from chatbot.cli.settings.loading import load_settings, with_settings
from chatbot.cli.settings.stored_keys import key_file
from chatbot.core.errors import NoKey, UsageError
from chatbot.options.declared import Choice
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.reading import display_name
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

_NAME = "A service, such as openai, or a variable, such as OPENAI_API_KEY."
_UNFETCHED = "not fetched"


class AsJson(NamedTuple):
    """Options"""

    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


class Files(NamedTuple):
    """Files"""

    env_file: Annotated[Path | None, Choice("Look also into this file.", metavar="PATH", in_variable=False)] = None
    no_env_file: Annotated[bool, Choice("Do not look into ./.env.")] = False


class Storing(NamedTuple):
    """Options"""

    command: Annotated[
        str | None, Choice("Store a command that prints the key, run without a shell, instead.", metavar="COMMAND")
    ] = None
    keyring: Annotated[bool, Choice("Store it in the keyring of the system.")] = False


def keys(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    run = run_one_of(DECLARED, argv, "chat keys")
    return run(notices) or 0 if run else 0


def _list(notices: Notices, form: AsJson, files: Files) -> None:
    listing = list_keys(**files._asdict())
    if form.json:
        write_json(map(_plain, listing.keys))
    elif listing.keys:
        from chatbot.terminal.documents.keys import KeyRow, key_lines

        rows = [KeyRow(_cells(key), tuple(_shadowed(key))) for key in listing.keys]
        write_lines(key_lines(rows, stdio.size()[0]))
    elif not listing.fault:
        notices.warn("no key is set", "Store one: chat keys set openai (or another service)")
    _tell_what_is_left_out(listing, notices)


def _tell_what_is_left_out(listing: Listing, notices: Notices) -> None:
    """Raises what is wrong with the file of keys, when all else is told."""
    for remark in listing.remarks:
        notices.warn(remark)
    if listing.fault:
        raise listing.fault


def _cells(key: ListedKey) -> tuple[str, ...]:
    first = key.found[0]
    return key.name, first.fingerprint or _UNFETCHED, key.service.title, _source(first)


def _source(found: FoundKey) -> str:
    if found.source.startswith("--env-file") or not found.place:
        return found.source
    place = display_name(found.place)
    return f"{found.source} ({place})" if found.source == "key command" else f"{found.source} {place}"


def _shadowed(key: ListedKey) -> Iterator[str]:
    for found in key.found[1:]:
        yield f"not used: {_source(found)}, {found.fingerprint or _UNFETCHED}"


def _plain(key: ListedKey) -> dict[str, Any]:
    first, *shadowed = (found._asdict() for found in key.found)
    return {"name": key.name, "service": key.service.name, **first, "shadowed": shadowed}


def _set(notices: Notices, word: str, values: list[str] | None, how: Storing) -> None:
    name = key_names_meant(word.partition("=")[0])[0]
    if values or "=" in word:
        raise UsageError(
            "a key does not belong on the command line: other programs and the shell's history see it",
            advice=f"Type it where it is not shown: chat keys set {name}\n"
            f"or pipe it in: chat keys set {name} < FILE\n"
            "Take the line out of the shell's history; the key in it is best replaced.",
        )
    if how.command is not None:
        if how.keyring:
            raise UsageError("--command and --keyring do not go together", advice="Leave one of them out.")
        kept = store_command(name, how.command)
        program = shlex.split(how.command)[0]
        if not shutil.which(program):
            notices.warn(f"a program {program} is not there yet")
    else:
        kept = _typed(name, notices, in_keyring=how.keyring)
    _tell(kept, notices)


def _typed(name: str, notices: Notices, *, in_keyring: bool) -> Kept:
    from chatbot.outside.desktop.hidden_line import read_hidden

    key_file().read()  # what cannot be stored need not be typed
    if in_keyring:
        from chatbot.outside.keys.keyring import require_one

        require_one(name)
    if is_terminal(0) and (page := service_of(name).key_page):
        notices.warn(f"Keys are made at {page}")
    return store_key(name, read_hidden(f"{name} (not shown): "), in_keyring=in_keyring)


def _tell(kept: Kept, notices: Notices) -> None:
    """Where the key is, and what counts before it."""
    known = f", fingerprint {kept.fingerprint}" if kept.fingerprint else ""
    notices.tell([f"{kept.name} is {kept.where}{known}", *_counting_first(kept.name, is_stored=True)])


def _counting_first(name: str, *, is_stored: bool) -> Iterator[str]:
    found = next((key.found for key in list_keys().keys if key.name == name), ())
    if found[is_stored:]:
        source = f"the {_source(found[0])}" if found[0].source == "environment" else _source(found[0])
        yield f"it is not used: {source} sets {name} too" if is_stored else f"{source} still sets {name}"


def _unset(notices: Notices, word: str) -> None:
    stored = key_file().read()
    names = key_names_meant(word)
    name = next((each for each in names if each in stored), names[0])
    kept = remove_key(name)
    remains = list(_counting_first(name, is_stored=False))
    if kept is None:
        advice = f"{remains[0]}; take it away there" if remains else "chat keys lists those that are set."
        raise UsageError(f"no key {name} is stored", advice=advice)
    notices.tell([f"{name} is no longer {kept.where}", *remains])


def _test(notices: Notices, words: list[str] | None, form: AsJson, files: Files) -> int:
    from chatbot.cli.keys import checking

    listing = list_keys(**files._asdict())
    listing = listing._replace(variables=with_settings(listing.variables, load_settings()))  # where each key belongs
    names = [_set_name(word, listing) for word in words or ()]
    if not names and not listing.keys and not listing.fault:
        raise NoKey("no key is set", advice="Store one: chat keys set openai (or another service)")
    tested = []
    for key in checking.check_keys(listing, notices, names, usual_route(notices)):
        notices.hide(key.secrets)
        tested.append(key)
        why = notices.redacted(key.why)
        if form.json:
            row = {name: value for name, value in key._asdict().items() if name != "secrets"}
            write_json([{**row, "why": why}])
            continue
        from chatbot.terminal.documents.keys import KeyRow, key_lines

        at = f"{key.host}, {key.seconds:.2f} s" if key.host else ""
        write_lines(
            key_lines([KeyRow((f"{key.name:<20}", f"{key.state:<11}", at), (why,) if why else ())], stdio.size()[0])
        )
    _tell_what_is_left_out(listing, notices)
    return checking.exit_code(tested)


def _set_name(word: str, listing: Listing) -> str:
    """The variable with a key that is meant by its name, or by a service. Raises NoKey where none is set."""
    names, set_names = key_names_meant(word), [key.name for key in listing.keys]
    found = next((name for name in names if name in set_names), None)
    if found is None:
        raise listing.fault or NoKey(f"no key {names[0]} is set", advice=f"Store it: chat keys set {names[0]}")
    return found


DECLARED = Group(
    (
        Command("list", "Lists the keys.", _list, groups=(AsJson, Files), hidden=True, in_variables=(Files,)),
        Command(
            "set",
            "Stores a key, typed where it is not shown or piped in, or the command that prints it.",
            _set,
            (
                Positional("name", "NAME", _NAME, required=True),
                Positional("value", "VALUE", "Refused: the shell keeps what is typed here.", repeats=True),
            ),
            (Storing,),
        ),
        Command(
            "unset",
            "Removes a stored key for good, and says what sets it all the same.",
            _unset,
            (Positional("name", "NAME", _NAME, required=True),),
        ),
        Command(
            "test",
            "Asks each service for its list of models, to see whether it accepts the key.",
            _test,
            (Positional("names", "NAME", "Those alone.", repeats=True),),
            (AsJson, Files),
            in_variables=(Files,),
        ),
    ),
    "The keys: which counts and where it is from. What counts first: --env-file, the environment, ./.env, and what is "
    "stored here: a key command, the keyring, or the key file. Without a command: a list of them.",
    "list",
)
