"""`/tools`: what the model may call in this session."""

from __future__ import annotations

from chatbot.core.errors import UsageError
from chatbot.terminal.repl.actions import CommandContext
from chatbot.terminal.repl.state import ReplState


def tools(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """Lists them; `on` and `off` are for all, the name of one turns that on or off."""
    there = context.actions.tools
    if not there:
        raise UsageError("there are no tools in this session", advice="Name some when it begins: chat -T read -T fetch")
    names = {tool.definition.name for tool in there}
    on = {tool.name for tool in state.options.tools}
    wanted = {"": on, "on": names, "off": set[str](), **{name: on ^ {name} for name in names}}.get(argument)
    if wanted is None:
        raise UsageError(f"there is no tool {argument!r}", advice=f"There are {', '.join(sorted(names))}.")
    rows = [
        f"{'on ' if tool.definition.name in wanted else 'off'}  {tool.definition.name}  ({tool.source})  "
        + " ".join(tool.definition.description.split())
        for tool in there
    ]
    context.notices.tell([f"the model may call {len(wanted)} of {len(there)}:", *rows])
    chosen = tuple(tool.definition for tool in there if tool.definition.name in wanted)
    return state._replace(options=state.options._replace(tools=chosen))
