"""The loop around a model that calls tools: no network, a model that is a list of answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from chatbot.core.calls.loop import MakeCalls, next_action
from chatbot.core.errors import Cancelled, ChatError, ConnectionLost, StepsUsedUp
from chatbot.core.events import (
    Event,
    Finished,
    StepFinished,
    TextDelta,
    ToolCalled,
    ToolFinished,
    ToolStarted,
    Usage,
    Verdict,
)
from chatbot.core.messages import Conversation, Message, ProviderItems
from chatbot.core.options import Options
from chatbot.core.tools.calling import (
    MAX_RESULT_BYTES,
    Approval,
    Approve,
    Tool,
    ToolCall,
    ToolDefinition,
    ToolOutput,
    ToolResult,
)
from chatbot.layers.agent import Agent
from chatbot.outside.background import side_by_side
from chatbot.session import Sleep
from tests.conftest import FakeTime
from tests.events import end, text
from tests.tables import each

QUESTION = Conversation().asking("Weather?")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
Run = Callable[[Mapping[str, Any], Callable[[], bool]], ToolOutput]
Answer = tuple[str, tuple[ToolCall, ...]]


def call(city: str, call_id: str = "c1", name: str = "weather") -> ToolCall:
    return ToolCall(call_id, name, f'{{"city": "{city}"}}')


def tool(run: Run, name: str = "weather") -> Tool:
    return Tool(ToolDefinition(name, "Tells.", SCHEMA), run)


def rain(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
    return ToolOutput(f"rain in {arguments['city']}")


class Model:
    """Gives one answer after the other, and keeps what it was asked."""

    def __init__(self, *answers: Answer | ChatError) -> None:
        self.answers = list(answers)
        self.asked: list[Conversation] = []
        self.options: list[Options] = []

    def __call__(self, conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        self.asked.append(conversation)
        self.options.append(options)
        answer = self.answers.pop(0)
        if isinstance(answer, ChatError):
            yield Finished(Verdict.CUT, error=answer, usage=Usage(1, 1), model="m")
            return
        said, calls = answer
        if said:
            yield TextDelta(said)
        yield from map(ToolCalled, calls)
        items = ProviderItems("w", "s", "m", f"[{len(self.asked)}]")
        yield Finished(Verdict.COMPLETE, usage=Usage(10, 2, None, 1), attempts=2, has_text=bool(said), items=items)


def agent(model: Model, *tools: Tool, approve: Approve = lambda call, tool: Approval(True), **more: Any) -> Agent:
    return Agent(model, tools or (tool(rain),), approve, side_by_side, FakeTime().clock, **more)


def ask(made: Agent) -> list[Event]:
    return list(made.ask(QUESTION, Options("m"), lambda delay_s: None))


def results(model: Model, asked: int = 1) -> tuple[ToolResult, ...]:
    return model.asked[asked].messages[-1].results


def test_calls_are_made_and_the_model_is_asked_again_until_it_answers() -> None:
    model = Model(("Let me see.", (call("London"),)), ("", (call("Paris", "c2"),)), ("Rain.", ()))
    events = ask(agent(model))
    assert [type(event) for event in events] == [
        TextDelta, ToolCalled, StepFinished, ToolStarted, ToolFinished,
        ToolCalled, StepFinished, ToolStarted, ToolFinished, TextDelta, Finished,
    ]  # fmt: skip
    assert model.options[0].tools == (ToolDefinition("weather", "Tells.", SCHEMA),)
    assert model.asked[2].messages == (
        Message("user", "Weather?"),
        Message("assistant", "Let me see.", (), ProviderItems("w", "s", "m", "[1]"), (call("London"),)),
        Message("user", "", results=(ToolResult("c1", "weather", "rain in London"),)),
        Message("assistant", "", (), ProviderItems("w", "s", "m", "[2]"), (call("Paris", "c2"),)),
        Message("user", "", results=(ToolResult("c2", "weather", "rain in Paris"),)),
    )
    assert end(events).usage == Usage(30, 6, None, 3) and end(events).attempts == 6
    assert end(events).items == ProviderItems("w", "s", "m", "[3]") and end(events).verdict is Verdict.COMPLETE


def test_calls_are_made_side_by_side_and_their_results_are_in_the_order_of_the_calls() -> None:
    both_run = threading.Barrier(2, timeout=10)
    paris_is_done = threading.Event()

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        both_run.wait()
        if arguments["city"] == "London":
            assert paris_is_done.wait(10)
        return ToolOutput(arguments["city"])

    model = Model(("", (call("London"), call("Paris", "c2"))), ("Done.", ()))
    events = []
    for event in agent(model, tool(run)).ask(QUESTION, Options("m"), lambda delay_s: None):
        events.append(event)
        if isinstance(event, ToolFinished) and event.result.text == "Paris":
            paris_is_done.set()
    assert [event.result.text for event in events if isinstance(event, ToolFinished)] == ["Paris", "London"]
    assert [result.text for result in results(model)] == ["London", "Paris"]


def test_never_more_than_eight_run_at_once_and_all_are_made() -> None:
    running: list[int] = []
    most: list[int] = []
    lock = threading.Lock()

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        with lock:
            running.append(1)
            most.append(len(running))
        threading.Event().wait(0.005)
        with lock:
            running.pop()
        return ToolOutput(arguments["city"])

    calls = tuple(call(str(number), f"c{number}") for number in range(30))
    model = Model(("", calls), ("Done.", ()))
    ask(agent(model, tool(run)))
    assert [result.text for result in results(model)] == [str(number) for number in range(30)]
    assert 1 < max(most) <= 8


@each(
    ("made", "told"),
    [
        (ToolCall("c", "nothing", "{}"), "there is no tool 'nothing'; there are: weather"),
        (ToolCall("c", "", "{}"), "there is no tool ''"),
        (ToolCall("c", "weather", '{"city": "Lon'), "the arguments are not JSON (line 1, column 10: "),
        (ToolCall("c", "weather", "[]"), "the arguments are not a JSON object"),
        (ToolCall("c", "weather", '{"city": 7}'), "the arguments do not fit the schema: $.city must be string"),
    ],
)
def test_a_call_that_cannot_be_made_goes_back_as_an_error(made: ToolCall, told: str) -> None:
    asked = []
    model = Model(("", (made, call("Paris", "c2"))), ("Sorry.", ()))
    events = ask(agent(model, approve=lambda call, tool: asked.append(call) or Approval(True)))  # type: ignore[func-returns-value]
    wrong, right = results(model)
    assert wrong.is_error and wrong.text.startswith(told) and wrong.call_id == "c"
    assert right == ToolResult("c2", "weather", "rain in Paris")
    assert asked == [call("Paris", "c2")], "nobody is asked about a call that cannot be made"
    assert [event.call for event in events if isinstance(event, ToolStarted)] == asked


def test_a_tool_that_fails_or_breaks_is_an_error_and_not_the_end() -> None:
    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        if arguments["city"] == "Nowhere":
            return ToolOutput("no such city", is_error=True)
        raise OSError("no disk")

    model = Model(("", (call("Nowhere"), call("Paris", "c2"))), ("Sorry.", ()))
    assert text(ask(agent(model, tool(run)))) == "Sorry."
    assert [result.text for result in results(model)] == ["no such city", "the tool failed: OSError: no disk"]
    assert all(result.is_error for result in results(model))


def test_a_call_that_is_declined_is_not_made_and_one_that_is_changed_says_so() -> None:
    ran: list[Mapping[str, Any]] = []

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        ran.append(arguments)
        return ToolOutput("rain")

    said = {
        "c1": Approval(False, reason="not today"),
        "c2": Approval(True, '{"city": "Rome"}'),
        "c3": Approval(True, "x"),
    }
    model = Model(("", (call("London"), call("Paris", "c2"), call("Oslo", "c3"))), ("Fine.", ()))
    ask(agent(model, tool(run), approve=lambda call, tool: said[call.id]))
    declined, changed, wrong = results(model)
    assert ran == [{"city": "Rome"}]
    assert declined == ToolResult("c1", "weather", "not today", is_error=True)
    assert changed.text == '(the person had it called with these arguments: {"city": "Rome"})\nrain'
    assert wrong.is_error and "not JSON" in wrong.text


def test_a_long_result_keeps_its_head_and_tail_and_keys_are_masked() -> None:
    long = "head " + "x" * 2 * MAX_RESULT_BYTES + " my-key tail"
    model = Model(("", (call("London"),)), ("Done.", ()))
    made = agent(
        model, tool(lambda arguments, stopped: ToolOutput(long)), redact=lambda said: said.replace("my-key", "[key]")
    )
    ask(made)
    (result,) = results(model)
    assert result.text.startswith("head x") and result.text.endswith("[key] tail") and "left out here" in result.text
    assert len(result.text.encode()) < MAX_RESULT_BYTES + 100


def test_the_model_is_asked_as_often_as_it_may_and_the_last_calls_are_not_made() -> None:
    model = Model(*[("Again.", (call("London"),))] * 3)
    events = ask(agent(model, max_steps=3))
    assert end(events).verdict is Verdict.FAILED and isinstance(end(events).error, StepsUsedUp)
    assert str(end(events).error) == "the model wants to go on after 3 steps" and end(events).usage == Usage(
        30, 6, None, 3
    )
    assert sum(isinstance(event, ToolStarted) for event in events) == 2
    assert sum(isinstance(event, StepFinished) for event in events) == 3, "its calls are known, to go on with"


def test_an_answer_that_breaks_off_ends_it_with_all_that_was_used() -> None:
    model = Model(("", (call("London"),)), ConnectionLost("lost"))
    events = ask(agent(model))
    assert end(events).verdict is Verdict.CUT and end(events).usage == Usage(11, 3, None, 1)


def test_what_forbids_a_further_step_ends_it() -> None:
    def too_dear(conversation: Conversation, options: Options, so_far: Finished) -> None:
        assert so_far.usage == Usage(10, 2, None, 1)
        raise ChatError("too dear")

    model = Model(("", (call("London"),)))
    events = ask(agent(model, next_step=too_dear))
    assert (
        str(end(events).error) == "too dear"
        and end(events).attempts == 2
        and end(events).usage == Usage(10, 2, None, 1)
    )


def test_who_stops_stops_the_tools_and_the_model() -> None:
    stop = threading.Event()

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        stop.set()
        return ToolOutput("stopped" if stopped() else "not stopped")

    def sleep(delay_s: float) -> None:
        if stop.is_set():
            raise Cancelled("stopped")

    calls = tuple(call(str(number), f"c{number}") for number in range(20))
    model = Model(("", calls), ("Never.", ()))
    events: list[Event] = []
    with pytest.raises(Cancelled):
        events += agent(model, tool(run), stopped=stop.is_set).ask(QUESTION, Options("m"), sleep)
    assert len(model.asked) == 1


def test_whoever_keeps_the_calls_has_them_before_one_is_made() -> None:
    log: list[object] = []

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        log.append("run")
        return ToolOutput("")

    model = Model(("", (call("London"),)), ("", (call("Paris"),)), ("Done.", ()))
    ask(agent(model, tool(run), started=log.append))
    assert log == [1, "run", 2, "run"]


def test_what_comes_next_depends_on_the_messages_alone() -> None:
    asked = QUESTION
    assert next_action(asked.messages, 0) == "ask"
    called = asked.answered("", calls=(call("London"),))
    assert next_action(called.messages, 1) == MakeCalls((call("London"),))
    assert next_action(called.messages, 10) == "give up"
    assert next_action(called.told((ToolResult("c1", "weather", "rain"),)).messages, 1) == "ask"
    assert next_action(asked.answered("Rain.").messages, 1) == "done"
