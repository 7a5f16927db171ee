"""What a request of each wire format says of tools: those that it offers, what came of those that were called."""

from __future__ import annotations

from typing import Any

from chatbot.lab.dialect import Json, member, objects, written
from chatbot.records import NamedTuple

SIGNATURE = "bGFiLXNpZ25hdHVyZQ=="  # what the lab wants back with the results of a call


class AskedTools(NamedTuple):
    """`tools` are to be called, each with the schema of its arguments: none where the last turn has `results`, which
    are names and texts. `is_signed`: what had to be handed back with them was.
    """

    tools: tuple[tuple[str, Json], ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    is_signed: bool = False


def of_chat(body: Json) -> AskedTools:
    turns, choice = objects(body.get("messages")), body.get("tool_choice")
    called = [call for turn in turns for call in objects(turn.get("tool_calls"))]
    names = {call.get("id"): str(member(call, "function").get("name")) for call in called}
    results = [turn for turn in turns[_last(turns, "user") + 1 :] if turn.get("role") == "tool"]
    if turns and turns[-1].get("role") == "tool":
        told = tuple((names.get(turn.get("tool_call_id"), "?"), written(turn.get("content"))) for turn in results)
        return AskedTools((), told, any(turn.get("reasoning_content") for turn in turns))
    offered = [member(tool, "function") for tool in objects(body.get("tools"))]
    return AskedTools(_wanted(offered, "parameters", choice, member, body.get("parallel_tool_calls")))


def of_responses(body: Json) -> AskedTools:
    items = objects(body.get("input"))
    names = {item.get("call_id"): str(item.get("name")) for item in items if item.get("type") == "function_call"}
    if items and items[-1].get("type") == "function_call_output":
        results = [item for item in items[_last(items, "user") + 1 :] if item.get("type") == "function_call_output"]
        told = tuple((names.get(item.get("call_id"), "?"), str(item.get("output"))) for item in results)
        return AskedTools((), told, any(item.get("encrypted_content") for item in items))
    choice, parallel = body.get("tool_choice"), body.get("parallel_tool_calls")
    return AskedTools(_wanted(objects(body.get("tools")), "parameters", choice, lambda one, _: one, parallel))


def of_anthropic(body: Json) -> AskedTools:
    turns = objects(body.get("messages"))
    blocks = [block for turn in turns for block in objects(turn.get("content"))]
    names = {block.get("id"): str(block.get("name")) for block in blocks if block.get("type") == "tool_use"}
    last = objects(turns[-1].get("content")) if turns else []
    if last and all(block.get("type") == "tool_result" for block in last):
        told = tuple((names.get(block.get("tool_use_id"), "?"), written(block.get("content"))) for block in last)
        return AskedTools((), told, any(block.get("signature") == SIGNATURE for block in blocks))
    choice = member(body, "tool_choice")
    word = "none" if choice.get("type") == "none" else None
    parallel = choice.get("disable_parallel_tool_use") is not True
    return AskedTools(_wanted(objects(body.get("tools")), "input_schema", word, lambda one, _: one, parallel))


def of_gemini(body: Json) -> AskedTools:
    turns = objects(body.get("contents"))
    parts = [part for turn in turns for part in objects(turn.get("parts"))]
    last = [member(part, "functionResponse") for part in objects(turns[-1].get("parts"))] if turns else []
    if last and all(last):
        told = tuple((str(one.get("name")), "\n".join(map(str, member(one, "response").values()))) for one in last)
        return AskedTools((), told, any(part.get("thoughtSignature") == SIGNATURE for part in parts))
    declared = [one for tool in objects(body.get("tools")) for one in objects(tool.get("functionDeclarations"))]
    mode = member(member(body, "toolConfig"), "functionCallingConfig").get("mode")
    word = "none" if mode == "NONE" else None
    return AskedTools(_wanted(declared, "parametersJsonSchema", word, lambda one, _: one, None))


def _wanted(
    offered: list[Json], schema: str, choice: Any, function_of: Any, parallel: Any
) -> tuple[tuple[str, Json], ...]:
    if choice == "none":
        return ()
    named = function_of(choice, "function").get("name") if isinstance(choice, dict) else None
    wanted = [each for each in offered if isinstance(each.get("name"), str) and named in (None, each["name"])]
    return tuple((each["name"], member(each, schema)) for each in wanted[: 1 if parallel is False else None])


def _last(turns: list[Json], role: str) -> int:
    return max((at for at, turn in enumerate(turns) if turn.get("role") == role), default=-1)
