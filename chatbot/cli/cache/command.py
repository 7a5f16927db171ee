"""`chat cache`: the cache of answers in numbers, its entries, and why one was not found."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
import time
from contextlib import closing
from typing import Annotated, Any

from chatbot.cli.answer_cache import open_cache
from chatbot.cli.asking_back import agreed
from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.cli.settings.loading import load_settings
from chatbot.core.cache.entries import DEFAULT_TTL_S, Entry, key_prefix
from chatbot.core.errors import UsageError
from chatbot.core.text import clean
from chatbot.options.chat import IN_VARIABLES, Asked, Cache, Connection, How, Who
from chatbot.options.declared import Choice, chosen
from chatbot.options.durations import Duration
from chatbot.outside.cache.store import AnswerCache
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

_KEY = "A key, or its beginning."


class AsJson(NamedTuple):
    """Options"""

    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


class Clearing(NamedTuple):
    """Options"""

    model: Annotated[
        str | None,
        Choice("Those of a model; * stands for anything.", flags=("--model", "-m"), metavar="GLOB", completes="models"),
    ] = None
    older_than: Annotated[
        Duration | None, Choice("Those that are older.", metavar="DURATION", says="a duration, for example 7d")
    ] = None
    all: Annotated[bool, Choice("All of them.")] = False
    yes: Annotated[bool, Choice("Do not ask.", flags=("-y", "--yes"))] = False


def cache(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    if run := run_one_of(DECLARED, argv, "chat cache"):
        with closing(open_cache(notices)) as store:
            run(store, notices)
    return 0


def _stats(store: AnswerCache, notices: Notices, form: AsJson) -> None:
    del notices
    from chatbot.terminal.documents.cached import stats_lines

    usual = load_settings().top.get("cache_ttl", DEFAULT_TTL_S)
    stats, ttl_s = store.stats(), float(chosen(Cache, {}, os.environ).cache_ttl or usual)
    if form.json:
        write_json([{**stats._asdict(), "hit_rate": stats.hit_rate, "ttl_seconds": ttl_s}])
    else:
        write_lines(stats_lines(stats, ttl_s))


def _list(store: AnswerCache, notices: Notices, form: AsJson) -> None:
    from chatbot.terminal.documents.cached import entry_lines

    entries = store.entries()
    if form.json:
        write_json(map(_plain, entries))
        return
    if not entries:
        notices.warn("the cache is empty")
    write_lines(entry_lines(entries, time.time()))


def _show(store: AnswerCache, notices: Notices, key: str, form: AsJson) -> None:
    entry = _found(store, key)
    if form.json:
        from chatbot.core.events import ToolCalled

        parts, usage = entry.answer.parts, entry.answer.usage
        said = [
            {"kind": "ToolCalled", **part.call._asdict()}
            if isinstance(part, ToolCalled)
            else {"kind": type(part).__name__, "text": part.text}
            for part in parts
        ]
        fields = {"finish_reason": entry.answer.finish_reason, "usage": usage and usage._asdict()}
        write_json([{**_plain(entry), "fields": dict(entry.question.fields), **fields, "events": said}])
        return
    from chatbot.terminal.documents.cached import entry_lines, field_lines

    for line in (*entry_lines([entry], time.time()), *field_lines(entry.question.fields)):
        notices.write(f"{line}\n")
    stdio.write_answer(entry.answer.text().encode() + b"\n")


def _clear(store: AnswerCache, notices: Notices, key: str | None, options: Clearing) -> None:
    if not (key or options.model or options.older_than or options.all):
        raise UsageError("what is to be removed?", advice="Name a key, --model, --older-than, or --all.")
    prefix = _found(store, key).question.key if key else ""
    is_all = not (key or options.model or options.older_than)
    if is_all and not options.yes and not agreed("Remove all answers from the cache?", notices):
        notices.warn("nothing was removed")
        return
    count = store.remove(prefix, options.model or "*", options.older_than or 0.0)
    notices.warn(f"{count} removed")


def _why(store: AnswerCache, notices: Notices, words: list[str], *groups: Any) -> None:
    from chatbot.cli.ask.arguments import Arguments
    from chatbot.cli.cache.why import why

    asked, who, how, connection, wanted = groups
    question = " ".join(map(clean, words))
    taken = {name for group in groups for name, usual in group._field_defaults.items() if getattr(group, name) != usual}
    said = Arguments(question, asked, who, how, connection=connection, cache=wanted, taken=frozenset(taken))
    why(store, notices, said._replace(settings=load_settings()))


def _found(store: AnswerCache, key: str) -> Entry:
    """The entry that is meant. Raises UsageError."""
    entries = store.entries(key_prefix(key), limit=2)
    if len(entries) == 1:
        return entries[0]
    what = f"several keys begin with {key}" if entries else f"no key begins with {key}"
    raise UsageError(what, advice="chat cache list shows them all.")


def _plain(entry: Entry) -> dict[str, Any]:
    question = entry.question
    return {
        "key": question.key,
        "provider": question.provider,
        "model": question.model,
        "created_s": entry.created_s,
        "used_s": entry.used_s,
        "hits": entry.hits,
        "bytes": entry.size_bytes,
    }


DECLARED = Group(
    (
        Command("stats", "The cache in numbers.", _stats, groups=(AsJson,), hidden=True),
        Command("list", "Lists the answers, the last used first.", _list, groups=(AsJson,)),
        Command(
            "show",
            "Shows an answer.",
            _show,
            (Positional("key", "KEY", _KEY, required=True),),
            (AsJson,),
        ),
        Command(
            "clear",
            "Removes answers for good.",
            _clear,
            (Positional("key", "KEY", _KEY),),
            (Clearing,),
        ),
        Command(
            "why",
            "Says why a question is not answered from the cache.",
            _why,
            (Positional("question", "QUESTION", "The question, with all its options.", required=True, repeats=True),),
            (Asked, Who, How, Connection, Cache),
            in_variables=IN_VARIABLES,
        ),
    ),
    "The answers that chat --cache keeps. Without a command: the cache in numbers.",
    "stats",
)
