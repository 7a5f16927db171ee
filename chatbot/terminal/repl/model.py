"""Commands that choose who answers, and under which instructions."""

from __future__ import annotations

from chatbot.core.errors import UsageError
from chatbot.core.options import Options
from chatbot.terminal.repl.actions import NO_LIMITS, NO_TEMPLATES, NOTHING, CommandContext, needed
from chatbot.terminal.repl.attachments import file_text, unquoted
from chatbot.terminal.repl.state import ReplState, with_system

_MAX_MODELS = 60


def model(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if not argument:
        context.notices.tell([f"the model is {state.model}"])
        return state
    before = context.actions.usual_options()
    chosen = context.actions.choose_model(argument)
    context.notices.tell([f"the model is now {chosen}"])
    return state._replace(model=chosen, options=_settled(state.options, before, context.actions.usual_options()))


def _settled(options: Options, before: Options, after: Options) -> Options:
    """What was not set in this session is for another model as is usual for that."""
    unset = {name: value for name, value in after._asdict().items() if getattr(options, name) == getattr(before, name)}
    return options._replace(**unset)


def models(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The names that have the argument in them."""
    names = [name for name in context.actions.models() if argument.lower() in name.lower()]
    rest = len(names) - _MAX_MODELS
    more = [f"and {rest} more; /models WORD shows those with that word"] if rest > 0 else []
    found = f"{len(names)} models" if len(names) != 1 else "1 model"
    context.notices.tell([found + (f" with {argument!r}" if argument else ""), *names[:_MAX_MODELS], *more])
    return state


def limits(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """What the service said is left of its limits."""
    del argument
    rows = needed(context.actions.limits, NO_LIMITS)(context.notices.reply_cells)
    if rows:
        context.notices.page(rows)
    else:
        context.notices.tell(["nothing was seen yet: limits are told with an answer"])
    return state


def system(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if not argument:
        text = state.conversation.system
        context.notices.tell(["the system prompt:", *text.splitlines()] if text else ["there is no system prompt"])
        return state
    if argument == NOTHING:
        context.notices.tell(["no system prompt from now on"])
        return with_system(state, None)
    text = file_text(context, unquoted(argument[1:])) if argument.startswith("@") else argument
    context.notices.tell(["the system prompt is set"])
    return with_system(state, text)


def template(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """Takes over a template's system prompt, model and options; `name=value` fills a variable."""
    if not argument:
        names = needed(context.actions.templates, NO_TEMPLATES)()
        context.notices.tell(["the templates:", *names] if names else ["there are no templates yet"])
        return state
    name, *pairs = _words(argument)
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"a variable is written name=value, not {pair!r}")
    chosen = needed(context.actions.template, NO_TEMPLATES)(name, {key: value for key, _, value in map(_parted, pairs)})
    if chosen.model:
        state = model(context, state, chosen.model)
    if chosen.system is not None:
        state = with_system(state, chosen.system)
    options = state.options._replace(**chosen.options, extra={**state.options.extra, **chosen.extra})
    state = state._replace(options=options)
    context.notices.tell([f"the template {name} is in use"])
    return state


def _words(argument: str) -> list[str]:
    """The words, quoted where they have blanks in them."""
    import shlex

    try:
        return shlex.split(argument)
    except ValueError:
        raise UsageError("a quotation mark is not closed") from None


def _parted(pair: str) -> tuple[str, str, str]:
    return pair.partition("=")
