"""One question to several models: what may be said together, who is asked, and the exit code."""

from __future__ import annotations

from chatbot.cli.ask.setup import Asking, exchange_files
from chatbot.cli.several.answering import ask_all
from chatbot.cli.several.files import AnswerFiles
from chatbot.cli.several.member import asked_models
from chatbot.cli.several.telling import Telling
from chatbot.core.errors import UsageError
from chatbot.layers.fan_out import MOST_MEMBERS
from chatbot.outside.desktop.streams import is_terminal


def answers(asking: Asking) -> int:
    """Asks all of them at once; the worst of their exit codes. Raises UsageError before anything is sent."""
    usual = asking.arguments.settled(asking.arguments.settings.top)
    draws = is_terminal(1) and not usual.shown.json
    _check(asking, draws=draws)
    asking = asking._replace(files=exchange_files(usual, asking.notices))
    models = asked_models(asking)
    out = usual.http.out
    files = AnswerFiles(out, [model.name for model in models]) if out else None
    telling = Telling(models, usual, asking.notices, files, draws=draws)
    try:
        return ask_all(models, telling, race=usual.several.race)
    finally:
        if files:
            files.close()


def _check(asking: Asking, *, draws: bool) -> None:
    said = asking.arguments
    several, http = said.several, said.http
    count = len(said.who.models)
    if count > MOST_MEMBERS:
        raise UsageError(f"{count} models are too many: {MOST_MEMBERS} are asked at once at most")
    if asking.text is None:
        raise UsageError("several models answer one question, and there is none", advice='chat -m A -m B "question"')
    if said.kept.interactive:
        raise UsageError("a session is with one model", advice="Leave out -i; chat -c goes on with the first.")
    if said.structured.repair or said.structured.extracts or said.structured.extract_all:
        raise UsageError(
            "--repair and code blocks are for one model", advice="--json has the text of each answer, and its data."
        )
    if several.race and (several.diff or several.columns):
        other = "--diff" if several.diff else "--columns"
        raise UsageError(f"--race and {other} do not go together", advice="A race has one answer.")
    if several.columns and (http.verbose or http.timing):
        raise UsageError("--columns and the HTTP do not go together", advice="Leave out --columns, -v and --timing.")
    if not (draws or said.shown.json or http.out or several.diff or several.race):
        raise UsageError(
            "the answers of several models cannot be told apart in a pipe",
            advice="--json writes a line of JSON for each, --out DIR a file for each, --diff how the first two differ, "
            "--race is answered by one.",
        )
