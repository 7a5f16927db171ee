"""The lab's models that call tools, rightly and wrongly, asked by the real loop in each wire format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest
import requests

from chatbot.core.errors import AnswerError, ChatError, ConnectionLost, MalformedAnswer
from chatbot.core.events import Event, Finished, StepFinished, ToolCallDelta, ToolFinished, ToolStarted, Verdict
from chatbot.core.messages import Conversation, Message
from chatbot.core.options import Endpoint, Options
from chatbot.core.retry import RetryPolicy
from chatbot.core.tools.calling import Approval, Tool, ToolCall, ToolDefinition, ToolOutput
from chatbot.lab.server.http import LabServer
from chatbot.layers.agent import Agent
from chatbot.outside.background import side_by_side
from chatbot.outside.http.transport import LiveTransport
from chatbot.providers import services
from chatbot.providers.wires import lookup
from chatbot.session import Session, Sleep
from tests.conftest import FakeTime
from tests.events import end, text
from tests.tables import each

LAB = {"openai": "lab", "responses": "lab-responses", "anthropic": "lab-anthropic", "gemini": "lab-gemini"}
PATHS = {"openai": "/v1", "responses": "/v1", "anthropic": "", "gemini": "/v1beta"}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city"],
}
QUESTION = Conversation().asking("Weather?")


@pytest.fixture(scope="module")
def server() -> Iterator[LabServer]:
    with LabServer() as running:
        yield running


class Asked(NamedTuple):
    events: list[Event]
    conversations: list[Conversation]


def tool(name: str) -> Tool:
    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        return ToolOutput(f"{arguments['city']} {arguments['days']}")

    return Tool(ToolDefinition(name, "Tells.", SCHEMA), run)


def lab_session(server: LabServer, wire: str) -> Session:
    time = FakeTime()
    endpoint = Endpoint(server.url + PATHS[wire])
    return Session(
        lookup.provider_for(services.find(LAB[wire]), endpoint), LiveTransport({}), RetryPolicy(max_retries=0),
        time.clock, time.clock, lambda: 0.5,
    )  # fmt: skip


def ask(
    server: LabServer, wire: str, model: str, *, stream: bool = True, strip: Callable[[Message], Message] = lambda m: m
) -> Asked:
    """The answer of the loop, its model asked at the lab; `strip` changes what is said to it."""
    session, time = lab_session(server, wire), FakeTime()
    said: list[Conversation] = []

    def asked(conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        said.append(conversation._replace(messages=tuple(map(strip, conversation.messages))))
        return session.ask(said[-1], options, sleep)

    tools = (tool("weather"), tool("tides"))
    agent = Agent(asked, tools, lambda call, tool: Approval(True), side_by_side, time.clock)
    return Asked(list(agent.ask(QUESTION, Options(model, stream=stream), lambda delay_s: None)), said)


def calls(events: list[Event]) -> tuple[ToolCall, ...]:
    (step,) = [event for event in events if isinstance(event, StepFinished)]
    return step.calls


@each("stream", [True, False])
@each("wire", LAB)
@each("model", ["tools", "parallel-calls", "mixed-calls", "calls-in-pieces", "call-without-id"])
def test_tools_are_called_and_the_model_answers_from_their_results(
    server: LabServer, wire: str, model: str, stream: bool
) -> None:
    events, conversations = ask(server, wire, model, stream=stream)
    count = 2 if model in ("parallel-calls", "mixed-calls") else 1
    assert text(events).splitlines() == ["weather said: text 2"] * count + ["tides said: text 2"] * count
    assert end(events).verdict is Verdict.COMPLETE and len(conversations) == 2
    assert len({call.id for call in calls(events)}) == len(calls(events)) == 2 * count
    deltas = [event for event in events if isinstance(event, ToolCallDelta)]
    for number, call in enumerate(calls(events)):
        assert "".join(delta.arguments for delta in deltas if delta.number == number) == call.arguments
    if stream and wire != "gemini" and model == "calls-in-pieces":
        assert max(len(delta.arguments) for delta in deltas) == 1
    if stream and wire != "gemini" and model == "mixed-calls":
        assert [delta.number for delta in deltas if delta.arguments][:4] == [0, 1, 2, 3]


@each("stream", [True, False])
@each("wire", LAB)
def test_a_call_has_an_id_of_the_lab_but_where_it_comes_without_one(server: LabServer, wire: str, stream: bool) -> None:
    for model, is_of_the_lab in (("tools", True), ("call-without-id", False)):
        events, _ = ask(server, wire, model, stream=stream)
        assert ["lab" in call.id for call in calls(events)] == [is_of_the_lab] * 2


@each("wire", LAB)
def test_an_unknown_tool_is_told_and_the_others_are_called(server: LabServer, wire: str) -> None:
    events, _ = ask(server, wire, "unknown-tool")
    assert text(events).startswith("no_such_tool said: there is no tool 'no_such_tool'; there are: weather, tides")
    assert text(events).endswith("tides said: text 2")


@each("wire", ["openai", "responses", "anthropic"])
def test_arguments_that_are_no_json_are_told(server: LabServer, wire: str) -> None:
    events, conversations = ask(server, wire, "broken-arguments")
    assert text(events).splitlines()[0].startswith("weather said: the arguments are not JSON (line 1, column ")
    assert [event.call.name for event in events if isinstance(event, ToolStarted)] == ["tides"]
    assert len(conversations) == 2


def test_gemini_never_sends_such_arguments_but_breaks_off(server: LabServer) -> None:
    events, _ = ask(server, "gemini", "broken-arguments")
    assert isinstance(end(events).error, AnswerError) and end(events).finish_reason == "MALFORMED_FUNCTION_CALL"


@each("stream", [True, False])
@each("wire", LAB)
def test_half_a_call_is_never_made(server: LabServer, wire: str, stream: bool) -> None:
    events, conversations = ask(server, wire, "cut-call", stream=stream)
    assert end(events).verdict in (Verdict.CUT, Verdict.FAILED) and isinstance(
        end(events).error, (ConnectionLost, MalformedAnswer)
    )
    assert not any(isinstance(event, (ToolStarted, ToolFinished, StepFinished)) for event in events)
    assert len(conversations) == 1


@each("stream", [True, False])
@each("wire", LAB)
def test_what_has_to_be_handed_back_is_and_without_it_the_lab_refuses(
    server: LabServer, wire: str, stream: bool
) -> None:
    events, conversations = ask(server, wire, "signed-calls", stream=stream)
    assert text(events) == "weather said: text 2\ntides said: text 2"
    assert conversations[1].messages[1].items is not None
    events, _ = ask(server, wire, "signed-calls", stream=stream, strip=lambda message: message._replace(items=None))
    finished: Finished = end(events)
    assert isinstance(finished.error, ChatError) and finished.error.status == 400 and finished.verdict is Verdict.FAILED


@each("then", LAB)
@each("first", LAB)
def test_a_conversation_with_calls_goes_on_without_tools_at_any_service(
    server: LabServer, first: str, then: str
) -> None:
    _, conversations = ask(server, first, "signed-calls")
    talk = conversations[1].answered("I know.").asking("And now?")
    events = list(lab_session(server, then).ask(talk, Options("echo", stream=True), lambda delay_s: None))
    assert end(events).verdict is Verdict.COMPLETE and text(events) == "And now?"


def test_the_lab_refuses_calls_without_tools_in_the_words_of_anthropic(server: LabServer) -> None:
    told = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}]}
    body = {"model": "echo", "max_tokens": 9, "messages": [told]}
    for tools, status in (([], 400), ([{"name": "weather", "input_schema": {"type": "object"}}], 200)):
        answer = requests.post(f"{server.url}/v1/messages", json={**body, "tools": tools}, timeout=5)
        assert answer.status_code == status and ("must define tools" in answer.text) == (status == 400)
