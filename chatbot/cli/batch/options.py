"""The options of `chat batch`."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import re
from pathlib import Path
from typing import Annotated, Literal

from chatbot.core.errors import UsageError
from chatbot.options.common import schema_choice, template_choice
from chatbot.options.declared import Choice
from chatbot.records import NamedTuple

MOST_WORKERS = 64


class Rows(NamedTuple):
    """What to ask"""

    template: Annotated[str | None, template_choice("A saved prompt, whose variables are the columns.")] = None
    var: Annotated[
        tuple[str, ...], Choice("A variable of the template, the same for each row; repeatable.", metavar="NAME=VALUE")
    ] = ()
    schema: Annotated[str | None, schema_choice("Each answer")] = None
    format: Annotated[
        Literal["jsonl", "csv", "lines"] | None,
        Choice("What the rows are, where the file's name does not say it.", metavar="[jsonl|csv|lines]"),
    ] = None
    shard: Annotated[str | None, Choice("Each N-th row from the I-th, for N programs at once.", metavar="I/N")] = None
    redo: Annotated[
        tuple[str, ...],
        Choice(
            "Ask only these rows again: an id, failed, expired, or lost (of a submit that broke off); repeatable.",
            metavar="ID",
        ),
    ] = ()


class Written(NamedTuple):
    """The results"""

    out: Annotated[Path | None, Choice("The file that a line of JSON is added to for each row.", metavar="PATH")] = None
    quiet: Annotated[bool, Choice("No progress and no notices; errors only.", flags=("--quiet", "-q"))] = False


class Stops(NamedTuple):
    """How far it goes"""

    max_failures: Annotated[int | None, Choice("Stop once so many rows failed.", metavar="N", least=1)] = None
    workers: Annotated[
        int, Choice(f"Ask at most so many at once; usually {MOST_WORKERS}.", metavar="N", least=1, most=1000)
    ] = MOST_WORKERS
    dry_run: Annotated[bool, Choice("Say what there is to ask, and what it may cost; nothing is sent.")] = False


class Shard(NamedTuple):
    """Each `step`-th row; `begin` counts from 0 or from 1, as whoever starts the programs likes."""

    begin: int = 0
    step: int = 1

    def has(self, number: int) -> bool:
        """Whether the row of this number (the first is 1) is in it."""
        return (number - 1 - self.begin) % self.step == 0


def read_shard(text: str | None) -> Shard:
    """The shard that `I/N` means. Raises UsageError."""
    if text is None:
        return Shard()
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if found is None or not int(found[2]) or int(found[1]) > int(found[2]):
        raise UsageError(f"--shard wants I/N, not {text!r}", advice="For example: --shard 1/4 to --shard 4/4")
    return Shard(int(found[1]), int(found[2]))
